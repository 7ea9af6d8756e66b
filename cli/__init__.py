"""The command line: one command a file; nothing here decides, everything here shows."""
