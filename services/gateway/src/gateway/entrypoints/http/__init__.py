"""REST, one resource a file: decode, one call, encode."""
