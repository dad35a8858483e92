"""What the gateway does itself, rather than pass on: pushing new messages."""
