"""The door of identity: gRPC."""
