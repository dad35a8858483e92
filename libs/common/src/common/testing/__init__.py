"""What tests of every service share: addresses of the real broker and database, fakes of ports."""
