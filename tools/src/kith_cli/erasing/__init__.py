"""Looking for what is left of an erased member, everywhere there is to look."""
