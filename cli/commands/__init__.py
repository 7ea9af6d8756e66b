"""One command a file; `main` imports it when it is called. Nothing here decides, everything here shows."""
