"""Functions of a library that have an async one beside them, as a file knows them.

helpers.bulk(client, documents)         ->    await helpers.async_bulk(client(), documents)
from litellm import completion          ->    from litellm import acompletion
"""

from __future__ import annotations

import ast

from ...analysis.view import View
from ...model import Code, ImportNeed, slot
from ..twin import NoTwinError

_BY_POSITION = 2
"""The model and what is sent to it, or a client and its documents, come first in both; the order of the
others is not the same."""


def spelled(view: View, call: ast.Call, twin: str) -> Code:
    """How the async function is written in the place of the one that is called. Raises `NoTwinError`."""
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
