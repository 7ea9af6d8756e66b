"""`async-fix explain CODE`: the page of a code."""

from __future__ import annotations

import difflib

import click

from ..codemods.engine.codes import pages
from .run import fail


@click.command(short_help="Show the page of a finding's code.")
@click.argument("code")
def explain(code: str) -> None:
    """Show what CODE means, why it hurts, an example, what to use instead, and how safe the change is."""
    known = pages()
    page = known.get(code.upper())
    if page is None:
        near = difflib.get_close_matches(code.upper(), known, n=1)
        fail(f"no code {code}" + (f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"))
        return
    click.echo(f"{page.code} {page.name}\n\nWhat it is\n  {page.what}\n\nWhy it hurts\n  {page.why}")
    for title, text in (("Example", page.example), ("Use instead", page.instead)):
        if text:
            click.echo(f"\n{title}")
            for line in text.splitlines():
                click.echo(f"  {line}" if line else "")
    click.echo(f"\nHow safe the change is\n  {page.safety}")
