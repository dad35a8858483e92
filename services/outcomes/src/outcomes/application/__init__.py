"""What can be done with instruments and responses, one verb a file."""
