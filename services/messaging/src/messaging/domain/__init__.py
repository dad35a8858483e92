"""What a conversation and a message are; no I/O, no clock."""
