"""Objects that work changes, or of which a worker would have a copy."""
