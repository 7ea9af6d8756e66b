"""What mapped objects do by themselves: relationships load when they are read, attributes expire."""
