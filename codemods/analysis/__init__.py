"""What a program is and does: one file's facts, all files linked, effects and colours."""
