"""One subcommand per file; see `kith_cli.__main__` for how a file becomes a command."""
