"""The outside world as outcomes uses it: database, other services, events."""
