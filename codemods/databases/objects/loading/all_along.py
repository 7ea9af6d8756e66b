"""What the source loads with an object is as old in the sync code, when it is read, as in the async code."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ....analysis.link.program import Key
from ....analysis.view import View, Views
from ..mapped.loaded import loaded
from ..mapped.relationships import Path
from ..values.origins import Origin
from .loads import Loads


def entity(view: View, query: ast.Call, cls: Key) -> ast.expr | None:
    """What the query asks for, if that is objects of the class."""
    return next((each for each in query.args if view.classes_named(each) == [cls]), None)


def is_loaded_all_along(views: Views, loads: Loads, origins: Sequence[Origin], cls: Key, path: Path) -> bool:
    """By every query that the object may come from."""
    for origin in origins:
        view, query = origin.view, origin.node
        asked = entity(view, query, cls) if query is not None else None
        if query is None or asked is None:
            return False
        own = loaded(views, view, query).get(loads.steps(view, query, path, view.source(asked)))
        if own is None or not own.always:
            return False
    return bool(origins)
