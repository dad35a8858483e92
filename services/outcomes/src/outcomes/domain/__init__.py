"""What instruments, responses and scores are; no I/O, no clock."""
