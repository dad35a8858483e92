"""The doors of programs: gRPC and events."""
