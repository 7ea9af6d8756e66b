"""Relationships that are read by a name in a text.

getattr(note, "owner")      sorted(notes, key=attrgetter("owner.name"))
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set

from ....analysis.link.kinds import Obj, ordered
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import last_name
from ....analysis.view import View
from ...draft import Draft
from ...listening import listens
from ..loading.needs import Need
from ..mapped.relationships import Relationship, Relationships
from ..mapped.spoken import texts_of
from .lambdas import is_run, key_of

_BY_NAME = frozenset({"builtins.getattr", "builtins.hasattr"})
_HOOK = "__getattribute__"


def reads_by_text(view: View, draft: Draft, relationships: Relationships) -> Iterator[Need]:
    """What `getattr` reads of the object that it is handed; maybe all of it, where the name can be any."""
    for call, node, name in _asked_by_name(view):
        lazy = lazy_of(relationships, _classes(view, node, relationships))
        if not lazy or not is_run(view, node):
            continue
        statement, names = view.file.statement(call), texts_of(view, name) if name is not None else None
        if names is None and _is_set(view, call):
            text = f"{view.in_a_line(call)} is taken to be about columns, as the same name is set to a value"
            draft.note(view, call, text)
        elif names is None:
            cls, found = lazy[0]
            yield Need(view, node, statement, cls, (found,), by_any_name=view.in_a_line(call))
        for cls, found in lazy:
            if found.name in (names or ()):
                yield Need(view, node, statement, cls, (found,))


def columns_by_text(
    view: View, relationships: Relationships
) -> Iterator[tuple[ast.Call, Key, Set[str] | None]]:
    """The calls that read an attribute of the object that they are handed, each with a class of that and with
    the names; None where it can be any."""
    for call, node, name in _asked_by_name(view):
        names = texts_of(view, name) if name is not None else None
        for cls in _classes(view, node, relationships) if names or not _is_set(view, call) else ():
            yield call, cls, names


def _asked_by_name(view: View) -> Iterator[tuple[ast.Call, ast.expr, ast.expr | None]]:
    """Each `getattr(note, name)` and `note.__getattribute__(name)`, with the object and the name; none where
    it is handed on without one: `reduce(getattr, names, note)`."""
    is_there = any(map(view.file.mentions, ("attr(", "getattr", _HOOK, "getmembers")))
    for call in view.file.of_kind(ast.Call) if is_there else ():
        if listens(view, call):
            continue
        is_hook = isinstance(call.func, ast.Attribute) and call.func.attr == _HOOK
        if is_hook or view.external(call.func) in _BY_NAME:
            if len(call.args) > 1:
                yield call, call.args[0], call.args[1]
            elif call.args and isinstance(call.func, ast.Attribute):
                yield call, call.func.value, call.args[0]
        elif call.args and view.external(call.func) == "inspect.getmembers":
            yield call, call.args[0], None
        elif any(isinstance(each, ast.Name) and each.id == "getattr" for each in call.args):
            name = call.args[2] if len(call.args) > 2 and last_name(call.func) == "partial" else None
            for each in call.args:
                yield call, each, name


def replaced_by_text(view: View, relationships: Relationships) -> Iterator[Need]:
    """`for name, value in changes.model_dump().items(): setattr(user, name, value)`, where the model has
    `notes`: a new list is compared with the one that there was."""
    for call in view.file.of_kind(ast.Call) if view.file.mentions("setattr(") else ():
        is_outside = view.function(call) is None or not is_run(view, call)
        if is_outside or len(call.args) != 3 or view.external(call.func) != "builtins.setattr":
            continue
        classes = [kind.key for kind in ordered(view.kinds(call.args[0])) if isinstance(kind, Obj)]
        if lazy := lazy_of(relationships, classes):
            names = texts_of(view, call.args[1]) or frozenset()
            for cls, found in lazy:
                if found.name in names and not relationships.is_to_one(found):
                    yield Need(view, call.args[0], view.file.statement(call), cls, (found,))


def _classes(view: View, node: ast.expr, relationships: Relationships) -> list[Key]:
    """Those of the objects that it may be; a base or a mixin is read of what is derived from it."""
    found = [kind.key for kind in ordered(view.kinds(node)) if isinstance(kind, Obj)]
    return with_derived(view, found, relationships)


def with_derived(view: View, classes: Iterable[Key], relationships: Relationships) -> list[Key]:
    """The mapped classes among them, and among those that are derived from them."""
    below = view.inference.classes.subclasses
    several = dict.fromkeys(cls for key in classes for cls in (key, *below.get(key, ())))
    return [cls for cls in several if cls in relationships.mapped.classes]


def lazy_of(relationships: Relationships, classes: Iterable[Key]) -> list[tuple[Key, Relationship]]:
    """The relationships of the classes that load when they are read."""
    return [
        (cls, found)
        for cls in classes
        for name in relationships.of(cls)
        if (found := relationships.lazy(cls, name))
    ]


def _is_set(view: View, call: ast.Call) -> bool:
    """`if hasattr(user, name): setattr(user, name, value)`: what comes from outside is no object of the
    session, and a relationship takes nothing else."""
    function = view.function(call)
    asked = [ast.unparse(each) for each in call.args[:2]]
    return function is not None and any(
        isinstance(node, ast.Call)
        and view.external(node.func) == "builtins.setattr"
        and [ast.unparse(each) for each in node.args[:2]] == asked
        for node in walk(function)
    )


def check_getters(view: View, draft: Draft, relationships: Relationships) -> None:
    """What an `attrgetter` is called with is followed where it is a key: `sorted(notes, key=..)`."""
    for call in view.file.of_kind(ast.Call) if view.file.mentions("attrgetter") else ():
        names = {name.partition(".")[0] for name in texts_of_getter(view, call)}
        if relationships.names & names and not _is_key(view, call):
            text = f"{view.in_a_line(call)} may read a relationship, which loads when it is read"
            draft.obstacle(view, call, text, "write it as a lambda")


def texts_of_getter(view: View, node: ast.expr) -> list[str]:
    """`owner.name` of `attrgetter("owner.name")`."""
    if not isinstance(node, ast.Call) or view.external(node.func) != "operator.attrgetter":
        return []
    return [str(getattr(each, "value", "")) for each in node.args]


def _is_key(view: View, call: ast.Call) -> bool:
    above = view.file.parents[call]
    taker = view.file.parents[above] if isinstance(above, ast.keyword) else above
    key = key_of(taker) if isinstance(taker, ast.Call) else None
    return key is not None and key[0] is call
