"""Expressions of `ast` -> the small expression language of `expr`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from ..syntax import span_of
from ..taken import taken_at_once
from .bindings import How, Parameter, ScopeKind
from .expr import (
    Attr,
    Await,
    Binary,
    Call,
    Comprehension,
    Const,
    DictDisplay,
    Display,
    Either,
    Expr,
    Item,
    Joined,
    Lambda,
    Name,
    Opaque,
    Starred,
)
from .facts import CallSite, Implicit, Reference, Use
from .implicits import OPERATORS, ImplicitReader
from .type_expressions import DISPLAYS as _DISPLAYS

_SMALL = 1 << 16
SUBSCRIPT = "[]"
"""`Reference.position` of what stands between brackets."""
ELEMENT = "[..]"
"""`Reference.position` of what stands in a list, a tuple or a dictionary that is no argument."""
COMPARED = "is"
"""`Reference.position` of what is asked whether it is one and the same: `handler is not None`."""
_COMPREHENSIONS = {
    ast.ListComp: "list",
    ast.SetComp: "set",
    ast.DictComp: "dict",
    ast.GeneratorExp: "generator",
}
_STRINGS: tuple[type, ...] = tuple(
    getattr(ast, name) for name in ("JoinedStr", "TemplateStr") if hasattr(ast, name)
)


class ExpressionReader(ImplicitReader):
    """Turns expressions into facts; the subclass owns the lists that are filled."""

    scopes: list[Any]
    calls: list[CallSite | None]
    references: list[Reference]
    _taken: ast.GeneratorExp | None = None
    """The first argument of the call that is read, where that takes all of it at once."""

    def open_scope(self, kind: ScopeKind, name: str, node: ast.AST) -> int:
        raise NotImplementedError

    def target(
        self, node: ast.expr, how: How, value: Expr | None, line: int, path: tuple[int, ...] = ()
    ) -> None:
        raise NotImplementedError

    def read(
        self,
        node: ast.expr,
        use: Use = Use.NONE,
        call: int = -1,
        position: int | str = -1,
    ) -> Expr:
        """The fact of `node`; calls and references in it are written down. `use` is what stands around it."""
        n: Any = node
        kind = type(node)
        if kind is ast.Name:
            name = Name(n.id)
            self.references.append(Reference(self.current, span_of(n), name, call, position, use))
            return name
        if kind is ast.Call:
            return self._call(n, use)
        if kind is ast.Attribute:
            chain = self.chain(n)
            self.references.append(Reference(self.current, span_of(n), chain, call, position, use))
            return chain
        if kind is ast.Constant:
            value = n.value
            if type(value) in (int, bool) and 0 <= value < _SMALL:
                return Const(type(value).__name__, "", int(value))
            return Const(type(value).__name__, value if isinstance(value, str) else "")
        if kind is ast.Await:
            awaited = self.read(n.value, use | Use.AWAITED)
            self.implicits.append(Implicit(self.current, span_of(n), "await", awaited))
            return Await(awaited)
        if kind in _DISPLAYS:
            within = ELEMENT if call < 0 and position == -1 else position
            return Display(_DISPLAYS[kind], tuple(self.read(item, Use.NONE, call, within) for item in n.elts))
        if kind is ast.Subscript:
            value = self.read(n.value)
            key: Expr = Const("slice")
            if isinstance(n.slice, ast.Slice):
                self.read(n.slice)
            else:
                key = self.read(n.slice, Use.NONE, -1, SUBSCRIPT)
            self.implicits.append(Implicit(self.current, span_of(n), "[]", value, key))
            return Item(value, key)
        if kind is ast.BoolOp:
            options = tuple(self.read(value, use, call, position) for value in n.values)
            for part, option in zip(n.values[:-1], options, strict=False):
                self.tested(part, option)
            return Either(options)
        if kind is ast.IfExp:
            self.tested(n.test, self.read(n.test))
            return Either((self.read(n.body, use, call, position), self.read(n.orelse, use, call, position)))
        if kind is ast.BinOp:
            left, right = self.read(n.left), self.read(n.right)
            if not (_is_known(n.left) and _is_known(n.right)):
                self.operator(type(n.op), n, left, right)
            return Binary(OPERATORS[type(n.op)], left, right)
        if kind is ast.Dict:
            values = tuple(self.read(value, Use.NONE, -1, ELEMENT) for value in n.values)
            for word, spread in zip(n.keys, values, strict=True):
                if word is None:
                    self.implicits.append(Implicit(self.current, span_of(n), "unpack", spread))
            return DictDisplay(
                tuple(self.read(word) if word is not None else Opaque() for word in n.keys), values
            )
        if kind in _COMPREHENSIONS:
            return self._comprehension(n)
        if kind is ast.Lambda:
            return self._lambda(n)
        if kind is ast.NamedExpr:
            value = self.read(n.value, use)
            outer = self.current
            while self.scopes[self.current].kind in (ScopeKind.COMPREHENSION, ScopeKind.GENERATOR):
                self.current = self.scopes[self.current].parent
            self.target(n.target, How.ASSIGN, value, n.lineno)
            self.current = outer
            return value
        if kind is ast.Starred:
            value = self.read(n.value, use, call, position)
            self.iterated_by(n, value)
            return Starred(value)
        if kind in (ast.Yield, ast.YieldFrom):
            draft = self.scopes[self.current]
            draft.has_yield = True
            if n.value is not None:
                around = Use.YIELDED_FROM if kind is ast.YieldFrom else Use.YIELDED
                value = self.read(n.value, around)
                if kind is ast.Yield:
                    draft.yielded.append(value)
                else:
                    self.implicits.append(Implicit(self.current, span_of(n), "for", value))
            return Opaque()
        if kind in _STRINGS:
            return Joined(tuple(self._part(part) for part in n.values))
        if kind is ast.Compare:
            at = COMPARED if all(isinstance(each, (ast.Is, ast.IsNot)) for each in n.ops) else -1
            left = self.read(n.left, Use.NONE, -1, at)
            for operation, comparator in zip(n.ops, n.comparators, strict=True):
                right = self.read(comparator, Use.NONE, -1, at)
                if type(operation) in OPERATORS:
                    self.operator(type(operation), n, left, right)
                left = right
            return Const("bool")
        if kind is ast.UnaryOp:
            operand = self.read(n.operand)
            if type(n.op) in OPERATORS and not isinstance(n.operand, ast.Constant):
                self.operator(type(n.op), n, operand, None)
            if isinstance(n.op, ast.Not):
                self.tested(n.operand, operand)
                return Const("bool")
            return operand
        for child in ast.iter_child_nodes(n):
            if isinstance(child, ast.expr):
                self.read(child)
        return Opaque()

    def _part(self, part: Any) -> Expr:
        """A piece of an f-string."""
        if isinstance(part, ast.Constant):
            return self.read(part)
        shown = self.read(part.value)
        if not isinstance(part.value, ast.Constant):
            self.implicits.append(Implicit(self.current, span_of(part), "format", shown))
        if part.format_spec is not None:
            self.read(part.format_spec)
        return shown if part.format_spec is None and part.conversion in (-1, ord("s")) else Opaque()

    def chain(self, node: ast.expr) -> Expr:
        """`a.b.c` without a reference for each part: only the whole chain is one."""
        if isinstance(node, ast.Attribute):
            return Attr(self.chain(node.value), node.attr)
        if isinstance(node, ast.Name):
            return Name(node.id)
        return self.read(node)

    def _call(self, node: ast.Call, use: Use) -> Call:
        number = len(self.calls)
        self.calls.append(None)  # the place is taken before the arguments, so that outer calls come first
        func: Expr = self.chain(node.func)
        self._taken = taken_at_once(node)
        args = tuple(self.read(arg, Use.NONE, number, position) for position, arg in enumerate(node.args))
        keywords = tuple(
            (keyword.arg or "", self.read(keyword.value, Use.NONE, number, keyword.arg or ""))
            for keyword in node.keywords
        )
        for word, spread in keywords:
            if not word:
                self.implicits.append(Implicit(self.current, span_of(node), "unpack", spread))
        if self.scopes[0].main_guard and self.current == 0:
            use |= Use.MAIN_GUARD
        self.calls[number] = CallSite(self.current, span_of(node), func, args, keywords, use)
        return Call(number)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> Comprehension:
        runs_later = isinstance(node, ast.GeneratorExp) and node is not self._taken
        kind = ScopeKind.GENERATOR if runs_later else ScopeKind.COMPREHENSION
        first = self.read(node.generators[0].iter, _iteration(node.generators[0]))
        number = self.open_scope(kind, f"<{_COMPREHENSIONS[type(node)]}>", node)
        outer, self.current = self.current, number
        for position, generator in enumerate(node.generators):
            iterable = first if position == 0 else self.read(generator.iter, _iteration(generator))
            where = outer if position == 0 else number
            self.implicits.append(
                Implicit(
                    where, span_of(generator.iter), "async for" if generator.is_async else "for", iterable
                )
            )
            bindings, how = self.scopes[number].bindings, How.ASYNC_FOR if generator.is_async else How.FOR
            before = len(bindings)
            self.target(generator.target, how, iterable, node.lineno)
            if position == 0:  # `[part.note for part in part.note.parts]`
                bindings[before:] = [replace(each, scope=outer) for each in bindings[before:]]
            for condition in generator.ifs:
                self.tested(condition, self.read(condition))
        if isinstance(node, ast.DictComp):
            self.read(node.key)
            element = self.read(node.value)
        else:
            element = self.read(node.elt)
        self.current = outer
        return Comprehension(_COMPREHENSIONS[type(node)], number, element)

    def _lambda(self, node: ast.Lambda) -> Lambda:
        parameters = self.parameters(node.args)
        number = self.open_scope(ScopeKind.LAMBDA, "<lambda>", node)
        draft = self.scopes[number]
        draft.parameters = parameters
        outer, self.current = self.current, number
        draft.returned.append(self.read(node.body, Use.RETURNED))
        draft.returned_lines.append(node.lineno)
        self.current = outer
        return Lambda(number)

    def parameters(self, arguments: ast.arguments) -> tuple[Parameter, ...]:
        """Read in the scope around the function: defaults and annotations belong there."""
        found: list[Parameter] = []
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults: Sequence[ast.expr | None] = [
            *[None] * (len(positional) - len(arguments.defaults)),
            *arguments.defaults,
        ]
        for argument, default in zip(positional, defaults, strict=True):
            found.append(self._parameter(argument, "positional", default))
        if arguments.vararg:
            found.append(self._parameter(arguments.vararg, "*", None))
        for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            found.append(self._parameter(argument, "keyword", keyword_default))
        if arguments.kwarg:
            found.append(self._parameter(arguments.kwarg, "**", None))
        return tuple(found)

    def _parameter(self, argument: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
        return Parameter(
            argument.arg,
            kind,
            self.annotation(argument.annotation),
            self.read(default, Use.DEFAULT) if default is not None else None,
        )


def _iteration(generator: ast.comprehension) -> Use:
    return Use.ASYNC_ITERATED if generator.is_async else Use.ITERATED


def _is_known(node: ast.expr) -> bool:
    """Its operators are those of a builtin."""
    return isinstance(
        node, (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Compare)
    )
