"""What can be done with conversations and messages, one verb a file."""
