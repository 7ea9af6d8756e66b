"""Blocking calls that are seen while the tests of the user run."""
