"""What is done about each blocking site: the codemods, asked one after the other."""

from __future__ import annotations

from .ladder import RemedyLadder

__all__ = ["RemedyLadder"]
