"""The tests of an application whose database turns."""
