"""The doors of signals: the stream, the read model's events, gRPC."""
