"""Where one query serves many classes, a relationship loads together with its owner from now on.

    return db.query(self.model).all()      # no class has the attribute for all: no option can name it

    owner = relationship(back_populates="notes")
->  owner = relationship(back_populates="notes", lazy="selectin")

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from msgspec.structs import replace

from ....analysis.link.kinds import Inst, Kinds, Obj
from ....analysis.link.program import Key
from ....analysis.nodes import given_to, walk
from ....analysis.syntax import FunctionNode, span_of
from ....analysis.view import View, Views
from ....model import ReplaceExpression, Span
from ...draft import Draft
from ...words import SESSIONS
from ..mapped.relationships import Path, Relationship, Relationships, is_in_circle
from ..values.identity import Identity, asks_by_key
from ..values.origins import Origin
from .changes import Changes

_LAZY = 'lazy="selectin"'
_KWARGS = "sa_relationship_kwargs"
_OF_SQLMODEL = "sqlmodel.Relationship"
_MAKERS = ("sqlalchemy.orm.relationship", _OF_SQLMODEL)


class Eager:
    def __init__(
        self,
        views: Views,
        relationships: Relationships,
        identity: Identity,
        changes: Changes,
        draft: Draft,
    ) -> None:
        self.views = views
        self.relationships = relationships
        self.identity = identity
        self.changes = changes
        self.draft = draft
        self.marked: set[Relationship] = set()
        self.reader: Key | None = None
        """Whose reads are asked about."""

    def is_early(self, path: Path) -> bool:
        """May what is loaded with an object change before it is read?"""
        return self.reader is None or self.changes.may_precede(self.reader, path)

    def of_query(self, origin: Origin, cls: Key, path: Path) -> Callable[[], None] | None:
        """The query asks for one of several classes, and says nothing about what it loads."""
        view, node = origin.view, origin.node
        if node is None or not any(cls in view.classes_named(argument) for argument in node.args):
            return None
        if asks_by_key(view, node) and self.identity.may_hold(view.owner(node), span_of(node), cls):
            return None  # what the session holds already is given as it is
        if self.is_early(path):
            return None
        if any(getattr(each, "attr", "") == "options" for each in walk(view.file.statement(node))):
            return None
        return self._mark(path)

    def of_refreshed(
        self, view: View, statement: ast.stmt, name: str, path: Path
    ) -> Callable[[], None] | None:
        """`db.refresh(note)` right above loads what loads by itself."""
        return self._mark(path) if is_refreshed_above(view, statement, name) else None

    def _mark(self, path: Path) -> Callable[[], None] | None:
        wanted = [step for step in path if step.loads_when_read]
        if not all(map(self._can_say_so, wanted)) or not self._ends({*self.marked, *wanted}):
            return None

        def act() -> None:
            self.marked.update(wanted)
            self.identity.loaded.update(wanted)

        return act

    def _can_say_so(self, relationship: Relationship) -> bool:
        made = self.relationships.made(relationship)
        if made is None or relationship.target is None or relationship.is_query:
            return False
        view, call = made
        own = {keyword.arg: keyword.value for keyword in call.keywords}
        is_free = own.keys().isdisjoint({"lazy", "sa_relationship", None})
        return view.external(call.func) in _MAKERS and is_free and _is_open(own.get(_KWARGS))

    def _ends(self, marked: set[Relationship]) -> bool:
        """Does none lead back to its owner? There SQLAlchemy stops to load, and leaves the rest lazy."""
        classes = self.relationships.mapped.classes
        every = [
            replace(step, owner=cls)
            for cls in classes
            for step in self.relationships.of(cls).values()
            if step.is_eager or step in marked
        ]
        return not any(is_in_circle(step, every) for step in marked)

    def finish(self) -> None:
        for step in sorted(self.marked, key=lambda each: (each.owner, each.name)):
            made = self.relationships.made(step)
            assert made is not None
            view, call = made
            place, text = _place(view, call)
            margin = "\n" + " " * view.file.statement(call).col_offset
            text = view.spliced(span_of(call), [(place, text)]).replace(margin, "\n")
            self.draft.edit(view, ReplaceExpression(span_of(call), self.draft.code(text)))
            owner = view.program.scope(step.owner).name
            text = f"every query for {owner} loads its {step.name} as well: one method asks for many classes"
            self.draft.note(view, call, text)


def serves_others(
    relationships: Relationships,
    view: View,
    function: FunctionNode,
    node: ast.Name,
    path: Path,
    *,
    is_behind: bool,
) -> bool:
    """Does the function give objects of several classes, by what it promises or else by what it returns? To
    load the relationship of each would raise. Not `is_behind`: the code there may know which it has."""
    given = _held_in(view.kinds(node))
    above = view.file.parents[node]
    if is_behind:
        if gives_any(view, function):
            return True
        words = walk(function.returns) if function.returns is not None else ()
        given = {key for word in words for key in view.classes_named(word)} or given
    elif isinstance(above, ast.Attribute) and above.attr == path[0].name:
        return False
    return not all(relationships.may_have(key, path[0]) for key in given)


def _held_in(kinds: Kinds) -> set[Key]:
    """The classes of the objects, those in a list too."""
    inside = (_held_in(each) for kind in kinds if isinstance(kind, Inst) for each in kind.args)
    return {kind.key for kind in kinds if isinstance(kind, Obj)}.union(*inside)


def is_refreshed_above(view: View, statement: ast.stmt, name: str) -> bool:
    """Is it loaded right above, with all that loads by itself? `db.refresh(note)`"""
    block = view.block(statement)
    above = block[block.index(statement) - 1] if block.index(statement) else None
    call = above.value if isinstance(above, ast.Expr) else None
    if not isinstance(call, ast.Call) or call.keywords or [ast.unparse(a) for a in call.args] != [name]:
        return False
    member = view.member(call)
    return member is not None and member.owner in SESSIONS and member.attr == "refresh"


def gives_any(view: View, function: FunctionNode) -> bool:
    """Does it promise a type variable: `def get(self, id: int) -> T | None`?"""
    is_variable = view.inference.annotations.is_type_variable
    words = walk(function.returns) if function.returns is not None else ()
    return any(isinstance(word, ast.Name) and is_variable(view.owner(function), word.id) for word in words)


def _is_open(kwargs: ast.expr | None) -> bool:
    """May `lazy` be added to what SQLModel hands on?"""
    if kwargs is None or not isinstance(kwargs, ast.Dict):
        return kwargs is None
    return all(isinstance(key, ast.Constant) and key.value != "lazy" for key in kwargs.keys)


def _place(view: View, call: ast.Call) -> tuple[Span, str]:
    """Where the argument is put, and what is put there."""
    if view.external(call.func) == _OF_SQLMODEL:
        own = next((k.value for k in call.keywords if k.arg == _KWARGS), None)
        if isinstance(own, ast.Dict):
            more = ", " if own.keys else ""
            return Span(
                own.lineno, own.col_offset + 1, own.lineno, own.col_offset + 1
            ), f'"lazy": "selectin"{more}'
        return _behind(view, call, f'{_KWARGS}={{"lazy": "selectin"}}')
    return _behind(view, call, _LAZY)


def _behind(view: View, call: ast.Call, text: str) -> tuple[Span, str]:
    given: list[ast.AST] = [*given_to(call)]
    if not given:
        end = span_of(call)
        return Span(end.end_line, end.end_col - 1, end.end_line, end.end_col - 1), text
    last = max(given, key=lambda each: (span_of(each).end_line, span_of(each).end_col))
    end, line = span_of(last), view.file.line(span_of(last).line)
    starts = [span_of(each).line for each in given]
    is_alone = end.line > call.lineno and line.startswith(tuple(k.arg or "*" for k in call.keywords))
    is_alone = is_alone and starts.count(span_of(last).line) == 1
    margin = "\n" + " " * _margin(view, end.line) if is_alone else " "
    return Span(end.end_line, end.end_col, end.end_line, end.end_col), f",{margin}{text}"


def _margin(view: View, number: int) -> int:
    line = view.file.text.split("\n")[number - 1]
    return len(line) - len(line.lstrip())
