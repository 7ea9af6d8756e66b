"""What stands in for a dependency: FastAPI calls it as it is, a plain function, a coroutine or a generator.

app.dependency_overrides[get_db] = fake_db
monkeypatch.setitem(app.dependency_overrides, get_db, fake_db)
with patch.dict(app.dependency_overrides, {get_db: fake_db}): ...

https://fastapi.tiangolo.com/advanced/testing-dependencies/
"""

from __future__ import annotations

from collections.abc import Iterator

from ...index.expr import Attr, DictDisplay, Expr
from ...index.facts import CallSite, Reference
from ...link.program import Program

_OVERRIDES = "dependency_overrides"
_SETTERS = ("setitem", "delitem")
_UPDATERS = ("update", "dict")


def is_override(program: Program, path: str, reference: Reference) -> bool:
    """Is it read to be overridden, or to stand in for what is?"""
    module = program.modules[path]
    if reference.call >= 0:
        return _sets(module.facts.calls[reference.call], reference.position)
    expr, line = reference.expr, reference.span.line
    for number in module.calls_by_scope.get(reference.scope, ()):
        call = module.facts.calls[number]
        if call.span.contains(reference.span) and _updates(call, expr):
            return True
    for store in module.facts.stores:
        if (store.scope, store.line) == (reference.scope, line) and store.value == expr:
            return _is_overrides(store.target)
    return any(
        binding.attr == _OVERRIDES and binding.scope == reference.scope and _has(binding.value, expr)
        for binding in module.facts.attributes
    )


def overrides(program: Program, path: str) -> Iterator[tuple[int, Expr, Expr, int]]:
    """Scope, provider, what takes its place, and line, of all that are overridden in a file."""
    facts = program.modules[path].facts
    for store in facts.stores:
        if _is_overrides(store.target):
            yield store.scope, store.key, store.value, store.line
    displays = [(b.scope, b.value, b.line) for b in facts.attributes if b.attr == _OVERRIDES]
    for call in facts.calls:
        if not isinstance(call.func, Attr):
            continue
        is_ours = any(map(_is_overrides, (call.func.value, *call.args[:1])))
        if is_ours and call.func.attr == "setitem" and len(call.args) == 3:
            yield call.scope, call.args[1], call.args[2], call.span.line
        elif is_ours and call.func.attr in _UPDATERS:
            displays += [(call.scope, argument, call.span.line) for argument in call.args]
    for scope, display, line in displays:
        if isinstance(display, DictDisplay):
            for provider, value in zip(display.keys, display.values, strict=True):
                yield scope, provider, value, line


def _sets(call: CallSite, position: int | str) -> bool:
    """`setitem(app.dependency_overrides, get_db, fake_db)`, `app.dependency_overrides.pop(get_db)`"""
    if not isinstance(call.func, Attr):
        return False
    if _is_overrides(call.func.value):
        return position == 0
    return call.func.attr in _SETTERS and any(map(_is_overrides, call.args[:1]))


def _updates(call: CallSite, expr: Expr) -> bool:
    """`app.dependency_overrides.update({get_db: fake_db})`, `patch.dict(app.dependency_overrides, {..})`"""
    if not isinstance(call.func, Attr) or call.func.attr not in _UPDATERS:
        return False
    is_ours = any(map(_is_overrides, (call.func.value, *call.args[:1])))
    return is_ours and any(_has(argument, expr) for argument in call.args)


def _is_overrides(expr: Expr | None) -> bool:
    return isinstance(expr, Attr) and expr.attr == _OVERRIDES


def _has(display: Expr | None, expr: Expr) -> bool:
    return isinstance(display, DictDisplay) and expr in (*display.keys, *display.values)


def is_marked(program: Program, path: str, reference: Reference) -> bool:
    """`view.__name__ = name`: an attribute of it is set."""
    attributes = program.modules[path].attributes_by_scope.get(reference.scope, ())
    return any(each.target == reference.expr and each.line == reference.span.line for each in attributes)
