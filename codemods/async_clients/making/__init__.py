"""Where a client is made, and how long it lives: one for the event loop may take its place there."""
