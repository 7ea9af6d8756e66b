"""What is written anew for a client: the function that gives it, and all on its way to its uses."""
