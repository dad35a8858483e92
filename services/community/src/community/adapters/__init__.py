"""Community's ports on MongoDB."""
