"""Broker and database on one machine from Python packages alone: for laptops, tests and demos."""
