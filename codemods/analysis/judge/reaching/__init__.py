"""What a function runs, through all that it calls."""
