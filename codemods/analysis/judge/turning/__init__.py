"""Which functions become async, how each of their sites is mended, and why the others stay."""
