"""What the process of the application has in its memory, and a worker has not."""
