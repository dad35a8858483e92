"""Messaging's ports on MongoDB."""
