"""What can be done with programs, one verb a file."""
