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
from ..model import Code, ReplaceCall
from . import sdk, sdk_results
from .rewriting.functions import spelled
from .twin import Call, NoTwinError, TwinPlan, check_settings


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
        callee = spelled(view, call.call, entry.twin)
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
