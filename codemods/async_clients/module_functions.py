"""A function of a library, or a method of its classes, that has an async one beside it -> the async one.

    litellm.completion(model=M, messages=m)         ->    await litellm.acompletion(model=M, messages=m)
    from litellm import completion                  ->    from litellm import acompletion
    for chunk in completion(..., stream=True):      ->    async for chunk in await acompletion(...):

    stripe.Customer.create(email=address)           ->    await stripe.Customer.create_async(email=address)
    intent.confirm(payment_method=card)             ->    await intent.confirm_async(payment_method=card)

The catalogue names those of which this was tried: `exact` in the table of a module, or of a class.
"""

from __future__ import annotations

import ast

from ..analysis.syntax import span_of
from ..analysis.view import View, Views
from ..catalogue import CallForm, Catalogue
from ..catalogue.schema import Owner
from ..model import Code, ImportNeed, ReplaceCall, slot
from . import sdk, sdk_results
from .twin import Call, NoTwinError, TwinPlan, check_settings

_BY_POSITION = 2
"""The model and what is sent to it come first in both; the order of the others is not the same."""


def beside(catalogue: Catalogue, name: str) -> Owner | None:
    """The table of a module, or of a class, that has an async form of the call which gives and raises the
    same."""
    entry = catalogue.find(name)
    if entry is None or not entry.exact or entry.twin is None or entry.call_form is not CallForm.AWAIT:
        return None
    owner = catalogue.owner(entry.name.rpartition(".")[0])
    if owner is None or not owner.is_class:
        return owner if owner is not None and not owner.virtual else None
    return owner if entry.twin.rpartition(".")[0] == owner.name else None


def twin(call: Call, views: Views) -> TwinPlan:
    """The plan for one call. Raises `NoTwinError`."""
    entry, owner = call.site.entry, beside(call.world.effects.program.catalogue, call.site.name)
    assert entry is not None
    assert entry.twin is not None
    assert owner is not None
    check_settings(call.world, owner)
    view, name = views.of(call.file.path), entry.twin.rpartition(".")[2]
    if owner.is_class:
        sdk.check_tests(call.world, call.site.name.rpartition(".")[0])
        callee = _method(view, call.call, name)
    else:
        sdk.check_tests(call.world, call.site.name)
        callee = _function(view, call.call, entry.twin)
    sdk.check_errors(call.world, owner)
    reading = sdk_results.result(call, views)
    span = span_of(call.call)
    edits = (ReplaceCall(span, callee, awaited=True), *reading.edits)
    return TwinPlan(
        tuple((call.file.path, edit) for edit in edits),
        (span, *reading.places),
        f"await {name}(...)",
        sdk.needs(owner),
        sdk.notes(owner),
    )


def _method(view: View, call: ast.Call, name: str) -> Code:
    """The same object has both, and both take the same."""
    if not isinstance(call.func, ast.Attribute) or len(view.callees(call)) != 1:
        raise NoTwinError("it is not called as a method of one class")
    return Code(f"{view.source(call.func.value)}.{name}")


def _function(view: View, call: ast.Call, twin: str) -> Code:
    """How the async function is spelled; what the project names itself, and gives on, has no twin there."""
    arguments, func = call.args, call.func
    if len(arguments) > _BY_POSITION or any(isinstance(each, ast.Starred) for each in arguments):
        raise NoTwinError("its async twin may take arguments in another order")
    library, _, name = twin.rpartition(".")
    if isinstance(func, ast.Attribute) and view.external(func.value) == library:
        return Code(f"{view.source(func.value)}.{name}")
    if isinstance(func, ast.Name) and any(_is_import(each, library, func.id) for each in view.file.tree.body):
        return Code(slot(0), (ImportNeed(library, name),))
    raise NoTwinError(f"it is not called as a function of {library}")


def _is_import(statement: ast.stmt, library: str, name: str) -> bool:
    """One that nothing guards: in a `try`, the library may be missing."""
    return (
        isinstance(statement, ast.ImportFrom)
        and statement.module == library
        and any((each.asname or each.name) == name for each in statement.names)
    )
