"""What a call is given by `**`, where that is written out.

options = {"model": model}                      def complete(messages, **options):
if tools:                                           return client.chat.completions.create(
    options["tools"] = tools                            messages=messages, **options)
client.chat.completions.create(**options)       complete(messages, temperature=0)
"""

from __future__ import annotations

import ast

from ..analysis.nodes import walk
from .http.values.forwarded import forwarded
from .twin import Call


def keys_of_star(call: Call) -> frozenset[str]:
    """The names of the arguments. Raises `NoTwinError` where one may be another."""
    stars = [keyword.value for keyword in call.call.keywords if keyword.arg is None]
    keys = _written(call, stars[0]) if len(stars) == 1 else None
    return keys if keys is not None else frozenset(name for name, *_ in forwarded(call))


def _written(call: Call, star: ast.expr) -> frozenset[str] | None:
    """Those of a dict that the function makes, and has to itself."""
    scope = call.world.effects.program.scope(call.function)
    if not isinstance(star, ast.Name) or star.id in {parameter.name for parameter in scope.parameters}:
        return None
    found: set[str] = set()
    made = False
    for node in walk(call.node):
        if isinstance(node, ast.Name) and node.id == star.id and node is not star:
            above = call.file.parents[node]
            value = above.value if isinstance(above, (ast.Assign, ast.AnnAssign)) else None
            if isinstance(above, ast.Subscript) and isinstance(above.ctx, ast.Store):
                keys: list[ast.expr | None] = [above.slice]
            elif isinstance(value, ast.Dict):
                keys, made = [*value.keys], True
            else:
                return None
            words = {
                key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
            }
            if len(words) < len(keys):
                return None
            found |= words
    return frozenset(found) if made else None
