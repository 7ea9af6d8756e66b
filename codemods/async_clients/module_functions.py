"""A function of a library that has an async one beside it -> the async one.

    litellm.completion(model=M, messages=m)         ->    await litellm.acompletion(model=M, messages=m)
    from litellm import completion                  ->    from litellm import acompletion
    for chunk in completion(..., stream=True):      ->    async for chunk in await acompletion(...):

The catalogue names the functions of which this was tried: `exact` in the table of a module.
"""

from __future__ import annotations

import ast

from ..analysis.syntax import span_of
from ..analysis.view import View, Views
from ..catalogue import CallForm, Catalogue
from ..catalogue.schema import Owner
from ..model import Code, ImportNeed, ReplaceCall, slot
from . import sdk, sdk_results
from .twin import Call, NoTwinError, TwinPlan, World

_BY_POSITION = 2
"""The model and what is sent to it come first in both; the order of the others is not the same."""


def is_known(catalogue: Catalogue, name: str) -> bool:
    """Is it a function of a module, with an async one that gives and raises the same?"""
    entry, owner = catalogue.find(name), _module(catalogue, name)
    return (
        entry is not None
        and entry.exact
        and entry.twin is not None
        and entry.call_form is CallForm.AWAIT
        and owner is not None
        and not (owner.is_class or owner.virtual)
    )


def twin(call: Call, views: Views) -> TwinPlan:
    """The plan for one call. Raises `NoTwinError`."""
    entry, owner = call.site.entry, _module(call.world.effects.program.catalogue, call.site.name)
    assert entry is not None
    assert entry.twin is not None
    assert owner is not None
    _check_callbacks(call.world, call.site.name)
    arguments = call.call.args
    if len(arguments) > _BY_POSITION or any(isinstance(each, ast.Starred) for each in arguments):
        raise NoTwinError("its async twin may take arguments in another order")
    sdk.check_tests(call.world, call.site.name)
    sdk.check_errors(call.world, owner)
    view, name = views.of(call.file.path), entry.twin.rpartition(".")[2]
    reading = sdk_results.result(call, views)
    span = span_of(call.call)
    edits = (ReplaceCall(span, _callee(view, call.call.func, entry.twin), awaited=True), *reading.edits)
    return TwinPlan(
        tuple((call.file.path, edit) for edit in edits),
        (span, *reading.places),
        f"await {name}(...)",
        notes=sdk.notes(owner),
    )


def _callee(view: View, func: ast.expr, twin: str) -> Code:
    """How the async function is spelled; what the project names itself, and gives on, has no twin there."""
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


def _module(catalogue: Catalogue, name: str) -> Owner | None:
    return catalogue.owner(name.rpartition(".")[0])


def _check_callbacks(world: World, name: str) -> None:
    """What a project registers with the library is called behind one of the two only: litellm calls plain
    functions of `success_callback` behind `completion`, and not behind `acompletion`.

    Raises `NoTwinError`.
    """
    library = name.partition(".")[0]
    for path in world.effects.program.modules:
        file = world.syntax.file(path)
        if file.mentions(library) and file.mentions("callback"):
            raise NoTwinError(f"{path} may have {library} call back")
