"""Bringing a history of private messages from elsewhere into a network."""
