"""What crosses the queue, and how it comes back as it was."""
