"""The doors of community: gRPC."""
