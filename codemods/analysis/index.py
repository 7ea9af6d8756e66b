"""One file's syntax tree -> `ModuleFacts`: a single walk that writes down names, definitions, calls and types."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from ..model import Span
from .expressions import SUBSCRIPT, ExpressionReader
from .syntax import span_of
from .facts import (
    AttributeBinding,
    Binding,
    CallSite,
    Expr,
    How,
    Implicit,
    Import,
    ModuleFacts,
    Opaque,
    Reference,
    Scope,
    ScopeKind,
    Use,
)

_DIRECTIVE = re.compile(r"#\s*async-fix:\s*(.+?)\s*$", re.MULTILINE)


def index(
    source: str, path: str, module: str, *, root: str = "", is_package: bool = False, is_test: bool = False
) -> ModuleFacts:
    """Raises `SyntaxError` where `ast` does (`ValueError` for NUL bytes, `RecursionError` and `MemoryError` for absurd nesting)."""
    tree = ast.parse(source)
    indexer = _Indexer()
    indexer.module(tree)
    return ModuleFacts(
        path=path,
        module=module,
        root=root,
        is_package=is_package,
        is_test=is_test,
        scopes=tuple(draft.freeze() for draft in indexer.scopes),
        calls=tuple(call for call in indexer.calls if call is not None),
        references=tuple(indexer.references),
        attributes=tuple(indexer.attributes),
        implicits=tuple(indexer.implicits),
        exports=indexer.exports,
        ignored_lines=_directives(source) if "async-fix" in source else (),
    )


def _directives(source: str) -> tuple[tuple[int, str], ...]:
    return tuple((source.count("\n", 0, match.start()) + 1, match.group(1)) for match in _DIRECTIVE.finditer(source))


class _Draft:
    """A scope while it is being read."""

    def __init__(self, kind: ScopeKind, name: str, qualname: str, parent: int, span: Span) -> None:
        self.kind = kind
        self.name = name
        self.qualname = qualname
        self.parent = parent
        self.span = span
        self.is_async = False
        self.has_yield = False
        self.is_stub = False
        self.decorators: tuple[Expr, ...] = ()
        self.parameters: tuple[object, ...] = ()
        self.returns: Expr | None = None
        self.bases: tuple[Expr, ...] = ()
        self.keywords: tuple[tuple[str, Expr], ...] = ()
        self.bindings: list[Binding] = []
        self.returned: list[Expr] = []
        self.yielded: list[Expr] = []
        self.globals: list[str] = []
        self.nonlocals: list[str] = []
        self.loops: list[tuple[int, int]] = []
        self.depth = 0
        self.main_guard = False

    def freeze(self) -> Scope:
        return Scope(
            self.kind,
            self.name,
            self.qualname,
            self.parent,
            self.span,
            self.is_async,
            self.has_yield,
            self.decorators,
            self.parameters,  # type: ignore[arg-type]  # Parameter objects; kept loose to avoid an import cycle
            self.returns,
            self.bases,
            self.keywords,
            tuple(self.bindings),
            tuple(self.returned),
            tuple(self.yielded),
            tuple(self.globals),
            tuple(self.nonlocals),
            self.is_stub,
            tuple(self.loops),
        )


class _Indexer(ExpressionReader):
    """Statements; expressions are read by `ExpressionReader`."""

    def __init__(self) -> None:
        self.scopes: list[_Draft] = []
        self.calls: list[CallSite | None] = []
        self.references: list[Reference] = []
        self.attributes: list[AttributeBinding] = []
        self.implicits: list[Implicit] = []
        self.exports: tuple[str, ...] | None = None
        self.current = 0
        self.statements = {
            ast.FunctionDef: self.function,
            ast.AsyncFunctionDef: self.function,
            ast.ClassDef: self.class_,
            ast.Assign: self.assign,
            ast.AnnAssign: self.annotated,
            ast.AugAssign: self.augmented,
            ast.Return: self.return_,
            ast.Expr: self.expression,
            ast.If: self.if_,
            ast.For: self.for_,
            ast.AsyncFor: self.for_,
            ast.While: self.while_,
            ast.With: self.with_,
            ast.AsyncWith: self.with_,
            ast.Try: self.try_,
            ast.Import: self.import_,
            ast.ImportFrom: self.import_from,
            ast.Global: self.global_,
            ast.Nonlocal: self.nonlocal_,
            ast.Delete: self.delete,
            ast.Match: self.match,
        }
        if hasattr(ast, "TryStar"):
            self.statements[ast.TryStar] = self.try_
        if hasattr(ast, "TypeAlias"):
            self.statements[ast.TypeAlias] = self.type_alias

    # scopes -------------------------------------------------------------------------------------------

    def open_scope(self, kind: ScopeKind, name: str, node: ast.AST) -> int:
        parent = self.scopes[self.current]
        outer = parent
        while outer.kind in (ScopeKind.COMPREHENSION, ScopeKind.GENERATOR):
            outer = self.scopes[outer.parent]
        if outer.kind is ScopeKind.MODULE:
            qualname = name
        elif outer.kind is ScopeKind.CLASS:
            qualname = f"{outer.qualname}.{name}"
        else:
            qualname = f"{outer.qualname}.<locals>.{name}"
        self.scopes.append(_Draft(kind, name, qualname, self.current, span_of(node)))
        return len(self.scopes) - 1

    def bind(self, name: str, how: How, value: Expr | Import | None, line: int, scope: int = -1) -> None:
        draft = self.scopes[self.current]
        draft.bindings.append(Binding(name, how, value, line, scope, (), draft.depth))

    def module(self, tree: ast.Module) -> None:
        self.scopes.append(_Draft(ScopeKind.MODULE, "<module>", "<module>", -1, Span(1, 0, 1, 0)))
        self.body(tree.body)

    def body(self, statements: Sequence[ast.stmt]) -> None:
        dispatch = self.statements
        for statement in statements:
            handler = dispatch.get(type(statement))
            if handler is not None:
                handler(statement)  # type: ignore[operator]
            else:
                for child in ast.iter_child_nodes(statement):
                    if isinstance(child, ast.expr):
                        self.read(child)

    def nested(self, statements: Sequence[ast.stmt]) -> None:
        draft = self.scopes[self.current]
        draft.depth += 1
        self.body(statements)
        draft.depth -= 1

    # definitions --------------------------------------------------------------------------------------

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = tuple(self.read(decorator, Use.DECORATOR) for decorator in node.decorator_list)
        parameters = self.parameters(node.args)
        returns = self.annotation(node.returns)
        number = self.open_scope(ScopeKind.FUNCTION, node.name, node)
        draft = self.scopes[number]
        draft.is_async = isinstance(node, ast.AsyncFunctionDef)
        draft.decorators = decorators
        draft.parameters = parameters
        draft.returns = returns
        draft.is_stub = _is_stub(node.body)
        self.bind(node.name, How.DEF, None, node.lineno, number)
        outer, self.current = self.current, number
        self.body(node.body)
        self.current = outer

    def class_(self, node: ast.ClassDef) -> None:
        decorators = tuple(self.read(decorator, Use.DECORATOR) for decorator in node.decorator_list)
        bases = tuple(self.read(base) for base in node.bases)
        keywords = tuple((keyword.arg or "", self.read(keyword.value)) for keyword in node.keywords)
        number = self.open_scope(ScopeKind.CLASS, node.name, node)
        draft = self.scopes[number]
        draft.decorators = decorators
        draft.bases = bases
        draft.keywords = keywords
        self.bind(node.name, How.CLASS, None, node.lineno, number)
        outer, self.current = self.current, number
        self.body(node.body)
        self.current = outer

    # bindings -----------------------------------------------------------------------------------------

    def assign(self, node: ast.Assign) -> None:
        value = self.read(node.value)
        for target in node.targets:
            self.target(target, How.ASSIGN, value, node.end_lineno or node.lineno)
        if self.current == 0 and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            self.exports = _names(node.value)

    def annotated(self, node: ast.AnnAssign) -> None:
        annotation = self.annotation(node.annotation)
        if node.value is not None:
            value = self.read(node.value)
            self.target(node.target, How.ASSIGN, value, node.end_lineno or node.lineno)
        self.target(node.target, How.ANNOTATION, annotation or Opaque(), node.lineno)

    def augmented(self, node: ast.AugAssign) -> None:
        value = self.read(node.value)
        self.target(node.target, How.AUGMENTED, value, node.lineno)
        if self.current == 0 and isinstance(node.target, ast.Name) and node.target.id == "__all__":
            self.exports = None

    def type_alias(self, node: ast.stmt) -> None:
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
            self.read(node.value)
            self.read(node.slice, Use.NONE, -1, SUBSCRIPT)

    def delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind(target.id, How.DELETE, None, node.lineno)
            else:
                self.read(target)

    # control flow -------------------------------------------------------------------------------------

    def return_(self, node: ast.Return) -> None:
        if node.value is not None:
            self.scopes[self.current].returned.append(self.read(node.value, Use.RETURNED))

    def expression(self, node: ast.Expr) -> None:
        self.read(node.value, Use.STATEMENT)

    def if_(self, node: ast.If) -> None:
        self.read(node.test)
        self._narrow(node.test)
        draft = self.scopes[self.current]
        if self.current == 0 and _is_main_guard(node.test):
            draft.main_guard = True
            self.nested(node.body)
            draft.main_guard = False
        else:
            self.nested(node.body)
        self.nested(node.orelse)

    def _narrow(self, test: ast.expr) -> None:
        for node in ast.walk(test):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "isinstance"
                and len(node.args) == 2
                and isinstance(node.args[0], ast.Name)
            ):
                self.bind(node.args[0].id, How.ISINSTANCE, self.quiet(node.args[1]), node.lineno)

    def while_(self, node: ast.While) -> None:
        self.scopes[self.current].loops.append((node.lineno, node.end_lineno or node.lineno))
        self.read(node.test)
        self.nested(node.body)
        self.nested(node.orelse)

    def for_(self, node: ast.For | ast.AsyncFor) -> None:
        is_async = isinstance(node, ast.AsyncFor)
        self.scopes[self.current].loops.append((node.lineno, node.end_lineno or node.lineno))
        iterable = self.read(node.iter, Use.ASYNC_ITERATED if is_async else Use.ITERATED)
        self.implicits.append(
            Implicit(self.current, span_of(node), "async for" if is_async else "for", iterable)
        )
        self.target(node.target, How.ASYNC_FOR if is_async else How.FOR, iterable, node.lineno)
        self.nested(node.body)
        self.nested(node.orelse)

    def with_(self, node: ast.With | ast.AsyncWith) -> None:
        is_async = isinstance(node, ast.AsyncWith)
        for item in node.items:
            value = self.read(item.context_expr, Use.ASYNC_WITH if is_async else Use.WITH)
            self.implicits.append(
                Implicit(self.current, span_of(item.context_expr), "async with" if is_async else "with", value)
            )
            if item.optional_vars is not None:
                self.target(item.optional_vars, How.ASYNC_WITH if is_async else How.WITH, value, node.lineno)
        self.nested(node.body)

    def try_(self, node: ast.Try) -> None:
        self.nested(node.body)
        for handler in node.handlers:
            caught = self.read(handler.type) if handler.type is not None else None
            if handler.name:
                self.bind(handler.name, How.EXCEPT, caught, handler.lineno)
            self.nested(handler.body)
        self.nested(node.orelse)
        self.nested(node.finalbody)

    def match(self, node: ast.Match) -> None:
        self.read(node.subject)
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                if isinstance(pattern, (ast.MatchAs, ast.MatchStar, ast.MatchMapping)) and isinstance(name, str):
                    self.bind(name, How.OTHER, None, node.lineno)
                elif isinstance(pattern, ast.MatchClass):
                    self.read(pattern.cls)
            if case.guard is not None:
                self.read(case.guard)
            self.nested(case.body)

    # imports and declarations -------------------------------------------------------------------------

    def import_(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname:
                self.bind(alias.asname, How.IMPORT, Import(alias.name), node.lineno)
            else:
                # `import a.b` binds `a`; the full name is kept so that `a.b` is known to be loaded
                self.bind(alias.name.partition(".")[0], How.IMPORT, Import(alias.name.partition(".")[0]), node.lineno)
                if "." in alias.name:
                    self.bind(alias.name, How.IMPORT, Import(alias.name), node.lineno)

    def import_from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.bind(
                alias.asname or alias.name,
                How.IMPORT,
                Import(node.module or "", alias.name, node.level),
                node.lineno,
            )

    def global_(self, node: ast.Global) -> None:
        self.scopes[self.current].globals.extend(node.names)

    def nonlocal_(self, node: ast.Nonlocal) -> None:
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


def _names(value: ast.expr) -> tuple[str, ...] | None:
    if isinstance(value, (ast.List, ast.Tuple)):
        names = [e.value for e in value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
        if len(names) == len(value.elts):
            return tuple(names)
    return None
