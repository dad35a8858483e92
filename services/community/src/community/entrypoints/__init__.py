"""The doors of community: gRPC, and what identity tells of members."""
