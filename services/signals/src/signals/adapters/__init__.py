"""Signals' events and its read model on MongoDB."""
