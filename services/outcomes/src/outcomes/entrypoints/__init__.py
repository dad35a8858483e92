"""The door of outcomes: gRPC."""
