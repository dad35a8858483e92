"""What Kith costs, measured on a Kith of its own: one JSON line per figure, and no verdict."""
