"""Erasing a member: what every service does alike, so that six services do it once."""
