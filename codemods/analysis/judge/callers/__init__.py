"""Who calls a function, hands it on, looks it up by its name or puts another one in its place."""
