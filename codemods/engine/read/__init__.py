"""The project on the disk: its root, its files, what it declares."""
