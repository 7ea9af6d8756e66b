"""What calls give, what parameters can be, and where functions are read as values."""
