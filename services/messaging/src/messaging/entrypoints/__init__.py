"""The doors of messaging: gRPC and events."""
