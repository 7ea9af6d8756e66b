"""Classes that are mapped by a call say nothing themselves of columns and relationships.

registry.map_imperatively(Note, notes, properties={"owner": relationship(User)})

https://docs.sqlalchemy.org/en/20/orm/mapping_styles.html#imperative-mapping
"""

from __future__ import annotations

import ast

from ...analysis.syntax import last_name
from ...analysis.view import View
from ..draft import Draft

_MAPPERS = frozenset({"sqlalchemy.orm.mapper", "sqlalchemy.orm.classical_mapper"})


def check_imperative(view: View, draft: Draft) -> None:
    """What is read of their objects, and may load when it is read, is not followed."""
    for call in (
        view.file.of_kind(ast.Call) if view.file.mentions("mapper") or view.file.mentions("map_imp") else ()
    ):
        if last_name(call.func) == "map_imperatively" or view.external(call.func) in _MAPPERS:
            text = f"{view.in_a_line(call.func)} maps a class whose relationships are not followed"
            draft.obstacle(view, call, text, "declare them in the class")
