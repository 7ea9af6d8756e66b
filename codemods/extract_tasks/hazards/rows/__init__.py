"""Rows that work stores, and who looks for them, or changes them, before it is done."""
