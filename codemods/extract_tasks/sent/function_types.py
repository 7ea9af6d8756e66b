"""The types of names, attributes and calls in one function, as the whole program knows them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cached_property

from ...analysis.index.expr import Name
from ...analysis.link.kinds import Cls, Ext, Fn, Inst, Kind, Kinds, Obj, ordered
from ...analysis.link.module import INLINE
from ...analysis.link.program import CallKey, Key
from ...analysis.scopes import own_nodes
from ...analysis.syntax import FunctionNode, last_name
from ...model import Code, ImportNeed, Span
from .models import bare
from .type_texts import TypeTexts
from .types import Types

_DEPTH = 3
_PLAIN = frozenset({"property", "cached_property", "hybrid_property", "staticmethod", "classmethod"})
"""Decorators with which a function gives what it returns."""


class FunctionTypes:
    """`inside.Names` of a function."""

    def __init__(self, types: TypeTexts, function: Key, node: FunctionNode, depth: int = 0) -> None:
        self.inference = types.inference
        self.program = types.inference.program
        self.syntax = types.syntax
        self.importable = types.importable
        self.function = function
        self.node = node
        self._types = types
        self._depth = depth
        self._kinds: dict[str, Kinds] = {}

    def annotation(self, name: str) -> Code | None:
        written, file = self._written(name), self.syntax.file(self.function.path)
        code = self.importable.annotation(file, written) if written is not None else None
        return code if code is not None else self._types.of_kinds(self.kinds(name))

    def attribute_annotation(self, name: str, attribute: str) -> Code | None:
        return self._of_attribute(self.kinds(name), attribute)

    def annotation_inside(self, comprehension: Span, name: str, attribute: str = "") -> Code | None:
        inside = self._comprehensions.get(comprehension)
        if inside is None:
            return None
        kinds = self.inference.kinds(inside, Name(name), comprehension.end_line)
        return self._of_attribute(kinds, attribute) if attribute else self._types.of_kinds(kinds)

    def call_annotation(self, call: Span) -> Code | None:
        index = self._calls.get(call)
        if index is None:
            return None
        key = CallKey(self.function.path, index)
        callees = self.inference.callees(key)
        found = self._types.of_call(key)
        if found is None and callees and all(isinstance(each, Fn) for each in callees):
            return _same([self._given_by(each.key) for each in callees if isinstance(each, Fn)])
        return found

    def module_name(self, name: str) -> ImportNeed | None:
        return self.importable.need(self.function.path, name)

    def kinds(self, name: str) -> Kinds:
        if name not in self._kinds:
            end = self.program.scope(self.function).span.end_line
            self._kinds[name] = self.inference.kinds(self.function, Name(name), end)
        return self._kinds[name]

    def present(self, kinds: Kinds) -> Sequence[Kind]:
        found = [k for k in ordered(kinds) if not (isinstance(k, Inst) and k.name == "builtins.NoneType")]
        return found or ordered(kinds)

    def _of_attribute(self, owners: Kinds, attribute: str) -> Code | None:
        *path, last = attribute.split(".")
        for step in path:
            owners = self.inference.attribute(owners, step)
        present = self.present(owners)
        ways = (self._types.of_attribute, self._of_property, self._of_member)
        return _same([next(filter(None, (way(each, last) for way in ways)), None) for each in present])

    def _of_member(self, owner: Kind, name: str) -> Code | None:
        """`Kind.letter` of an enumeration"""
        is_enum = isinstance(owner, Cls) and self.inference.classes.is_a(owner.key, "enum.Enum")
        return self._types.of_kinds(self.inference.attribute(frozenset({owner}), name)) if is_enum else None

    def _of_property(self, owner: Kind, name: str) -> Code | None:
        classes = self.inference.classes
        method = classes.method(owner.key, name) if isinstance(owner, Obj) else None
        return self._given_by(method) if method is not None and classes.is_property(method) else None

    def _given_by(self, function: Key) -> Code | None:
        """What a function gives that does not say it: `return sum(item.price for item in self.items)`."""
        node = self.syntax.file(function.path).function(self.program.scope(function).span)
        is_plain = isinstance(node, ast.FunctionDef) and _PLAIN.issuperset(
            map(last_name, node.decorator_list)
        )
        if node is None or not is_plain or self._depth == _DEPTH:
            return None
        nodes = own_nodes(node)
        is_stepped = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in nodes)
        if is_stepped or not isinstance(node.body[-1], ast.Return):
            return None
        types = Types(node, FunctionTypes(self._types, function, node, self._depth + 1))
        values = [each.value for each in nodes if isinstance(each, ast.Return)]
        return _same([types.of(value) if value is not None else None for value in values])

    @cached_property
    def _calls(self) -> dict[Span, int]:
        calls = self.program.modules[self.function.path].facts.calls
        return {call.span: number for number, call in enumerate(calls)}

    @cached_property
    def _comprehensions(self) -> dict[Span, Key]:
        module = self.program.modules[self.function.path]
        scopes = zip(module.keys, module.facts.scopes, strict=True)
        return {Span(*scope.span): key for key, scope in scopes if scope.kind in INLINE}

    def _written(self, name: str) -> ast.expr | None:
        """The annotation of a parameter that keeps the value it came with."""
        if name in self._rebound:
            return None
        arguments = self.node.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if argument.arg == name:
                written = bare(argument.annotation)
                return None if isinstance(written, ast.Name) and self._is_alias(written.id) else written
        return None

    @cached_property
    def _rebound(self) -> frozenset[str]:
        stores = (node for node in own_nodes(self.node) if isinstance(node, ast.Name))
        return frozenset(node.id for node in stores if isinstance(node.ctx, ast.Store))

    def _is_alias(self, name: str) -> bool:
        """`CurrentUser = Annotated[User, Depends(..)]`: a task gets the `User`."""
        kinds = self.inference.name(self.program.parent(self.function), name)
        return not any(isinstance(kind, (Cls, Ext)) for kind in kinds)


def _same(found: Sequence[Code | None]) -> Code | None:
    return found[0] if len(set(found)) == 1 else None
