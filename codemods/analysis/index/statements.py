"""Statements of `ast` -> scopes, bindings and implicit calls; expressions are read by `ExpressionReader`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from ...model import Span
from ..nodes import bound_plainly
from ..syntax import span_of
from .bindings import AttributeBinding, Binding, How, Import, ScopeKind
from .drafts import Draft
from .expr import Const, Display, Expr, Opaque, Starred
from .expressions import SUBSCRIPT
from .facts import CallSite, Implicit, Reference, Store, Use
from .steering import FlowReader

_END_OF_FILE = 1 << 30


class StatementReader(FlowReader):
    """Reads one module; the lists hold what was found."""

    def __init__(self) -> None:
        self.scopes: list[Draft] = []
        self.calls: list[CallSite | None] = []
        self.references: list[Reference] = []
        self.attributes: list[AttributeBinding] = []
        self.implicits: list[Implicit] = []
        self.stores: list[Store] = []
        self.functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        self.exports: list[str] | None = None
        self.current = 0

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
        draft.bindings.append(Binding(name, how, value, line, scope, (), draft.depth, draft.block_end))

    def module(self, tree: ast.Module) -> None:
        self.scopes.append(Draft(ScopeKind.MODULE, "<module>", "<module>", -1, Span(1, 0, 1, 0)))
        self.scopes[0].block_end = _END_OF_FILE
        self.body(tree.body)

    def body(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            handler = _READERS.get(type(statement))
            if handler is not None:  # what is left holds nothing: `pass`, `break`, `continue`
                handler(self, statement)

    # definitions --------------------------------------------------------------------------------------

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.functions.append(node)
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
        # its own defaults still read what had the name before
        self.bind(node.name, How.DEF, None, node.end_lineno or node.lineno, number)
        outer, self.current = self.current, number
        self.body(node.body)
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
        self.bind(node.name, How.CLASS, None, node.end_lineno or node.lineno, number)
        outer, self.current = self.current, number
        self.body(node.body)
        self.current = outer

    def _type_parameters(self, node: ast.AST) -> tuple[tuple[str, Expr | None], ...]:
        parameters = getattr(node, "type_params", ())
        return tuple((p.name, self.annotation(getattr(p, "bound", None))) for p in parameters)

    # bindings -----------------------------------------------------------------------------------------

    def _assign(self, node: ast.Assign) -> None:
        value = self.read(node.value)
        for target in node.targets:
            self.target(target, How.ASSIGN, value, node.end_lineno or node.lineno)
        self._exported(node)

    def _annotated(self, node: ast.AnnAssign) -> None:
        annotation = self.annotation(node.annotation)
        if node.value is not None:
            value = self.read(node.value)
            self.target(node.target, How.ASSIGN, value, node.end_lineno or node.lineno)
            self._exported(node)
        self.target(node.target, How.ANNOTATION, annotation or Opaque(), node.lineno)

    def _exported(self, node: ast.Assign | ast.AnnAssign) -> None:
        for target, value in bound_plainly(node) if self.current == 0 else ():
            if isinstance(target, ast.Name) and target.id == "__all__":
                self.exports = _names(value)

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
            draft.bindings.append(Binding(node.id, how, value, line, -1, path, draft.depth, draft.block_end))
        elif isinstance(node, ast.Attribute):
            owner = self.read(node.value)
            value = value if not path else None
            self.attributes.append(
                AttributeBinding(self.current, owner, node.attr, how, value, line, span_of(node))
            )
        elif isinstance(node, (ast.Tuple, ast.List)):
            if value is not None and how is How.ASSIGN and not path:
                self.iterated_by(node, value)
            if how is How.ASSIGN and not path and _match_up(node, value):
                for element, part in zip(node.elts, value.items, strict=True):  # type: ignore[union-attr]
                    self.target(element, how, part, line)
                return
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
            elif isinstance(target, ast.Attribute):
                owner, name = self.read(target.value), Const("str", target.attr)
                self.implicits.append(Implicit(self.current, span_of(target), "delattr", owner, name))
            else:
                self.read(target)

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


_READERS: dict[type[ast.AST], Callable[[StatementReader, Any], None]] = {
    ast.FunctionDef: StatementReader._function,
    ast.AsyncFunctionDef: StatementReader._function,
    ast.ClassDef: StatementReader._class,
    ast.Assign: StatementReader._assign,
    ast.AnnAssign: StatementReader._annotated,
    ast.AugAssign: StatementReader._augmented,
    ast.Return: StatementReader.return_,
    ast.Expr: StatementReader.expression_,
    ast.If: StatementReader.if_,
    ast.Assert: StatementReader.assert_,
    ast.Raise: StatementReader.raise_,
    ast.For: StatementReader.for_,
    ast.AsyncFor: StatementReader.for_,
    ast.While: StatementReader.while_,
    ast.With: StatementReader.with_,
    ast.AsyncWith: StatementReader.with_,
    ast.Try: StatementReader.try_,
    ast.Import: StatementReader._import,
    ast.ImportFrom: StatementReader._import_from,
    ast.Global: StatementReader._global,
    ast.Nonlocal: StatementReader._nonlocal,
    ast.Delete: StatementReader._delete,
    ast.Match: StatementReader.match_,
}
"""Methods of the class: with its own bound ones, a reader would keep itself and its tree alive."""
for _name, _read in (("TryStar", StatementReader.try_), ("TypeAlias", StatementReader._type_alias)):
    if hasattr(ast, _name):
        _READERS[getattr(ast, _name)] = _read


def _match_up(targets: ast.Tuple | ast.List, value: Expr | Import | None) -> bool:
    """`a, self.b = first, second`"""
    return (
        isinstance(value, Display)
        and len(value.items) == len(targets.elts)
        and not any(isinstance(each, Starred) for each in value.items)
        and not any(isinstance(each, ast.Starred) for each in targets.elts)
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
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        left, right = _names(value.left), _names(value.right)
        return None if left is None or right is None else left + right
    if isinstance(value, (ast.List, ast.Tuple)):
        names = [e.value for e in value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
        if len(names) == len(value.elts):
            return names
    return None
