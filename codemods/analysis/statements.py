"""Statements of `ast` -> scopes, bindings and implicit calls; expressions are read by `ExpressionReader`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from ..model import Span
from .drafts import Draft
from .expressions import SUBSCRIPT, ExpressionReader
from .facts import (
    Attr,
    AttributeBinding,
    Binding,
    CallSite,
    Expr,
    How,
    Implicit,
    Import,
    Name,
    Opaque,
    Reference,
    ScopeKind,
    Store,
    Use,
)
from .narrowing import leaves, narrowings, negated
from .syntax import span_of

_END_OF_FILE = 1 << 30


class StatementReader(ExpressionReader):
    """Reads one module; the lists hold what was found."""

    def __init__(self) -> None:
        self.scopes: list[Draft] = []
        self.calls: list[CallSite | None] = []
        self.references: list[Reference] = []
        self.attributes: list[AttributeBinding] = []
        self.implicits: list[Implicit] = []
        self.stores: list[Store] = []
        self.exports: list[str] | None = None
        self.current = 0
        self._statements: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.ClassDef: self._class,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.Return: self._return,
            ast.Expr: self._expression,
            ast.If: self._if,
            ast.Assert: self._assert,
            ast.Raise: self._raise,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Try: self._try,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Global: self._global,
            ast.Nonlocal: self._nonlocal,
            ast.Delete: self._delete,
            ast.Match: self._match,
        }
        for name, read in (("TryStar", self._try), ("TypeAlias", self._type_alias)):
            if hasattr(ast, name):
                self._statements[getattr(ast, name)] = read

    # scopes -------------------------------------------------------------------------------------------

    def open_scope(self, kind: ScopeKind, name: str, node: ast.AST) -> int:
        outer = self.scopes[self.current]
        while outer.kind in (ScopeKind.COMPREHENSION, ScopeKind.GENERATOR):
            outer = self.scopes[outer.parent]
        if outer.kind is ScopeKind.MODULE:
            qualname = name
        elif outer.kind is ScopeKind.CLASS:
            qualname = f"{outer.qualname}.{name}"
        else:
            qualname = f"{outer.qualname}.<locals>.{name}"
        self.scopes.append(Draft(kind, name, qualname, self.current, span_of(node)))
        return len(self.scopes) - 1

    def bind(self, name: str, how: How, value: Expr | Import | None, line: int, scope: int = -1) -> None:
        draft = self.scopes[self.current]
        draft.bindings.append(Binding(name, how, value, line, scope, (), draft.depth))

    def module(self, tree: ast.Module) -> None:
        self.scopes.append(Draft(ScopeKind.MODULE, "<module>", "<module>", -1, Span(1, 0, 1, 0)))
        self.scopes[0].block_end = _END_OF_FILE
        self._body(tree.body)

    def _body(self, statements: Sequence[ast.stmt]) -> None:
        dispatch = self._statements
        for statement in statements:
            handler = dispatch.get(type(statement))
            if handler is not None:
                handler(statement)
            else:
                for child in ast.iter_child_nodes(statement):
                    if isinstance(child, ast.expr):
                        self.read(child)

    def _nested(self, statements: Sequence[ast.stmt]) -> None:
        if not statements:
            return
        draft = self.scopes[self.current]
        outer, draft.block_end = draft.block_end, statements[-1].end_lineno or draft.block_end
        draft.depth += 1
        self._body(statements)
        draft.depth -= 1
        draft.block_end = outer

    # definitions --------------------------------------------------------------------------------------

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = tuple(self.read(decorator, Use.DECORATOR) for decorator in node.decorator_list)
        parameters = self.parameters(node.args)
        returns = self.annotation(node.returns)
        number = self.open_scope(ScopeKind.FUNCTION, node.name, node)
        draft = self.scopes[number]
        draft.is_async = isinstance(node, ast.AsyncFunctionDef)
        draft.decorators = decorators
        draft.parameters = parameters
        draft.returns = returns
        draft.type_parameters = self._type_parameters(node)
        draft.is_stub = _is_stub(node.body)
        self.bind(node.name, How.DEF, None, node.lineno, number)
        outer, self.current = self.current, number
        self._body(node.body)
        self.current = outer

    def _class(self, node: ast.ClassDef) -> None:
        decorators = tuple(self.read(decorator, Use.DECORATOR) for decorator in node.decorator_list)
        bases = tuple(self.read(base) for base in node.bases)
        keywords = tuple((keyword.arg or "", self.read(keyword.value)) for keyword in node.keywords)
        number = self.open_scope(ScopeKind.CLASS, node.name, node)
        draft = self.scopes[number]
        draft.decorators = decorators
        draft.bases = bases
        draft.keywords = keywords
        draft.type_parameters = self._type_parameters(node)
        self.bind(node.name, How.CLASS, None, node.lineno, number)
        outer, self.current = self.current, number
        self._body(node.body)
        self.current = outer

    def _type_parameters(self, node: ast.AST) -> tuple[tuple[str, Expr | None], ...]:
        parameters = getattr(node, "type_params", ())
        return tuple((p.name, self.annotation(getattr(p, "bound", None))) for p in parameters)

    # bindings -----------------------------------------------------------------------------------------

    def _assign(self, node: ast.Assign) -> None:
        value = self.read(node.value)
        for target in node.targets:
            self.target(target, How.ASSIGN, value, node.end_lineno or node.lineno)
        if self.current == 0 and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            self.exports = _names(node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        annotation = self.annotation(node.annotation)
        if node.value is not None:
            value = self.read(node.value)
            self.target(node.target, How.ASSIGN, value, node.end_lineno or node.lineno)
        self.target(node.target, How.ANNOTATION, annotation or Opaque(), node.lineno)

    def _augmented(self, node: ast.AugAssign) -> None:
        value = self.read(node.value)
        self.target(node.target, How.AUGMENTED, value, node.lineno)
        if isinstance(node.target, (ast.Name, ast.Attribute)):
            left = self.chain(node.target)
            self.operator(type(node.op), node, left, value)
        if self.current == 0 and isinstance(node.target, ast.Name) and node.target.id == "__all__":
            more = _names(node.value)
            self.exports = self.exports + more if self.exports is not None and more is not None else None

    def _type_alias(self, node: ast.stmt) -> None:
        name, value = node.name, node.value  # type: ignore[attr-defined]
        self.bind(name.id, How.ASSIGN, self.annotation(value), node.lineno)

    def target(
        self, node: ast.expr, how: How, value: Expr | None, line: int, path: tuple[int, ...] = ()
    ) -> None:
        if isinstance(node, ast.Name):
            draft = self.scopes[self.current]
            draft.bindings.append(Binding(node.id, how, value, line, -1, path, draft.depth))
        elif isinstance(node, ast.Attribute):
            owner = self.read(node.value)
            self.attributes.append(
                AttributeBinding(self.current, owner, node.attr, how, value if not path else None, line)
            )
        elif isinstance(node, (ast.Tuple, ast.List)):
            for position, element in enumerate(node.elts):
                inner = element.value if isinstance(element, ast.Starred) else element
                step = -1 if isinstance(element, ast.Starred) else position
                self.target(inner, how, value, line, (*path, step))
        elif isinstance(node, ast.Starred):
            self.target(node.value, how, value, line, (*path, -1))
        elif isinstance(node, ast.Subscript):
            owner = self.read(node.value)
            key = self.read(node.slice, Use.NONE, -1, SUBSCRIPT)
            self.implicits.append(Implicit(self.current, span_of(node), "[]=", owner))
            if how is How.ASSIGN and value is not None and not path:
                self.stores.append(Store(self.current, owner, key, value, line))

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind(target.id, How.DELETE, None, node.lineno)
            elif isinstance(target, ast.Subscript):
                owner = self.read(target.value)
                self.read(target.slice, Use.NONE, -1, SUBSCRIPT)
                self.implicits.append(Implicit(self.current, span_of(target), "del", owner))
            else:
                self.read(target)

    # control flow -------------------------------------------------------------------------------------

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            draft = self.scopes[self.current]
            draft.returned.append(self.read(node.value, Use.RETURNED))
            draft.returned_lines.append(node.lineno)

    def _expression(self, node: ast.Expr) -> None:
        self.read(node.value, Use.STATEMENT)

    def _if(self, node: ast.If) -> None:
        tested = self.read(node.test)
        self._test(node.test, tested)
        draft = self.scopes[self.current]
        self._narrow(node.test, node.test.lineno, node.body[-1].end_lineno or 0)
        if self.current == 0 and _is_main_guard(node.test):
            draft.main_guard = True
            self._nested(node.body)
            draft.main_guard = False
        else:
            self._nested(node.body)
        self._nested(node.orelse)
        excluded = negated(node.test)
        if excluded is not None:
            if node.orelse:
                self._narrow(excluded, node.orelse[0].lineno, node.orelse[-1].end_lineno or 0)
            elif leaves(node.body):
                self._narrow(excluded, (node.end_lineno or node.lineno) + 1, draft.block_end)

    def _raise(self, node: ast.Raise) -> None:
        if node.exc is not None:
            raised = self.read(node.exc)
            if isinstance(raised, (Name, Attr)):
                self.implicits.append(Implicit(self.current, span_of(node), "raise", raised))
        if node.cause is not None:
            self.read(node.cause)

    def _assert(self, node: ast.Assert) -> None:
        self._test(node.test, self.read(node.test))
        if node.msg is not None:
            self.read(node.msg)
        self._narrow(node.test, (node.end_lineno or node.lineno) + 1, self.scopes[self.current].block_end)

    def _narrow(self, test: ast.expr, first: int, last: int) -> None:
        """`isinstance(x, T)` holds for `x` on these lines."""
        draft = self.scopes[self.current]
        for name, classes in narrowings(test):
            draft.bindings.append(
                Binding(name, How.ISINSTANCE, self.quiet(classes), first, -1, (), draft.depth, last)
            )

    def _test(self, test: ast.expr, value: Expr) -> None:
        """`if value:` calls `__bool__` or `__len__`."""
        if isinstance(test, (ast.Name, ast.Attribute, ast.Call)):
            self.implicits.append(Implicit(self.current, span_of(test), "bool", value))

    def _while(self, node: ast.While) -> None:
        self.scopes[self.current].loops.append((node.lineno, node.end_lineno or node.lineno))
        self._test(node.test, self.read(node.test))
        self._narrow(node.test, node.test.lineno, node.body[-1].end_lineno or 0)
        self._nested(node.body)
        self._nested(node.orelse)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        is_async = isinstance(node, ast.AsyncFor)
        self.scopes[self.current].loops.append((node.lineno, node.end_lineno or node.lineno))
        iterable = self.read(node.iter, Use.ASYNC_ITERATED if is_async else Use.ITERATED)
        self.implicits.append(
            Implicit(self.current, span_of(node), "async for" if is_async else "for", iterable)
        )
        self.target(node.target, How.ASYNC_FOR if is_async else How.FOR, iterable, node.lineno)
        self._nested(node.body)
        self._nested(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        is_async = isinstance(node, ast.AsyncWith)
        for item in node.items:
            value = self.read(item.context_expr, Use.ASYNC_WITH if is_async else Use.WITH)
            self.implicits.append(
                Implicit(
                    self.current, span_of(item.context_expr), "async with" if is_async else "with", value
                )
            )
            if item.optional_vars is not None:
                self.target(item.optional_vars, How.ASYNC_WITH if is_async else How.WITH, value, node.lineno)
        self._nested(node.body)

    def _try(self, node: ast.Try) -> None:
        self._nested(node.body)
        for handler in node.handlers:
            caught = self.read(handler.type) if handler.type is not None else None
            if handler.name:
                self.bind(handler.name, How.EXCEPT, caught, handler.lineno)
            self._nested(handler.body)
        self._nested(node.orelse)
        self._nested(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        self.read(node.subject)
        subject = node.subject.id if isinstance(node.subject, ast.Name) else ""
        draft = self.scopes[self.current]
        for case in node.cases:
            last = case.body[-1].end_lineno or node.lineno
            for pattern in ast.walk(case.pattern):
                name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                if isinstance(pattern, ast.MatchClass):
                    cls = self.read(pattern.cls)
                    if subject and pattern is case.pattern:
                        draft.bindings.append(
                            Binding(
                                subject, How.ISINSTANCE, cls, case.pattern.lineno, -1, (), draft.depth, last
                            )
                        )
                elif (
                    isinstance(pattern, ast.MatchAs) and isinstance(pattern.pattern, ast.MatchClass) and name
                ):
                    self.bind(name, How.EXCEPT, self.quiet(pattern.pattern.cls), case.pattern.lineno)
                elif isinstance(pattern, (ast.MatchAs, ast.MatchStar, ast.MatchMapping)) and name:
                    self.bind(name, How.OTHER, None, case.pattern.lineno)
                elif isinstance(pattern, ast.MatchValue):
                    self.read(pattern.value)
            if case.guard is not None:
                self.read(case.guard)
            self._nested(case.body)

    # imports and declarations -------------------------------------------------------------------------

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self.bind(
                alias.asname or top, How.IMPORT, Import(alias.name if alias.asname else top), node.lineno
            )
            if "." in alias.name and not alias.asname:
                # `import a.b` binds `a`; the full name is kept so that `a.b` is known to be loaded
                self.bind(alias.name, How.IMPORT, Import(alias.name), node.lineno)

    def _import_from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            value = Import(node.module or "", alias.name, node.level)
            self.bind(alias.asname or alias.name, How.IMPORT, value, node.lineno)

    def _global(self, node: ast.Global) -> None:
        self.scopes[self.current].globals.extend(node.names)

    def _nonlocal(self, node: ast.Nonlocal) -> None:
        self.scopes[self.current].nonlocals.extend(node.names)


def _is_main_guard(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value == "__main__"
    )


def _is_stub(body: Sequence[ast.stmt]) -> bool:
    for statement in body:
        if isinstance(statement, ast.Pass):
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.Raise) and "NotImplemented" in ast.dump(statement):
            continue
        return False
    return True


def _names(value: ast.expr) -> list[str] | None:
    if isinstance(value, (ast.List, ast.Tuple)):
        names = [e.value for e in value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
        if len(names) == len(value.elts):
            return names
    return None
