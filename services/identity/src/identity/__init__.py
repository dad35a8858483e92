"""Identity: who is let in, what each may do and agreed to."""
