"""What becomes of a sync database that cannot go async whole."""
