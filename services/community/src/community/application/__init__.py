"""What can be done with circles, posts and comments, one verb a file."""
