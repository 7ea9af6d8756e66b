"""A commit expires objects, which the session loads again when they are read: from now on the code does."""
