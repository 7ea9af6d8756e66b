"""What all commands share: options, consoles, the one way in which things go wrong, and words."""
