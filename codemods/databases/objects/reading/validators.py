"""What validators of a model read of the object that it is made of.

@model_validator(mode="before")
def flatten(cls, note):
    return {"title": note.title, "owner": note.owner.name}      # reads Note.owner

https://docs.pydantic.dev/latest/concepts/validators/#model-validators
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.link.program import Key
from ....analysis.scopes import FUNCTIONS
from ....analysis.syntax import FunctionNode, last_name
from ..mapped.readers import Readers
from ..mapped.relationships import Path

_BEFORE = {"model_validator": ("mode", ("before", "wrap")), "root_validator": ("pre", (True,))}
"""What says that a validator is given the object itself."""


def read_by_validators(readers: Readers, model: Key, cls: Key) -> Iterator[Path]:
    views = readers.views
    for step in views.inference.classes.mro(model):
        view = views.of(step.path) if isinstance(step, Key) else None
        node = view.file.class_(view.program.scope(step).span) if view and isinstance(step, Key) else None
        for function in node.body if node is not None else ():
            if isinstance(function, FUNCTIONS) and view is not None and (name := _object(function)):
                yield from readers.of_name(cls, view, function, name)


def _object(function: FunctionNode) -> str:
    """The parameter that holds it; empty where the function is no such validator."""
    names = [each.arg for each in function.args.args]
    if not any(map(_is_before, function.decorator_list)):
        return ""
    is_static = any(last_name(each) == "staticmethod" for each in function.decorator_list)
    return next(iter(names if is_static else names[1:]), "")


def _is_before(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call) or (name := last_name(decorator.func)) not in _BEFORE:
        return False
    word, values = _BEFORE[name]
    given = [keyword.value for keyword in decorator.keywords if keyword.arg == word]
    return any(isinstance(each, ast.Constant) and each.value in values for each in given)
