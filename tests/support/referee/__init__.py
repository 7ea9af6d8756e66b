"""Type checkers and linters as referees: no new error after the migration; see `__main__`."""
