"""What can be done with networks, invites and accounts, one verb a file."""
