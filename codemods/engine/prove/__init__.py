"""Nothing is written before the new program is shown to be sound."""
