"""Runs the tool over packages of the package index and looks for anything that it broke; see `__main__`."""
