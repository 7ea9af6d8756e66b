"""The kinds of edit, one family a file: LibCST nodes in, LibCST nodes out."""
