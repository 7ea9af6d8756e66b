"""`async-fix rules`: every code with its name and what it is."""

from __future__ import annotations

import click

from ...codemods.engine.codes import pages
from ..shared.guard import emit
from ..shared.options import formats

_PARTS = {
    "AF1": "Handlers",
    "AF2": "Blocking calls",
    "AF3": "Awaits",
    "AF4": "Slow work on the request path",
    "AF9": "Not converted because",
}


@click.command()
@formats("text", "json")
def rules(format_: str) -> None:
    """List all codes; `async-fix explain CODE` shows the page of one."""
    known = pages()
    if format_ == "json":
        from ..formats.as_json import pretty

        emit(pretty(list(known.values())))
        return
    width = max(len(page.name) for page in known.values())
    part = ""
    for page in known.values():
        if page.code[:3] != part:
            emit(f"{'' if not part else chr(10)}{_PARTS[page.code[:3]]}")
            part = page.code[:3]
        emit(f"  {page.code}  {page.name:<{width}}  {page.what}")
