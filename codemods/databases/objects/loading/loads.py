"""What is put into the code so that relationships are there when they are read.

    db.get(User, id)          ->   await db.get(User, id, options=[selectinload(User.notes)])

    return note               ->   await db.refresh(note, ["owner"])
                                   return note

`get` gives what the session holds already as it is, whatever the options say; there it becomes a `select`,
which fills in what is missing and leaves everything else as it is:
https://docs.sqlalchemy.org/en/20/orm/session_api.html#sqlalchemy.orm.Session.get
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from ....analysis.flow.runs import region
from ....analysis.handed_over import Arguments
from ....analysis.link.kinds import Cls, Inst, Obj, Unknown
from ....analysis.link.program import Key
from ....analysis.scopes import names_of
from ....analysis.syntax import span_of
from ....analysis.view import View, Views
from ....model import ImportNeed, InsertStatements, Span
from ...draft import Draft
from ...words import SELECT, SELECTINLOAD, SQLMODEL_SELECT
from ..mapped.load_options import TO_ANY_DEPTH, with_option
from ..mapped.loaded import Loader, Steps
from ..mapped.relationships import Path, Relationships
from ..values.belonging import Belonging
from ..values.expired import Expired
from ..values.gone import Gone, is_deleted
from ..values.identity import Identity, asks_by_key
from ..values.newborn import is_handed
from ..values.origins import Origin
from .in_session import in_session
from .pending import Pending

_SEVERAL = frozenset(f"builtins.{name}" for name in ("list", "set", "frozenset", "tuple"))
"""What can be gone through twice."""


class LoadAbove(msgspec.Struct):
    """Relationships of what one name holds, loaded above a statement."""

    view: View
    statement: ast.stmt
    name: str
    session: str
    cls: Key
    is_many: bool
    is_guarded: bool
    """It may be None."""
    uses_exec: bool
    paths: list[Path] = msgspec.field(default_factory=list)
    may_be_there: bool = False
    """The code read it before, and reads the same again, whatever has changed since."""

    def add(self, path: Path, may_be_there: bool) -> None:
        self.may_be_there |= may_be_there
        if path[-1].to_any_depth or not any(known[: len(path)] == path for known in self.paths):
            self.paths = [known for known in self.paths if path[: len(known)] != known]
            self.paths.append(path)


class Loads:
    """Writes them down; `old`: for SQLAlchemy 1.4, which refreshes no relationships."""

    def __init__(
        self,
        views: Views,
        relationships: Relationships,
        expired: Expired,
        arguments: Arguments,
        draft: Draft,
        *,
        old: bool,
    ) -> None:
        self.views = views
        self.relationships = relationships
        self.expired = expired
        self.belonging = Belonging(views, arguments)
        self.draft = draft
        self.old = old
        self.gone = Gone(views, relationships)
        self.pending = Pending(views, relationships)

    # above a statement ------------------------------------------------------------------------------------

    def can_load(self, cls: Key, path: Path, *, many: bool) -> bool:
        """What lies deeper than one step takes a statement of its own, for one object with one key."""
        is_flat = len(path) == 1 and not path[0].to_any_depth
        return is_flat or (not many and self.relationships.primary_key(cls) is not None)

    def insert(self, load: LoadAbove) -> None:
        is_deep = any(len(path) > 1 or path[0].to_any_depth for path in load.paths)
        lines = self._selected(load) if is_deep else self._refreshed(load)
        one = "each" if load.is_many else load.name
        conditions = [f"{one} is not None"] if load.is_guarded and not load.is_many else []
        may_be_gone, is_foreign = self._may_be_gone(load), self._may_be_foreign(load)
        if may_be_gone and not (load.is_many or is_foreign):
            lines = self._unless_gone(load, lines, conditions)
        else:
            is_asked = may_be_gone or is_foreign
            lines = _when([*conditions, *([f"{one} in {load.session}"] if is_asked else [])], lines)
        if lines and load.is_many:
            lines = [f"for each in {load.name}:", *(f"    {line}" for line in lines)]
        if lines:
            code = self.draft.code("\n".join(lines))
            self.draft.awaited_above(load.view, load.statement, load.name)
            self.draft.edit(load.view, InsertStatements(span_of(load.statement), code))

    def _unless_gone(self, load: LoadAbove, lines: list[str], conditions: list[str]) -> list[str]:
        """What is gone still leads to what it has, some of which may be there and expired."""
        kept, line = self._kept(load)
        there = [f"{kept} is not None", f"{kept} in {load.session}"] if kept else []
        if is_deleted(load.view, load.statement, load.name, for_good=True):
            return _when(there, [line] if line else [])
        found = _when([*conditions, f"{load.name} in {load.session}"], lines)
        if line:
            asked = [*conditions, *there]
            found += [f"elif {' and '.join(asked)}:" if asked else "else:", f"    {line}"]
        return found

    def _kept(self, load: LoadAbove) -> tuple[str, str]:
        """What loads again what one that is gone leads to; by name, where that is one other object."""
        function = load.view.function(load.statement)
        if function is None:
            return "", ""
        is_flat = all(len(path) == 1 and not path[0].to_any_depth for path in load.paths)
        is_expired = self.expired.at(load.view, function, load.name, load.statement)
        if is_flat and not is_expired:
            return "", ""
        if is_flat and len(load.paths) == 1 and self.relationships.is_to_one(load.paths[0][0]):
            kept = f"{load.name}.{load.paths[0][0].name}"
            return kept, f"await {load.session}.refresh({kept})"
        read = [each for path in load.paths if (each := self._read_along(load.name, path))]
        if not read:
            return "", ""
        return "", in_session(load.view, load.statement, load.session, *read)

    def _read_along(self, one: str, path: Path, names: tuple[str, ...] = ("each", "one", "part")) -> str:
        """`[each.owner and each.owner.id for each in user.notes]`"""
        step, further = path[0], path[1:]
        value = f"{one}.{step.name}"
        several = self.relationships.holds_several(step)
        is_one = several is False
        if step.target is None or several is None or not (is_one or names):
            return ""
        inner, left = (value, names) if is_one else (names[0], names[1:])
        key = self.relationships.primary_key(step.target)
        deeper = self._read_along(inner, further, left) if further else key and f"{inner}.{key}"
        if not deeper:
            return ""
        return f"{value} and {deeper}" if is_one else f"[{deeper} for {inner} in {value}]"

    def _may_be_foreign(self, load: LoadAbove) -> bool:
        view, function = load.view, load.view.function(load.statement)
        return function is not None and self.belonging.may_be_foreign(
            view, function, load.statement, load.name
        )

    def _may_be_gone(self, load: LoadAbove) -> bool:
        """What is deleted keeps what it has, and loads nothing more: asked to, it would raise."""
        view, function, statement = load.view, load.view.function(load.statement), load.statement
        if function is None:
            return False
        is_gone = is_handed(view, function, statement, load.name, "delete", itself=True)
        return is_gone or self.gone.may_be(view, function, statement, frozenset({load.cls}))

    def _refreshed(self, load: LoadAbove) -> list[str]:
        one = "each" if load.is_many else load.name
        steps = [path[0] for path in load.paths]
        # of its own class, `refresh` gives an object that is there already as a commit left it: expired
        is_read = load.may_be_there or self.old or self._may_be_gone_unseen(load)
        pending, place = self.pending, (load.view, load.statement, load.name)
        is_read = is_read or any(s.target == s.owner or pending.may_be(*place, s) for s in steps)
        if not is_read:
            # of objects of several classes, which have relationships of one name
            wanted = ", ".join(f'"{name}"' for name in dict.fromkeys(step.name for step in steps))
            return [f"await {load.session}.refresh({one}, [{wanted}])"]
        read, own = (f"{one}.{step.name}" for step in steps), {one: one} if load.is_many else {}
        return [in_session(load.view, load.statement, load.session, *read, **own)]

    def _may_be_gone_unseen(self, load: LoadAbove) -> bool:
        view, function = load.view, load.view.function(load.statement)
        return function is not None and self.gone.may_be_unseen(view, function, load.statement, load.cls)

    def _selected(self, load: LoadAbove) -> list[str]:
        entity = self._named(load.view, load.statement, load.cls)
        key = self.relationships.primary_key(load.cls)
        options: list[str] = []
        for path in load.paths:
            options = with_option(options, self.option(load.view, load.statement, path))
        where = f"{entity}.{key} == {load.name}.{key}"
        unique = self.relationships.unique_rows(load.cls)
        if load.uses_exec:
            statement = f"{self.draft.slot(SQLMODEL_SELECT)}({entity}).where({where})"
            end = f"(await {load.session}.exec({statement}.options({', '.join(options)}))){unique}.one()"
        else:
            statement = f"{SELECT}({entity}).where({where}).options({', '.join(options)})"
            end = f"{self._rows(load.session, statement)}{unique}.one()"
        return [f"{load.name} = {end}"]

    def _rows(self, session: str, statement: str) -> str:
        if self.old:
            return f"(await {session}.execute({statement})).scalars()"
        return f"(await {session}.scalars({statement}))"

    def by_key(self, asked: Mapping[tuple[str, Span], tuple[Origin, Key]], identity: Identity) -> None:
        """What the session holds already, `get` gives as it is: a query loads what it lacks."""
        for (_, span), (origin, cls) in sorted(asked.items(), key=lambda item: item[0]):
            view, node = origin.view, origin.node
            is_by_key = node is not None and asks_by_key(view, node)
            if node is not None and is_by_key and identity.may_hold(view.owner(node), span, cls):
                self._by_select(view, node, cls)

    def _by_select(self, view: View, node: ast.Call, cls: Key) -> None:
        key = self.relationships.primary_key(cls)
        if key is None or node.keywords:
            what = view.in_a_line(node)
            text = f"{what} may give an object that is there already, without what is read later"
            self.draft.obstacle(view, node, text, "write it as select() by hand")
        else:
            self.draft.by_key[view.path, span_of(node)] = key

    # options ----------------------------------------------------------------------------------------------

    def option(
        self,
        view: View,
        near: ast.AST,
        path: Path,
        entity: str = "",
        known: Mapping[Steps, Loader] = MappingProxyType({}),
    ) -> str:
        """`selectinload(models.Post.owner)`, and `.selectinload(models.User.team)` behind it; what the query
        is `known` to load, in the same way."""
        steps = self.steps(view, near, path, entity)
        ways = [known.get(steps[: number + 1]) for number in range(len(steps))]
        first = ways[0].spelled if ways[0] is not None else SELECTINLOAD
        behind = [way.spelled if way is not None else "selectinload" for way in ways[1:]]
        depths = [TO_ANY_DEPTH if step.to_any_depth else "" for step in path]
        parts = zip((first, *behind), steps, depths, strict=True)
        return ".".join(f"{way}({step}{depth})" for way, step, depth in parts)

    def steps(self, view: View, near: ast.AST, path: Path, entity: str = "") -> tuple[str, ...]:
        """`models.Post.owner`, `models.User.team`: as they are spelled here, the first one as `entity`."""
        prefix = entity.rpartition(".")[0]
        names = [self._named(view, near, step.owner, prefix) for step in path]
        names[0] = entity or names[0]
        return tuple(f"{name}.{step.name}" for name, step in zip(names, path, strict=True))

    def _named(self, view: View, near: ast.AST, cls: Key, prefix: str = "") -> str:
        """The class as it is spelled here, or imported by its name."""
        name = view.program.scope(cls).name
        for spelled in (f"{prefix}.{name}" if prefix else name, name, f"models.{name}"):
            kinds = view.kinds_at(near, spelled)
            is_it = any(isinstance(kind, Cls) and kind.key == cls for kind in kinds)
            if is_it and _is_bound(view, near, spelled.partition(".")[0]):
                return spelled
        return self.draft.slot(ImportNeed(view.program.modules[cls.path].facts.module, name))


def _when(conditions: list[str], lines: list[str]) -> list[str]:
    if not conditions or not lines:
        return lines
    return [f"if {' and '.join(conditions)}:", *(f"    {line}" for line in lines)]


def _is_bound(view: View, near: ast.AST, name: str) -> bool:
    """An import further down in a function makes the name local to all of it, and unbound above."""
    statement = view.file.statement(near)
    for above in view.file.above(statement):
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if name in names_of(above).local:
                return name in region(above, statement, statement).bound_before
            statement = above
    return True


def are_several(view: View, node: ast.expr) -> bool | None:
    """Is it several objects, or one? None where that is not clear, and for rows."""
    kinds = view.kinds(node)
    is_one = any(isinstance(kind, Obj) for kind in kinds)
    several = [isinstance(kind, Inst) and kind.name in _SEVERAL and _is_of_objects(kind) for kind in kinds]
    if any(several):
        return True if all(several) else None
    return False if is_one else None


def _is_of_objects(several: Inst) -> bool:
    """And of nothing beside them, as `(user, 1)` is, and each of `[(user, 1), ..]`."""
    members = {each for part in several.args for each in part if not isinstance(each, Unknown)}
    return all(isinstance(each, Obj) for each in members)
