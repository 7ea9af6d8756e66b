"""Source text as whole lines: reading and writing it, its imports, its long lines."""
