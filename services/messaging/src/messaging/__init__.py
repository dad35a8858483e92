"""Messaging: private talk in order, never lost."""
