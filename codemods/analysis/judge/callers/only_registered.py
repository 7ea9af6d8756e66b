"""What is looked up among the members of an object only to be handed to a router.

for name, method in inspect.getmembers(self):
    if hasattr(method, "__route__"):
        self.router.add_api_route(method.__route__, method)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...arguments import placed
from ...index.bindings import Binding, How
from ...index.expr import Attr, Call, Expr, Name
from ...index.facts import Reference
from ...link.module import Module
from ...link.program import CallKey, Program

_COPIES = ("list", "sorted", "tuple")
_STILL_ITSELF = ("__call__", "__func__", "__wrapped__")


Check = Callable[[str, Reference], bool]
"""Says whether what takes it in a place calls it as what it is, or does not call it."""


def is_only_registered(program: Program, lookup: CallKey, harmless: Check) -> bool:
    module, value = program.modules[lookup.path], Call(lookup.index)
    bound, handed = list(_bound(module, value)), list(_handed(module, value))
    return bool(bound or handed) and all(
        (
            *(is_only_handed_over(program, lookup.path, scope, each.name, harmless) for scope, each in bound),
            *(harmless(lookup.path, each) for each in handed),
        )
    )


def is_only_handed_over(program: Program, path: str, scope: int, name: str, harmless: Check) -> bool:
    """Does nobody call what has the name in that scope?"""
    module = program.modules[path]
    return (
        sum(each.gives_value for each in module.names[scope][name]) == 1
        and not any(_is_called(module, scope, Name(name)))
        and all(harmless(path, use) for use in _uses(module, scope, Name(name)))
    )


def _bound(module: Module, value: Call) -> Iterator[tuple[int, Binding]]:
    """`method = getattr(self, name)`, `for name, method in list(vars(cls).items())`"""
    calls = module.facts.calls
    values = {value, *(Call(n) for n, call in enumerate(calls) if _copies(call.func) and value in call.args)}
    for number, scope in enumerate(module.facts.scopes):
        for binding in scope.bindings:
            path = {How.ASSIGN: (), How.FOR: (1,)}.get(binding.how)
            if binding.value in values and binding.path == path:
                yield number, binding


def _handed(module: Module, value: Call) -> Iterator[Reference]:
    """`router.add_api_route(path, getattr(self, name))`; what copies it is bound."""
    for number, site in enumerate(module.facts.calls):
        for position, each in placed(site):
            if each == value and not _copies(site.func):
                yield Reference(site.scope, site.span, each, number, position)


def _copies(func: Expr) -> bool:
    return isinstance(func, Name) and func.id in _COPIES


def _is_called(module: Module, scope: int, name: Name) -> Iterator[bool]:
    for call in module.facts.calls:
        func = call.func
        if isinstance(func, Attr) and func.attr in _STILL_ITSELF:
            func = func.value
        yield func == name and _is_within(module, call.scope, scope)


def _uses(module: Module, scope: int, name: Name) -> Iterator[Reference]:
    """But for those that only ask whether there is one: `if method:`"""
    asked = {implicit.span for implicit in module.facts.implicits if implicit.kind == "bool"}
    for reference in module.facts.references:
        expr = reference.expr
        if isinstance(expr, Attr) and expr.attr in _STILL_ITSELF:
            expr = expr.value
        if expr == name and reference.span not in asked and _is_within(module, reference.scope, scope):
            yield reference


def _is_within(module: Module, scope: int, around: int) -> bool:
    while scope > around:
        scope = module.facts.scopes[scope].parent
    return scope == around
