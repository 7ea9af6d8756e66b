"""Places where relationships are read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from ....analysis.link.program import Key
from ....analysis.syntax import holds, last_name
from ....analysis.view import View
from ...draft import Draft
from ..mapped.relationships import Path, Relationships

_T = TypeVar("_T")
VALIDATORS = frozenset(
    {"model_validate", "validate", "from_orm", "parse_obj", "parse_obj_as", "validate_python"}
)


class Need(msgspec.Struct, frozen=True):
    """The relationships of `path` are read from the object (or objects) of `cls` that `node` gives."""

    view: View
    node: ast.expr
    statement: ast.stmt
    """Above it they can be loaded."""
    cls: Key
    path: Path
    is_sent: bool = False
    """A response model reads them, when the function is done."""
    by_any_name: str = ""
    """The code that may as well read any other relationship, as its name is computed."""
    by: ast.Call | None = None
    """What is that code, where it is a call of a library."""

    @property
    def spelled(self) -> str:
        return ".".join(step.name for step in self.path)

    @property
    def is_read_by_model(self) -> bool:
        """A model reads it, not the code itself: there is nothing that could be awaited."""
        above = self.view.file.parents[self.node]
        if isinstance(above, ast.Call):
            return self.node in above.args and last_name(above.func) in VALIDATORS
        return not isinstance(above, ast.Attribute)

    @property
    def is_endless(self) -> bool:
        return any(step.to_any_depth for step in self.path)

    @property
    def comes_again(self) -> bool:
        """`while node.parent:` reads it before every round."""
        return isinstance(self.statement, ast.While) and holds(self.statement.test, self.node)


def without_return(path: Path, relationships: Relationships) -> Iterator[Path]:
    """`threads.author.team` of a user is `threads`, and `team`: whose threads they are is there already."""
    way: Path = ()
    for step in path:
        if way and relationships.leads_back(step, way[-1]):
            yield way
            way = way[:-1]
        else:
            way = (*way, step)
    if way:
        yield way


def tell_unmet(needs: Iterable[Need], draft: Draft, is_idle: Callable[[Key], bool]) -> None:
    """What nothing can load keeps the database sync; in a function that nobody calls it is told."""
    for need in needs:
        function = need.view.owner(need.node)
        if not need.is_sent and is_idle(function):
            name = need.view.program.scope(function).qualname
            text = f"{name} reads {need.spelled}, and raises where that is not loaded; nothing here calls it"
            draft.note(need.view, need.view.function(need.node) or need.node, text)
        elif need.by_any_name:
            text = f"{need.by_any_name} may read {need.spelled}, which loads when it is read"
            hint = "read the attributes by their names" if need.by is None else "hand over what it needs"
            draft.obstacle(need.view, need.node, text, hint)
        else:
            text = f"the relationship {need.spelled} is loaded when it is read here"
            draft.obstacle(need.view, need.node, text, "load it with selectinload()")


def all_of(every: Iterable[list[_T] | None]) -> list[_T] | None:
    """What has to be done for each of them; None where one cannot be done."""
    found: list[_T] = []
    for ways in every:
        if ways is None:
            return None
        found += ways
    return found
