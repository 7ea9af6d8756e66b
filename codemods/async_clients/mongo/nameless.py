"""A client of a module that has no name of its own gets one, for the function that makes it.

                                              @per_event_loop
                                              def mongo_client() -> AsyncMongoClient:
                                                  return AsyncMongoClient(URL)

db = MongoClient(URL).shop           ->       def db() -> AsyncDatabase:
                                                  return mongo_client().shop
"""

from __future__ import annotations

import ast

from ...analysis.link.program import CallKey
from ...analysis.syntax import FileSyntax
from ..making.beforehand import check_quick
from ..making.places import Place
from ..objects.client_object import Holder
from ..twin import NoTwinError, check_name
from .handles import WHAT, Handles

_NAME = "mongo_client"


def nameless_place(handles: Handles, call: CallKey) -> Place:
    """Raises `NoTwinError` for a client that is not made in the body of its module, for one of its names."""
    file = handles.world.syntax.file(call.path)
    made = file.call(handles.program.call(call).span)
    assert made is not None
    statement = file.statement(made)
    if statement not in file.tree.body or not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        raise NoTwinError(f"{WHAT} is not simply assigned ({call.path}:{made.lineno})")
    check_quick(handles.world, file, (*made.args, *made.keywords), WHAT)
    name = _name(handles, file, made)
    return Place(Holder(call.path, 0, name), file, made, statement, above=statement)


def _name(handles: Handles, file: FileSyntax, made: ast.Call) -> str:
    """`mongo_client`, and `mongo_client_2` for the next one of the module."""
    spans = sorted(
        handles.program.call(key).span for c in handles.all for key in c.made if key.path == file.path
    )
    calls = [file.call(span) for span in spans]
    several = [each for each in calls if each is not None and file.statement(each) in file.tree.body]
    number = several.index(made) + 1
    name = f"{_NAME}_{number}" if number > 1 else _NAME
    check_name(file, name)
    return name
