"""Attributes of mapped classes that read relationships when they are read themselves.

tag_names = association_proxy("tags", "name")       # loads Note.tags

@property
def author(self):                                   # loads Note.owner
    return self.owner.name
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec.structs import replace

from ....analysis.index import expr
from ....analysis.index.bindings import How
from ....analysis.index.expr import Call, Const
from ....analysis.link.program import CallKey, Key
from ....analysis.syntax import FunctionNode, last_name
from ....analysis.view import View, Views
from .load_options import may_have_any_depth
from .relationships import Path, Relationship, Relationships

_PROPERTIES = frozenset({"property", "cached_property", "hybrid_method", "hybrid_property"})
"""A method that a class is asked for as well, for a part of a query, cannot await what it reads either."""
_AGAIN = "again"
_LONGEST = 6
"""The names of a function lead no farther."""
_Roots = dict[str, dict[tuple[Key, Path], None]]
"""What names may hold: objects of the classes, which lie behind these relationships."""


class Readers:
    def __init__(self, views: Views, relationships: Relationships, *, old: bool = False) -> None:
        self.views = views
        self.relationships = relationships
        self.program = views.inference.program
        self.old = old
        self._known: dict[tuple[Key, str], tuple[Path, ...]] = {}
        self._open: set[tuple[Key, str]] = set()
        """What is being found out."""

    def paths(self, cls: Key, name: str) -> tuple[Path, ...]:
        """What reading it loads; nothing for columns, for relationships themselves, and where no number of
        options loads all that a property reads."""
        found = self._paths(cls, name)
        return () if any(map(_read_again, found)) else found

    def _paths(self, cls: Key, name: str) -> tuple[Path, ...]:
        """A path ends with the property that is read there, where its own value is told by that."""
        read = cls, name
        if read in self._open:
            return ((_again(*read),),)
        if read not in self._known:
            self._open.add(read)
            found = _in_one_way(self._find(cls, name))
            self._open.remove(read)
            if any(_read_again(path) in self._open for path in found):
                return found
            self._known[read] = found
        return self._known[read]

    def _find(self, cls: Key, name: str) -> Iterable[Path]:
        for step in self.views.inference.classes.mro(cls):
            if not isinstance(step, Key):
                continue
            for binding in self.program.modules[step.path].names[step.scope].get(name, ()):
                if isinstance(binding.value, Call) and binding.how is How.ASSIGN:
                    return self._of_proxy(cls, CallKey(step.path, binding.value.index))
                function = self._property(Key(step.path, binding.scope)) if binding.how is How.DEF else None
                if function is not None:
                    return self._of_property(cls, name, *function)
        return ()

    def _of_property(self, cls: Key, name: str, view: View, function: FunctionNode) -> Iterable[Path]:
        """`return f"{self.parent.path} / {self.name}"` reads the parent, and its parent, to any depth."""
        every = list(self._of_roots(view, function, self._roots(cls, function)))
        again = {path[:-1] for path in every if _read_again(path) == (cls, name)}
        steps = {step for path in again for step in path}
        if len(steps) != 1 or self.old or not may_have_any_depth(step := steps.pop()):
            return every
        own = [path for path in every if _read_again(path) != (cls, name)]
        endless = replace(step, to_any_depth=True)
        return [(endless,), *own, *((endless, *path) for path in own)]

    def property_of(self, cls: Key, name: str) -> tuple[View, FunctionNode] | None:
        """The function that reading the attribute runs, where it is a property."""
        for step in self.views.inference.classes.mro(cls):
            if not isinstance(step, Key):
                continue
            for binding in self.program.modules[step.path].names[step.scope].get(name, ()):
                return self._property(Key(step.path, binding.scope)) if binding.how is How.DEF else None
        return None

    @cached_property
    def names(self) -> frozenset[str]:
        """Of all such attributes of the program."""
        return frozenset(
            binding.name
            for cls in self.relationships.mapped.classes
            for step in self.views.inference.classes.mro(cls)
            if isinstance(step, Key)
            for binding in self.program.scope(step).bindings
            if self.paths(cls, binding.name)
        )

    def is_told(self, view: View, node: ast.expr) -> bool:
        """Does `node` go out from the object of such a property? Who reads the property loads it."""
        cls = self.program.enclosing_class(view.owner(node))
        if cls is None or cls not in self.relationships.mapped.classes:
            return False
        found = self._property(view.owner(node))
        if found is None or any(map(_read_again, self._paths(cls, found[1].name))):
            return False
        return _chain(node)[0] in self._roots(cls, found[1])

    def _of_proxy(self, cls: Key, call: CallKey) -> tuple[Path, ...]:
        site = self.program.call(call)
        name = expr.last_name(site.func)
        words = [argument.text for argument in site.args if isinstance(argument, Const)]
        if name != "association_proxy" or len(words) < 2:
            return ()
        return tuple(self._along(cls, words[:2]))

    def _property(self, function: Key) -> tuple[View, FunctionNode] | None:
        view = self.views.of(function.path)
        node = view.file.function(self.program.scope(function).span)
        if node is None or not any(last_name(decorator) in _PROPERTIES for decorator in node.decorator_list):
            return None
        return view, node

    def of_name(self, cls: Key, view: View, body: ast.AST, name: str) -> Iterator[Path]:
        """What code reads of an object that the name holds in it."""
        found = _in_one_way(self._of_roots(view, body, self._with_names({name: {(cls, ()): None}}, body)))
        yield from found if not any(map(_read_again, found)) else ()

    def of_text(self, cls: Key, text: str) -> Iterator[Path]:
        """What `attrgetter("owner.name")` reads."""
        found = _in_one_way(self._along(cls, text.split(".")))
        yield from found if not any(map(_read_again, found)) else ()

    def _of_roots(self, view: View, body: ast.AST, roots: _Roots) -> Iterator[Path]:
        for node in ast.walk(body):
            if isinstance(node, ast.Attribute) and not isinstance(view.file.parents[node], ast.Attribute):
                name, words = _chain(node)
                for owner, prefix in roots.get(name, ()):
                    for path in self._along(owner, words):
                        yield (*prefix, *path)

    def _roots(self, cls: Key, function: FunctionNode) -> _Roots:
        """Names of the function and what they hold: its object, what that has, and what they have."""
        own = function.args.args[0].arg if function.args.args else None
        return self._with_names({own: {(cls, ()): None}}, function) if own is not None else {}

    def _with_names(self, found: _Roots, body: ast.AST) -> _Roots:
        bound = list(_bound(body))
        is_new = True
        while is_new:
            is_new = False
            for name, value, is_loop in bound:
                head, words = _chain(value)
                for owner, way in list(found.get(head, ())) if words or not is_loop else ():
                    place = self._place(owner, way, words, is_built_on_itself=name == head)
                    if place is not None and place not in found.setdefault(name, {}):
                        found[name][place] = None
                        is_new = True
        return found

    def _place(
        self, cls: Key, way: Path, words: list[str], *, is_built_on_itself: bool
    ) -> tuple[Key, Path] | None:
        """Where `node.parent` lies; in `node = node.parent`, at any depth."""
        for word in words:
            step = self.relationships.of(cls).get(word)
            if step is None or step.target is None or (way and _read_again(way)):
                return None
            if is_built_on_itself and may_have_any_depth(step) and len(words) == 1 and not self.old:
                step = replace(step, to_any_depth=True)
            elif is_built_on_itself or len(way) > _LONGEST:
                step = _again(cls, word)
            cls, way = step.target or cls, _joined((*way, step))
        return cls, way

    def _along(self, cls: Key, words: list[str]) -> Iterator[Path]:
        """`owner.team.name`: the relationships at its head, and what the rest reads."""
        relationship = self.relationships.of(cls).get(words[0])
        if relationship is None:
            yield from self._paths(cls, words[0])
            return
        target = relationship.target
        behind = list(self._along(target, words[1:])) if words[1:] and target is not None else []
        if relationship.loads_when_read or behind:
            yield from ((relationship, *path) for path in behind or [()])


def _again(cls: Key, name: str) -> Relationship:
    """What a path ends with where a property reads itself, of what lies there."""
    return Relationship(cls, name, None, _AGAIN)


def _read_again(path: Path) -> tuple[Key, str] | None:
    return (path[-1].owner, path[-1].name) if path[-1].lazy == _AGAIN else None


def _in_one_way(paths: Iterable[Path]) -> tuple[Path, ...]:
    """What one of them loads to any depth, none loads in another way."""
    found = list(paths)
    endless = {step for path in found for step in path if step.to_any_depth}
    whole = [tuple(replace(s, to_any_depth=s in endless) for s in path) for path in found]
    return tuple(dict.fromkeys(map(_joined, whole)))


def _joined(path: Path) -> Path:
    """What is loaded to any depth is loaded behind itself as well."""
    return tuple(
        step for n, step in enumerate(path) if not (n and step == path[n - 1] and path[n - 1].to_any_depth)
    )


def _bound(body: ast.AST) -> Iterator[tuple[str, ast.expr, bool]]:
    """Names, what they may hold, and whether it is each of that: `for note in self.notes`."""
    for node in ast.walk(body):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "iter", None) or getattr(node, "value", None)
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=False))
        for name, given in pairs:
            if isinstance(name, ast.Name) and given is not None:
                yield from ((name.id, each, hasattr(node, "iter")) for each in _ways(given))


def _ways(value: ast.expr) -> Iterator[ast.expr]:
    """`self.parent or self` is one of two."""
    if isinstance(value, ast.BoolOp):
        parts = value.values
    else:
        parts = [value.body, value.orelse] if isinstance(value, ast.IfExp) else []
    for part in parts:
        yield from _ways(part)
    if not parts:
        yield value


def _chain(node: ast.expr) -> tuple[str, list[str]]:
    """`self.owner.notes` as the name at its head and the attributes behind it."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.insert(0, node.attr)
        node = node.value
    return (node.id, words) if isinstance(node, ast.Name) else ("", words)
