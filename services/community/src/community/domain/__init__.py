"""What circles, posts and comments are; no I/O, no clock."""
