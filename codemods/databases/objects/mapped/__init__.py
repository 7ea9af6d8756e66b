"""What mapped classes say: their relationships and columns, and the options by which these are loaded."""
