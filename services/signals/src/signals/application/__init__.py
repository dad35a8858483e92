"""Folding the stream into states, and reading what came of it."""
