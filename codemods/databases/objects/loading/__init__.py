"""Relationships load by themselves when they are read: from now on they are loaded before."""
