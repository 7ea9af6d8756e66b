"""What annotations promise, and which of them are wrong."""
