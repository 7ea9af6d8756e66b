"""The entry point of `async-fix`; it loads nothing before it knows what to do with Ctrl-C."""

from __future__ import annotations

from .shared.loading import Loading


def main(arguments: list[str] | None = None) -> None:
    """Ends the process."""
    with Loading():
        from .group import run
    run(arguments)
