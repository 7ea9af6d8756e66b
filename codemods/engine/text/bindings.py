"""What each name of a file is bound to, as far as an import needs to know it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from ...analysis.nodes import walk_once

FunctionNode = (ast.FunctionDef, ast.AsyncFunctionDef)
ImportNode = (ast.Import, ast.ImportFrom)

# FastAPI hands these on from Starlette: one thing under two paths
_RE_EXPORTED = {
    f"starlette.concurrency.{name}": f"fastapi.concurrency.{name}"
    for name in ("iterate_in_threadpool", "run_in_threadpool", "run_until_first_complete")
}


class Bound(msgspec.Struct, frozen=True):
    """One binding of a name: to the imported thing (its absolute dotted path), or to something else (None).

    `plain` is a top-level import statement outside `if`, `try` and the like.
    """

    meaning: str | None
    plain: bool = False


class Bindings(msgspec.Struct):
    """Every name bound in any scope of the file, and the dotted modules that `import a.b` brought in.

    Methods count for nothing: no function sees them by their name alone.
    """

    names: dict[str, list[Bound]] = msgspec.field(default_factory=lambda: defaultdict(list))
    dotted: list[str] = msgspec.field(default_factory=list)

    def means_only(self, name: str, meaning: str) -> bool:
        return all(bound.meaning == meaning for bound in self.names.get(name, ()))

    def plain_names(self, meaning: str) -> list[str]:
        """The names that a plain import gives to `meaning` and nothing else uses, in order of appearance."""
        return [
            name
            for name, found in self.names.items()
            if any(b.plain and b.meaning == meaning for b in found) and self.means_only(name, meaning)
        ]


def bindings(tree: ast.Module, module: str, is_package: bool) -> Bindings:
    found = Bindings()
    harmless = _harmless(tree)
    top = {id(statement) for statement in tree.body}
    methods = _methods(tree)
    for node in walk_once(tree):
        if isinstance(node, ImportNode):
            plain = id(node) in top
            for name, meaning in import_meanings(node, module, is_package):
                found.names[name].append(Bound(meaning if id(node) in harmless else None, plain))
            if plain and isinstance(node, ast.Import):
                found.dotted.extend(a.name for a in node.names if "." in a.name and not a.asname)
        elif id(node) not in methods:
            for name in _bound_by(node):
                found.names[name].append(Bound(None))
    return found


def _methods(tree: ast.Module) -> set[int]:
    classes = (node for node in walk_once(tree) if isinstance(node, ast.ClassDef))
    return {id(inner) for each in classes for inner in each.body if isinstance(inner, FunctionNode)}


def import_meanings(
    node: ast.Import | ast.ImportFrom, module: str, is_package: bool
) -> Iterator[tuple[str, str]]:
    """Each name that the statement binds, with the absolute dotted path it stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        return
    origin = absolute(node, module, is_package)
    for alias in node.names:
        if alias.name != "*":
            yield alias.asname or alias.name, member_path(origin, alias.name)


def member_path(module: str, name: str) -> str:
    path = f"{module}.{name}"
    return _RE_EXPORTED.get(path, path)


def absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    """The absolute module of a `from` import; with its dots when the importing module is not known."""
    written = node.module or ""
    if not node.level:
        return written
    package = module.split(".") if is_package else module.split(".")[:-1]
    kept = package[: len(package) - node.level + 1]
    if not module or len(kept) < 1:
        return "." * node.level + written
    return ".".join([*kept, written] if written else kept)


def is_imported_where_read(tree: ast.Module, name: str) -> bool:
    """Does each function that reads the name import it at its head, so that the module need not?"""
    reads = [node for node in walk_once(tree) if _may_read(node, name)]
    covered = {
        id(inner)
        for function in walk_once(tree)
        if isinstance(function, FunctionNode)
        and any((alias.asname or alias.name) == name for node in _at_head(function) for alias in node.names)
        for statement in function.body
        for inner in ast.walk(statement)
    }
    return bool(reads) and all(id(read) in covered for read in reads)


def _may_read(node: ast.AST, name: str) -> bool:
    """Texts count, which may be annotations."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "\n" not in node.value and name in node.value
    return isinstance(node, ast.Name) and node.id == name


def _harmless(tree: ast.Module) -> set[int]:
    """The imports that leave the same name bound elsewhere: of the module, and at the head of a function.

    An import further down in a function makes its name local to all of it, so a use above it would fail.
    """
    found = {id(node) for node in _outside_definitions(tree.body)}
    for function in walk_once(tree):
        if isinstance(function, FunctionNode):
            found.update(map(id, _at_head(function)))
    return found


def _at_head(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.Import | ast.ImportFrom]:
    has_docstring = ast.get_docstring(function, clean=False) is not None
    for statement in function.body[has_docstring:]:
        if not isinstance(statement, ImportNode):
            return
        yield statement


def _outside_definitions(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, (*FunctionNode, ast.ClassDef)):
            continue
        if isinstance(node, ImportNode):
            yield node
        pending.extend(ast.iter_child_nodes(node))


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.MatchMapping):
        if node.rest:
            yield node.rest
    elif isinstance(node, (*FunctionNode, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        if node.name:
            yield node.name
    elif type(node).__name__ in ("TypeVar", "ParamSpec", "TypeVarTuple"):
        yield str(getattr(node, "name", ""))
