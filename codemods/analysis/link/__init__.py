"""All files together: names to definitions, expressions to kinds, calls to functions."""
