"""How long each kind of data is kept: what is declared, and what is true of it now."""
