"""All files or none, and the way back."""
