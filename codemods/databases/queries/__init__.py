"""Legacy `Query` chains become `select()`."""
