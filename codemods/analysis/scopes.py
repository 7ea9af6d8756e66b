"""Which names a function owns, and which names an inner scope takes from the scopes around it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec

from .nodes import children, walk
from .syntax import FunctionNode

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFERRED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Names(msgspec.Struct):
    """The names of one scope; comprehensions count as part of the scope they stand in."""

    bound: set[str] = msgspec.field(default_factory=set)
    read: set[str] = msgspec.field(default_factory=set)
    free: set[str] = msgspec.field(default_factory=set)
    """What its inner functions, lambdas and classes take from outside themselves."""
    global_: set[str] = msgspec.field(default_factory=set)
    nonlocal_: set[str] = msgspec.field(default_factory=set)
    inner_nonlocal: set[str] = msgspec.field(default_factory=set)

    @property
    def local(self) -> set[str]:
        return self.bound - self.global_ - self.nonlocal_

    @property
    def missing(self) -> set[str]:
        """What the scope takes from around it."""
        return ((self.read | self.bound | self.free) - self.local) - self.global_


def local_names(function: FunctionNode) -> frozenset[str]:
    """The names that are local to `function`, its parameters included."""
    return frozenset(names_of(function).local)


def names_of(node: ast.AST) -> Names:
    """The names of the scope that `node` (a function, lambda, class or comprehension) opens."""
    names = Names()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        names.bound.update(parameter_names(node.args))
        _read_all(node.body, names)
    elif isinstance(node, ast.Lambda):
        names.bound.update(parameter_names(node.args))
        _read_all([node.body], names)
    elif isinstance(node, ast.ClassDef):
        _read_all(node.body, names)
    else:
        _read_all([node], names)
    return names


def names_in(nodes: Iterable[ast.AST]) -> Names:
    """The names of some nodes of one scope."""
    names = Names()
    _read_all(nodes, names)
    return names


def free_names(node: ast.AST) -> set[str]:
    """What the body of an inner scope reads or rebinds of the scopes around it."""
    names = names_of(node)
    if isinstance(node, ast.ClassDef):
        # methods do not see the names of the class body
        return (names.read - names.bound - names.global_) | names.free | names.nonlocal_
    return names.missing


def parameter_names(arguments: ast.arguments) -> list[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [argument.arg for argument in every]


def is_annotated(function: FunctionNode) -> bool:
    """Type checkers look into functions with annotations, some of them into no others."""
    arguments = (node for node in walk(function.args) if isinstance(node, ast.arg))
    return function.returns is not None or any(each.annotation is not None for each in arguments)


def around(node: ast.AST) -> Iterator[ast.expr]:
    """The parts of a function, lambda or class that run where it is defined: decorators, defaults, bases."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield from node.decorator_list
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        yield from node.args.defaults
        yield from (default for default in node.args.kw_defaults if default is not None)
    if isinstance(node, ast.ClassDef):
        yield from node.bases
        yield from (keyword.value for keyword in node.keywords)


def frame_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes below `node` (and itself) that run in its frame: not the bodies of inner functions and
    generators."""
    found: list[ast.AST] = []
    pending = [node]
    while pending:
        node = pending.pop()
        found.append(node)
        if type(node) in _PARTLY_ELSEWHERE:
            pending.extend(reversed(_parts_in_frame(node)))
        else:
            pending.extend(reversed(children(node)))
    return found


_PARTLY_ELSEWHERE = frozenset({*DEFERRED, ast.GeneratorExp, ast.AnnAssign})


def _parts_in_frame(node: ast.AST) -> Sequence[ast.AST]:
    if isinstance(node, ast.GeneratorExp):
        return [node.generators[0].iter]
    if isinstance(node, ast.AnnAssign):
        return [part for part in (node.target, node.value) if part is not None]
    return list(around(node))


@lru_cache(maxsize=1024)
def own_nodes(function: FunctionNode) -> tuple[ast.AST, ...]:
    """The nodes that run in the frame of `function`."""
    return tuple(node for statement in function.body for node in frame_nodes(statement))


def target_names(target: ast.AST) -> set[str]:
    return {
        node.id for node in walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _read_all(nodes: Iterable[ast.AST], names: Names) -> None:
    """In no order: what is found is kept in sets."""
    pending = [*nodes]
    for node in pending:
        kind = type(node)
        if kind is ast.Name:
            (names.read if isinstance(node.ctx, ast.Load) else names.bound).add(node.id)  # type: ignore[attr-defined]
        elif kind in _ELSEWHERE:
            _read_inner(node, names)
        else:
            if kind in _BINDING:
                _read_binding(node, names)
            pending += children(node)


_ELSEWHERE = frozenset({*DEFERRED, *COMPREHENSIONS})
_BINDING = frozenset(
    {
        *(ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom, ast.AugAssign),
        *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping),
    }
)


def _read_inner(node: ast.AST, names: Names) -> None:
    if isinstance(node, COMPREHENSIONS):
        _read_comprehension(node, names)
        return
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        names.bound.add(node.name)
    _read_all(around(node), names)
    inner = names_of(node)
    names.free.update(free_names(node))
    names.inner_nonlocal.update(inner.nonlocal_ | (inner.inner_nonlocal - inner.local))


def _read_comprehension(node: Comprehension, names: Names) -> None:
    inner = Names()
    targets = {name for generator in node.generators for name in target_names(generator.target)}
    _read_all([node.generators[0].iter], names)
    for position, generator in enumerate(node.generators):
        _read_all([generator.target, *generator.ifs, *([generator.iter] if position else [])], inner)
    _read_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt], inner)
    names.read.update(inner.read - targets)
    names.free.update(inner.free - targets)
    names.bound.update(inner.bound - targets)
    names.inner_nonlocal.update(inner.inner_nonlocal - targets)


def _read_binding(node: ast.AST, names: Names) -> None:
    """The nodes that say something of a name without an `ast.Name`."""
    if isinstance(node, ast.Global):
        names.global_.update(node.names)
    elif isinstance(node, ast.Nonlocal):
        names.nonlocal_.update(node.names)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        names.bound.update(imported_name(alias) for alias in node.names)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        names.bound.add(node.name)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        names.bound.add(node.rest)
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        names.read.add(node.target.id)


def imported_name(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]
