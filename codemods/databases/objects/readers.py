"""Attributes of mapped classes that read relationships when they are read themselves.

tag_names = association_proxy("tags", "name")       # loads Note.tags

@property
def author(self):                                   # loads Note.owner
    return self.owner.name
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from ...analysis.index.bindings import How
from ...analysis.index.expr import Call, Const
from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import FunctionNode, last_name
from ...analysis.view import View, Views
from .relationships import Path, Relationships

_PROPERTIES = frozenset({"property", "cached_property", "hybrid_property"})
_DEPTH = 3


class Readers:
    def __init__(self, views: Views, relationships: Relationships) -> None:
        self.views = views
        self.relationships = relationships
        self.program = views.inference.program

    def paths(self, cls: Key, name: str, depth: int = _DEPTH) -> tuple[Path, ...]:
        """What reading it loads; nothing for columns, and for relationships themselves."""
        for step in self.views.inference.classes.mro(cls) if depth else ():
            if not isinstance(step, Key):
                continue
            for binding in self.program.modules[step.path].names[step.scope].get(name, ()):
                if isinstance(binding.value, Call) and binding.how is How.ASSIGN:
                    return self._of_proxy(cls, CallKey(step.path, binding.value.index))
                function = self._property(Key(step.path, binding.scope)) if binding.how is How.DEF else None
                if function is not None:
                    return tuple(dict.fromkeys(self._of_body(cls, *function, depth)))
        return ()

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
        return found is not None and _chain(node)[0] in self._roots(cls, found[1])

    def _of_proxy(self, cls: Key, call: CallKey) -> tuple[Path, ...]:
        site = self.program.call(call)
        name = getattr(site.func, "attr", "") or getattr(site.func, "id", "")
        words = [argument.text for argument in site.args if isinstance(argument, Const)]
        if name != "association_proxy" or len(words) < 2:
            return ()
        return tuple(self._along(cls, words[:2], _DEPTH))

    def _property(self, function: Key) -> tuple[View, FunctionNode] | None:
        view = self.views.of(function.path)
        node = view.file.function(self.program.scope(function).span)
        if node is None or not any(last_name(decorator) in _PROPERTIES for decorator in node.decorator_list):
            return None
        return view, node

    def of_name(self, cls: Key, view: View, body: ast.AST, name: str) -> Iterator[Path]:
        """What code reads of an object that the name holds in it."""
        yield from self._of_roots(view, body, self._with_loops({name: (cls, ())}, body), _DEPTH)

    def _of_body(self, cls: Key, view: View, function: FunctionNode, depth: int) -> Iterator[Path]:
        yield from self._of_roots(view, function, self._roots(cls, function), depth)

    def _of_roots(
        self, view: View, body: ast.AST, roots: dict[str, tuple[Key, Path]], depth: int
    ) -> Iterator[Path]:
        for node in ast.walk(body):
            if isinstance(node, ast.Attribute) and not isinstance(view.file.parents[node], ast.Attribute):
                name, words = _chain(node)
                if name in roots:
                    owner, prefix = roots[name]
                    for path in self._along(owner, words, depth - 1):
                        yield (*prefix, *path)

    def _roots(self, cls: Key, function: FunctionNode) -> dict[str, tuple[Key, Path]]:
        """Names of the function and what they hold: its object, and each of what a relationship gives."""
        own = function.args.args[0].arg if function.args.args else None
        return self._with_loops({own: (cls, ())}, function) if own is not None else {}

    def _with_loops(self, found: dict[str, tuple[Key, Path]], body: ast.AST) -> dict[str, tuple[Key, Path]]:
        for node in ast.walk(body):
            if not isinstance(node, (ast.For, ast.comprehension)) or not isinstance(node.target, ast.Name):
                continue
            name, words = _chain(node.iter)
            owner, path = found.get(name, (None, ()))
            for word in words:
                relationship = self.relationships.of(owner).get(word) if owner is not None else None
                owner = relationship.target if relationship is not None else None
                path = (*path, relationship) if relationship is not None else path
            if owner is not None and words:
                found[node.target.id] = (owner, path)
        return found

    def _along(self, cls: Key, words: list[str], depth: int) -> Iterator[Path]:
        """`owner.team.name`: the relationships at its head, and what the rest reads."""
        relationship = self.relationships.of(cls).get(words[0])
        if relationship is None:
            yield from self.paths(cls, words[0], depth)
            return
        target = relationship.target
        behind = list(self._along(target, words[1:], depth)) if words[1:] and target is not None else []
        if relationship.loads_when_read or behind:
            yield from ((relationship, *path) for path in behind or [()])


def _chain(node: ast.expr) -> tuple[str, list[str]]:
    """`self.owner.notes` as the name at its head and the attributes behind it."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.insert(0, node.attr)
        node = node.value
    return (node.id, words) if isinstance(node, ast.Name) else ("", words)
