"""Relationships that are read by a name in a text.

getattr(note, "owner")      sorted(notes, key=attrgetter("owner.name"))
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.kinds import Obj, ordered
from ...analysis.link.program import Key
from ...analysis.view import View
from ..draft import Draft
from ..listening import listens
from .lambdas import is_run
from .relationships import Relationship, Relationships

_BY_NAME = frozenset({"builtins.getattr", "builtins.hasattr"})


def reads_by_text(view: View, relationships: Relationships) -> Iterator[tuple[ast.expr, Key, Relationship]]:
    """The object that `getattr` is handed, its class and what is read of it."""
    for call in view.file.of_kind(ast.Call) if view.file.mentions("attr(") else ():
        name = getattr(call.args[1], "value", None) if len(call.args) > 1 else None
        if not isinstance(name, str) or view.external(call.func) not in _BY_NAME:
            continue
        if listens(view, call) or not is_run(view, call):
            continue
        for kind in ordered(view.kinds(call.args[0])):
            found = relationships.lazy(kind.key, name) if isinstance(kind, Obj) else None
            if isinstance(kind, Obj) and found is not None:
                yield call.args[0], kind.key, found


def check_getters(view: View, draft: Draft, relationships: Relationships) -> None:
    """What an `attrgetter` is called with is not followed."""
    for call in view.file.of_kind(ast.Call) if view.file.mentions("attrgetter") else ():
        names = [str(getattr(each, "value", "")).partition(".")[0] for each in call.args]
        if view.external(call.func) == "operator.attrgetter" and relationships.names & set(names):
            text = f"{view.in_a_line(call)} may read a relationship, which loads when it is read"
            draft.obstacle(view, call, text, "write it as a lambda")
