"""A datetime comes out of the queue with the offset of its zone, and without the zone itself.

start = booking.start.astimezone(ZoneInfo("Europe/Berlin"))
remind(user.email, f"{start:%H:%M %Z}")                       05:00 CEST; of what arrived, 05:00 +02:00
"""

from __future__ import annotations

import ast

from ...analysis.nodes import walk
from ...analysis.syntax import last_name
from ...model import Code
from .types import Types
from .values import type_names

_ZONES = frozenset({"ZoneInfo", "tzinfo"})
_DEPTH = 4
LOSS = "would arrive with the offset of its zone, and without the zone"
HINT = "hand on the text that is made of it, or the zone beside it"


def loses_zone(types: Types, value: ast.expr, sent: Code) -> bool:
    return "datetime" in (type_names(sent) or ()) and _has_zone(types, value, _DEPTH)


def _has_zone(types: Types, value: ast.expr, depth: int) -> bool:
    nodes = list(walk(value))
    if any(isinstance(node, (ast.Name, ast.Attribute, ast.Call)) and _is_zone(types, node) for node in nodes):
        return True
    names = {node.id for node in nodes if isinstance(node, ast.Name)} if depth else ()
    return any(_has_zone(types, source, depth - 1) for name in names for source in types.sources(name))


def _is_zone(types: Types, node: ast.expr) -> bool:
    code = types.of(node) if last_name(node).lower() != "utc" else None
    return code is not None and not _ZONES.isdisjoint(type_names(code) or ())
