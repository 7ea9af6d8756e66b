"""What runs in the processes of the user's tests; this folder is put on their path."""
