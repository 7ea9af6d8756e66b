"""Proofs over names: whatever is read is bound, and above the place where it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...analysis.index.bindings import Binding
from ...analysis.index.expr import Attr, Expr, Name
from ...analysis.link import names
from ...analysis.link.program import FUNCTIONS, Key, Program
from .failure import Failure

_BOUND_BY_PYTHON = frozenset({"__file__", "__path__", "__class__", "__annotations__"})


def names_stay_bound(before: Program, after: Program, changed: Iterable[str]) -> Iterator[Failure]:
    """No name is read that nothing binds, unless that was so before."""
    for path in sorted(changed):
        old = set(_unbound(before, path)) if path in before.modules else set()
        for name, line in sorted(_unbound(after, path).items()):
            if name not in old:
                yield Failure("names stay bound", path, f"line {line}: {name} is bound nowhere")


def names_are_bound_before(before: Program, after: Program, changed: Iterable[str]) -> Iterator[Failure]:
    """No name is read above all that binds it in the same function or module, unless that was so before:
    an import further down makes a name local for the whole of a function."""
    paths = sorted(changed)
    # `note = db.query(note).first()` fails, and may be wrapped: then what is read stands below the name
    known = [path for path in paths if path in before.modules]
    old = {name for path in known for name in _too_early(before, path, of_its_own_line=True)}
    for path in paths:
        for name, line in sorted(_too_early(after, path).items()):
            if name not in old:
                text = f"line {line}: {name} is read above what binds it"
                yield Failure("names are bound before", path, text)


def _unbound(program: Program, path: str) -> Mapping[str, int]:
    if program.modules[path].star_imports:
        return {}
    found: dict[str, int] = {}
    for scope, name, line in _reads(program, path):
        if not _is_bound(program, scope, name):
            found.setdefault(name, line)
    return found


def _is_bound(program: Program, scope: Key, name: str) -> bool:
    by_python = names.is_builtin(name) or name in _BOUND_BY_PYTHON
    return by_python or names.lookup(program, scope, name) is not None


def _too_early(program: Program, path: str, *, of_its_own_line: bool = False) -> Mapping[str, int]:
    """Name -> line; also of what only the line that reads it binds, if that is asked for."""
    found: dict[str, int] = {}
    module = program.modules[path]
    for scope, name, line in _reads(program, path):
        home = module.home(scope.scope, name)
        if home is None or not home.is_own or home.position >= 0:
            continue
        own = module.facts.scopes[home.scope]
        # a module may mean the builtin of the same name until then
        if own.kind not in FUNCTIONS and (home.scope or names.is_builtin(name)):
            continue
        binding = [each for each in home.found if each.gives_value]
        around = [(first, last) for first, last in own.loops if first <= line <= last]
        if binding and not any(_may_have_run(each, line - of_its_own_line, around) for each in binding):
            found.setdefault(name, line)
    return found


def _may_have_run(binding: Binding, line: int, loops: Iterable[tuple[int, int]]) -> bool:
    return binding.line <= line or any(first <= binding.line <= last for first, last in loops)


def _reads(program: Program, path: str) -> Iterator[tuple[Key, str, int]]:
    """The names at the beginning of all that a file reads and calls, with scope and line."""
    facts = program.modules[path].facts
    uses: list[tuple[int, Expr, int]] = [(r.scope, r.expr, r.span.line) for r in facts.references]
    uses += [(c.scope, c.func, c.span.line) for c in facts.calls]
    for scope, expr, line in uses:
        while isinstance(expr, Attr):
            expr = expr.value
        if isinstance(expr, Name):
            yield Key(path, scope), expr.id, line
