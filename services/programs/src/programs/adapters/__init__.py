"""The outside world as programs uses it: database, other services, events, built-in programs."""
