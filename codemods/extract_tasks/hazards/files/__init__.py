"""Files that work makes, reads or removes, and who looks for them next."""
