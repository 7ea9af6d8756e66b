"""Relationships that a text to be filled in reads of the objects that it is given.

"{0.owner.name}".format(note)      TEMPLATE.format(note=note)

https://docs.python.org/3/library/string.html#format-string-syntax
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from string import Formatter

from ....analysis.link.kinds import Inst, classes_in
from ....analysis.view import View
from ..loading.needs import Need
from ..mapped.relationships import Relationships
from ..mapped.spoken import texts_of
from .by_text import lazy_of, with_derived

_TEXT = Inst("builtins.str")


def reads_by_format(view: View, relationships: Relationships) -> Iterator[Need]:
    """Of each object by the fields of the text; maybe all of it, where that can be any."""
    for call in view.file.of_kind(ast.Call) if view.file.mentions(".format(") else ():
        if not (isinstance(call.func, ast.Attribute) and call.func.attr == "format" and view.function(call)):
            continue
        given: dict[str | None, ast.expr] = {str(number): each for number, each in enumerate(call.args)}
        given |= {keyword.arg: keyword.value for keyword in call.keywords}
        texts, statement = texts_of(view, call.func.value), view.file.statement(call)
        for name, node in given.items():
            classes = with_derived(view, sorted({*classes_in(view.kinds(node))}), relationships)
            lazy = lazy_of(relationships, classes)
            if lazy and texts is None and _TEXT in view.kinds(call.func.value):
                cls, found = lazy[0]
                yield Need(view, node, statement, cls, (found,), by_any_name=view.in_a_line(call))
            for cls, found in lazy:
                if any((name or "", found.name) in _fields(text) for text in texts or ()):
                    yield Need(view, node, statement, cls, (found,))


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """The names or numbers of what is filled in, each with the attribute that is read first."""
    try:
        written = [field for _, field, _, _ in Formatter().parse(text) if field is not None]
    except ValueError:  # which it raises as well
        return
    for number, field in enumerate(written):
        head, _, rest = field.partition(".")
        first = rest.partition(".")[0].partition("[")[0]
        yield head or str(number), first
