"""Modules at random in every spelling that Python takes, and what may not become of one; see `__main__`."""
