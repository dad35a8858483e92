"""Database, password hashes, tokens and events of identity."""
