"""What a network, an invite and an account are; no I/O, no clock, no ids."""
