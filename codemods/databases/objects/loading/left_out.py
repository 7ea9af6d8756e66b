"""What is encoded for the names of its columns alone: relationships that are loaded from now on are left out.

data = jsonable_encoder(user)          ->    data = jsonable_encoder(user, exclude={"posts"})
for field in data:
    if field in changes:
        setattr(user, field, changes[field])
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from ....analysis.link.program import Key
from ....analysis.nodes import target_of
from ....analysis.syntax import span_of
from ....analysis.view import View
from ....model import Argument, Code, ReplaceCall
from ...draft import Draft
from ...names import names_in
from ..mapped.relationships import Relationships

_ENCODER = "fastapi.encoders.jsonable_encoder"


def leaves_out(
    view: View,
    draft: Draft,
    relationships: Relationships,
    node: ast.expr,
    classes: Collection[Key],
    names: Collection[str],
) -> bool:
    """Can they be left out of what is encoded of `node`, with nothing else missing? Then they are."""
    call = view.file.parents[node]
    if not isinstance(call, ast.Call) or call.args != [node] or call.keywords:
        return False
    is_ours = all(
        name in relationships.of(cls) or _lacks(view, cls, name) for cls in classes for name in names
    )
    if view.external(call.func) != _ENCODER or not is_ours or not _is_asked_for_keys(view, call):
        return False
    said = ", ".join(f'"{name}"' for name in sorted(names))
    arguments = (Argument(0), Argument(code=Code(f"exclude={{{said}}}")))
    draft.edit(view, ReplaceCall(span_of(call), Code(view.source(call.func)), arguments))
    return True


def _lacks(view: View, cls: Key, name: str) -> bool:
    steps = (step for step in view.inference.classes.mro(cls) if isinstance(step, Key))
    return all(binding.name != name for step in steps for binding in view.program.scope(step).bindings)


def _is_asked_for_keys(view: View, call: ast.Call) -> bool:
    """`for field in data`, `if field in data`"""
    target, function = target_of(view.file.parents[call]), view.function(call)
    if not isinstance(target, ast.Name) or function is None:
        return False
    uses = [name for name in names_in(function, target.id) if name is not target]
    return bool(uses) and all(isinstance(use.ctx, ast.Load) and _asks(view, use) for use in uses)


def _asks(view: View, use: ast.Name) -> bool:
    above = view.file.parents[use]
    if isinstance(above, (ast.For, ast.comprehension)):
        return above.iter is use
    return (
        isinstance(above, ast.Compare)
        and above.comparators == [use]
        and isinstance(above.ops[0], (ast.In, ast.NotIn))
    )
