"""The one error of rewriting: an edit that cannot be carried out."""

from __future__ import annotations

from ...model import Span


class RewriteError(Exception):
    """`span` is the place in the old text, in the units of `ast`; None when the whole file is meant."""

    def __init__(self, message: str, span: Span | None) -> None:
        super().__init__(message, span)
        self.message = message
        self.span = span

    def __str__(self) -> str:
        return f"line {self.span.line}: {self.message}" if self.span else self.message
