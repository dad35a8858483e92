"""The doors of Kith: REST, WebSocket and gRPC; and the events the gateway listens to."""
