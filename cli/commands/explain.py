"""`async-fix explain`: the page of a code, or why a function is what it is."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path

import click

from ...codemods.engine.codes import Page, pages
from ..shared.guard import emit, fail
from ..shared.options import formats


@click.command()
@click.argument("what", metavar="CODE|MODULE:FUNCTION")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@formats("text", "json")
def explain(what: str, paths: tuple[Path, ...], format_: str) -> None:
    """Show what a code means, or what becomes of a function and why.

    Of a CODE or its name: what it is, why it hurts, an example, what to use instead, how safe the change is.
    Of a function: is it sync, async or to be async, through which chain, or why it cannot be. PATHS are the
    API layer, as for `check`.

    \b
    async-fix explain blocking-sleep
    async-fix explain app.bank:Bank.charge app/api
    """
    if ":" in what:
        from .explain_function import show

        show(what, paths, format_)
        return
    if paths:
        fail(f"{what} is a code: it has no paths")
    page = find(what)
    if format_ == "json":
        from ..formats.as_json import pretty

        emit(pretty(page))
        return
    emit(f"{page.code} {page.name}")
    emit(f"\nWhat it is\n{_indented(page.what)}")
    emit(f"\nWhy it hurts\n{_indented(page.why)}")
    for title, text in (("Example", page.example), ("Use instead", page.instead)):
        if text:
            emit(f"\n{title}\n" + "\n".join(f"    {line}".rstrip() for line in text.splitlines()))
    emit(f"\nHow safe the change is\n{_indented(page.safety)}")


def find(code: str) -> Page:
    known = pages()
    by_name = {page.name: page for page in known.values()}
    page = known.get(code.upper()) or by_name.get(code.lower())
    if page is None:
        near = [name for name in known if name.startswith(code.upper())]
        near = near or difflib.get_close_matches(code.upper(), known, n=1)
        near = near or difflib.get_close_matches(code.lower(), by_name, n=1)
        fail(
            f"no code {code}; "
            + (f"did you mean {', '.join(near[:9])}?" if near else "`async-fix rules` lists them")
        )
    return page


def _indented(text: str) -> str:
    width = min(shutil.get_terminal_size().columns, 88)
    return click.wrap_text(text, width, "  ", "  ")
