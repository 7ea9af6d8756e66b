"""Functions that must await and are handed to `map`, which calls them as plain ones: the program is analysed
once more with comprehensions in its place.

    list(map(to_view, post.comments))        ->        [to_view(each) for each in post.comments]

As the database goes async, so does `to_view`, and is awaited; as a plain function it had kept all of it sync.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from ...analysis.index.facts import ModuleFacts
from ...analysis.link.kinds import Fn
from ...analysis.link.program import Key
from ...analysis.syntax import Syntax, last_name, span_of
from ...analysis.view import View, Views
from ...model import Code, Edit, ReplaceExpression
from ..analysis import Analysis
from ..indexing import index_all
from .left_out import info_of
from .mains import Analyse, told

_DISPLAYS = {"builtins.list": "[{}]", "builtins.set": "{{{}}}"}
_TAKING_ALL = frozenset(
    f"builtins.{each}" for each in ("dict", "frozenset", "max", "min", "sorted", "sum", "tuple")
)
_ROUNDS = 3


def analyse_through_map(analyse: Analyse, facts: Sequence[ModuleFacts], texts: Mapping[str, str]) -> Analysis:
    """The program as it is, where nothing is handed to `map` or its database stays sync all the same."""
    plain = found = analyse(facts, texts)
    staged: dict[str, str] = {}
    for _ in range(_ROUNDS):
        edits = _edits(found, {**texts, **staged})
        if not edits:
            break
        from ..rewrite import rewrite  # LibCST is imported only when something is rewritten

        staged |= {path: rewrite({**texts, **staged}[path], each) for path, each in edits.items()}
        known = {each.path: each for each in facts if each.path not in staged}
        seen = {**texts, **staged}
        found = analyse(index_all(map(info_of, facts), seen, known)[0], seen)
    if not staged:
        return plain
    return (
        replace(found, staged={**staged, **found.staged})
        if found.database
        else told(plain, found, staged, texts)
    )


def _edits(found: Analysis, texts: Mapping[str, str]) -> Mapping[str, list[Edit]]:
    """All such places of the functions that stand in the way."""
    stuck = () if found.database or found.database.at_engine is not None else found.database.obstacles
    places = {each.location for each in stuck if each.location is not None}
    if not places:
        return {}
    views = Views(found.reach.effects.inference, Syntax(texts.__getitem__))
    every = [each for path in found.program.modules for each in _handed(views.of(path))]
    functions = {key for view, call, key in every if view.place(call.args[0]) in places}
    edits: dict[str, list[Edit]] = {}
    for view, call, key in every:
        if key in functions and (edit := _display(view, call, key)) is not None:
            edits.setdefault(view.path, []).append(edit)
    return edits


def _handed(view: View) -> Iterator[tuple[View, ast.Call, Key]]:
    """Calls of `map` with a function of the project and one iterable."""
    for call in view.file.of_kind(ast.Call) if view.file.mentions("map(") else ():
        if len(call.args) == 2 and not call.keywords and view.external(call.func) == "builtins.map":
            for kind in view.kinds(call.args[0]):
                if isinstance(kind, Fn):
                    yield view, call, kind.key


def _display(view: View, call: ast.Call, key: Key) -> Edit | None:
    """Where all that it gives is taken at once."""
    above = view.file.parents[call]
    taker = view.external(above.func) if isinstance(above, ast.Call) and above.args[:1] == [call] else ""
    function, values = call.args
    is_named = isinstance(function, (ast.Name, ast.Attribute)) and view.source(function) != "each"
    if not is_named or isinstance(values, ast.Starred) or "#" in view.source(above):
        return None
    called = (
        f"each.{last_name(function)}()"
        if _is_of_each(view, function, key)
        else f"{view.source(function)}(each)"
    )
    made = f"{called} for each in {view.source(values)}"
    if isinstance(above, ast.Call) and taker in _DISPLAYS and len(above.args) == 1 and not above.keywords:
        return ReplaceExpression(span_of(above), Code(_DISPLAYS[taker].format(made)))
    return ReplaceExpression(span_of(call), Code(f"[{made}]")) if taker in _TAKING_ALL else None


def _is_of_each(view: View, function: ast.expr, key: Key) -> bool:
    """`map(User.to_view, users)`: a plain method, of which no other class has its own."""
    classes = view.classes_named(function.value) if isinstance(function, ast.Attribute) else []
    below = view.inference.classes.subclasses
    return len(classes) == 1 and not below.get(classes[0]) and not view.program.scope(key).decorators
