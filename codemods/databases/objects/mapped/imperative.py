"""Classes that are mapped by a call: what it says of their relationships in plain sight is followed.

registry.map_imperatively(Note, notes, properties={"owner": relationship(User)})

https://docs.sqlalchemy.org/en/20/orm/mapping_styles.html#imperative-mapping
"""

from __future__ import annotations

import ast

from ....analysis.link.libraries.relations import MAKERS
from ....analysis.syntax import last_name
from ....analysis.view import View
from ...draft import Draft

_MAPPERS = frozenset({"sqlalchemy.orm.mapper", "sqlalchemy.orm.classical_mapper"})


def check_imperative(view: View, draft: Draft) -> None:
    """What else may load when it is read is refused."""
    for call in (
        view.file.of_kind(ast.Call) if view.file.mentions("mapper") or view.file.mentions("map_imp") else ()
    ):
        if last_name(call.func) == "map_imperatively" or view.external(call.func) in _MAPPERS:
            if view.call_key(call) in view.inference.relations.imperative and _is_plain(call):
                continue
            text = f"{view.in_a_line(call.func)} maps a class whose relationships are not followed"
            draft.obstacle(view, call, text, "declare them in the class")


def _is_plain(call: ast.Call) -> bool:
    """All properties are written down here, and are relationships or columns of the table."""
    words = {keyword.arg: keyword.value for keyword in call.keywords}
    properties = words.get("properties", ast.Dict([], []))
    if None in words or not isinstance(properties, ast.Dict):
        return False
    return all(
        isinstance(name, ast.Constant)
        and (isinstance(value, (ast.Attribute, ast.Subscript)) or _is_relationship(value))
        for name, value in zip(properties.keys, properties.values, strict=True)
    )


def _is_relationship(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and last_name(value.func) in MAKERS
