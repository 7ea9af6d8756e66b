"""Relationships whose objects a value holds, whatever the expression takes of them.

for note in sorted(user.notes, key=by_date)[:5]: ..
recent = [note for note in user.notes if note.is_new]

@property
def open_notes(self):                       # of `user.open_notes`, too
    return [note for note in self.notes if not note.done]
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ....analysis.link.kinds import Obj, ordered
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import FunctionNode, holds
from ....analysis.view import View, Views
from ...names import is_bound_once
from ..mapped.readers import Readers
from ..mapped.relationships import Path, Relationships
from .values import is_empty

_SAME_OBJECTS = frozenset(
    {
        *(
            f"builtins.{name}"
            for name in (
                "list",
                "tuple",
                "set",
                "sorted",
                "enumerate",
                "reversed",
                "max",
                "min",
                "next",
                "iter",
            )
        ),
        *(f"random.{name}" for name in ("choice", "choices", "sample")),
    }
)
"""They give the objects of their first argument, or one of them."""
_FILTER = "builtins.filter"
_DEPTH = 3


class Held(msgspec.Struct, frozen=True):
    owner: ast.expr
    """`user` of all of these."""
    cls: Key
    path: Path
    """From the class of the owner to the objects."""


class Holding:
    def __init__(self, views: Views, relationships: Relationships) -> None:
        self.relationships = relationships
        self.readers = Readers(views, relationships)

    def by(self, view: View, node: ast.expr, depth: int = _DEPTH) -> Held | None:
        source = held_by(view, node)
        if not isinstance(source, ast.Attribute):
            return None
        if (read := self.relationships.read(view, source)) is not None:
            return Held(source.value, read[0], (read[1],))
        for kind in ordered(view.kinds(source.value)) if depth else ():
            path = self._of_property(kind.key, source.attr, depth - 1) if isinstance(kind, Obj) else None
            if isinstance(kind, Obj) and path is not None:
                return Held(source.value, kind.key, path)
        return None

    def settled(self, view: View, node: ast.expr) -> Held | None:
        """The same, from an owner that is a name and means one thing all along."""
        held = self.by(view, node)
        while held is not None and not isinstance(held.owner, ast.Name):
            further, same = self.by(view, held.owner), gives_same(view, held.owner)
            if further is not None:
                held = Held(further.owner, further.cls, (*further.path, *held.path))
            else:
                held = Held(same, held.cls, held.path) if same is not None else None
        if held is None or not isinstance(held.owner, ast.Name):
            return None
        is_one = comprehended(view, held.owner) is not None or is_bound_once(view, held.owner)
        return held if is_one else None

    def _of_property(self, cls: Key, name: str, depth: int) -> Path | None:
        """The one relationship, or way over several, whose objects a property gives."""
        found = self.readers.property_of(cls, name)
        if found is None or not found[1].args.args:
            return None
        view, function = found
        paths = {self._from(view, function, value, depth) for value in _returned(view, function)}
        return paths.pop() if len(paths) == 1 else None

    def _from(self, view: View, function: FunctionNode, value: ast.expr, depth: int) -> Path | None:
        """From the object of the property itself to what the value holds."""
        path: Path = ()
        while (held := self.by(view, value, depth)) is not None:
            value, path = held.owner, (*held.path, *path)
        is_own = isinstance(value, ast.Name) and value.id == function.args.args[0].arg
        return path if is_own and path else None


def _returned(view: View, function: FunctionNode) -> Iterator[ast.expr]:
    for node in walk(function):
        value = node.value if isinstance(node, ast.Return) and view.function(node) is function else None
        if value is not None and not isinstance(value, ast.Constant) and not is_empty(view, value):
            yield value


def comprehended(view: View, node: ast.Name) -> ast.expr | None:
    """What a comprehension around the name takes it from; the first that it goes through is read outside of
    it: `[note.title for note in note.parts]`."""
    for above in view.file.above(node):
        if isinstance(above, ast.stmt):
            return None
        generators = getattr(above, "generators", ())
        if generators and holds(generators[0].iter, node):
            continue
        for part in generators:
            if any(isinstance(n, ast.Name) and n.id == node.id for n in ast.walk(part.target)):
                return part.iter  # type: ignore[no-any-return]
    return None


def looped(view: View, function: FunctionNode, node: ast.Name) -> ast.expr | None:
    """`user.notes` of `for note in user.notes:` around the name, which means nothing else in the loop; in a
    comprehension of its own it is another name."""
    for loop in view.file.above(node):
        if loop is function:
            break
        if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name) and loop.target.id == node.id:
            stores = (n for n in walk(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
            own = [n for n in stores if n.id == node.id and comprehended(view, n) is None]
            is_inside = any(holds(statement, node) for statement in loop.body)
            return loop.iter if is_inside and own == [loop.target] else None
    return None


def gives_same(view: View, node: ast.expr) -> ast.expr | None:
    """What the objects of the value are taken from, one step back: `notes` of `sorted(notes)`, of `notes[0]`
    and of `[note for note in notes if note.is_new]`, `note.owner` of `[note.owner for note in notes]`."""
    if isinstance(node, ast.Subscript):
        return node.value
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        taken = node.generators[0]
        if isinstance(node.elt, ast.Attribute):
            return node.elt
        is_same = isinstance(node.elt, ast.Name) and ast.unparse(taken.target) == node.elt.id
        return taken.iter if is_same and len(node.generators) == 1 else None
    if isinstance(node, ast.Call) and node.args:
        name = view.external(node.func)
        if name in _SAME_OBJECTS:
            return node.args[0]
        if name == _FILTER and len(node.args) == 2:
            return node.args[1]
    return None


def held_by(view: View, node: ast.expr) -> ast.expr:
    """`user.notes` of `sorted(user.notes, key=..)[:5]`: the attribute whose objects the value holds, or the
    value."""
    inner: ast.expr | None = node
    while inner is not None and not isinstance(inner, ast.Attribute):
        inner = gives_same(view, inner)
    return node if inner is None else inner
