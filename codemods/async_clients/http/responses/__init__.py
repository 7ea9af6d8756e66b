"""How responses are used: every use must have its equal."""
