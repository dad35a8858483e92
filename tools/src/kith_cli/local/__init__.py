"""Broker and database on one machine, with nothing but Python packages: for laptops, tests and demonstrations."""
