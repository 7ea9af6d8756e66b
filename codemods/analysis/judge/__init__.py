"""Effects and colours: what blocks, what is reached, which functions turn, and why the others cannot."""
