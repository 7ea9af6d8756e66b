"""What decorators of the project put in the place of functions, and what they mark."""
