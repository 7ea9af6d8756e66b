"""Relationships that are read are loaded before: by the query that feeds them, or by the session right above.

    posts = db.query(Post).all()             ->    posts = (await db.scalars(
    return posts   # PostOut has an owner              select(Post).options(selectinload(Post.owner)))).all()

https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#select-in-loading
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from msgspec.structs import replace

from ....analysis.handed_over import Arguments
from ....analysis.judge.callers.callers import Callers
from ....analysis.link.names import Parameter, lookup
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.presence import is_present
from ....analysis.syntax import FunctionNode, span_of
from ....analysis.view import View, Views
from ....model import Span
from ...draft import Draft
from ...injected import injected
from ...spelling import Spelled, session_of_class, session_with
from ...words import SQLMODEL_SESSION
from ..mapped.backrefs import Backrefs
from ..mapped.load_options import with_option
from ..mapped.loaded import loaded, loads_otherwise
from ..mapped.relationships import Path, Relationships, come_along
from ..values.behind import SessionsBehind
from ..values.held import Holding, comprehended, held_by, looped
from ..values.identity import Identity, asks_by_key
from ..values.newborn import is_new
from ..values.origins import Origin, Origins, is_of_another
from .above_loops import above_loops
from .above_with import above_with
from .all_along import entity
from .awaitable import Awaitable
from .changes import Changes
from .eager import Eager, is_refreshed_above, serves_others
from .flags import depends_on_a_flag
from .for_few import ForFew
from .loaded_above import is_loaded_above
from .loads import LoadAbove, Loads, are_several
from .mappers import Mappers
from .needs import Need, all_of, without_return
from .put_in import needs_of_put
from .reached import Reached
from .shown import Shown
from .sure_reads import is_always_read
from .with_owners import WithOwners

_DEPTH = 4
_Way = Callable[[], None]


class Loading:
    def __init__(
        self,
        views: Views,
        callers: Callers,
        relationships: Relationships,
        draft: Draft,
        identity: Identity,
        entries: frozenset[Key],
        *,
        old: bool,
        keep: bool,
    ) -> None:
        self.mappers = Mappers(views, callers, identity.reach, draft, entries)
        self.views = views
        self.draft = draft
        self.relationships = relationships
        self.identity = identity
        self.holding = Holding(views, relationships)
        self.for_few = ForFew(callers, self.holding, self._load_above)
        self.arguments = Arguments(views, callers, entries)
        self.origins = Origins(views, self.arguments, keep=keep)
        self.loads = Loads(views, relationships, self.origins.expired, self.arguments, draft, old=old)
        self.backrefs = Backrefs(views, relationships, draft)
        self.changes = Changes(views, identity.reach, relationships, self.loads, entries)
        self.eager = Eager(views, relationships, identity, self.changes, draft)
        sessions = SessionsBehind(views, self.arguments)
        self.with_owners = WithOwners(self.holding, self.origins, self.changes, self._ways)
        self.reached = Reached(views, relationships, self.holding, sessions, self.origins.expired, draft)
        self.awaitable = Awaitable(views, relationships, self.arguments, draft, self.mappers, old=old)
        self.shown = Shown(identity.reach, relationships, self.origins, self.changes, draft)
        self._may_mark = False  # nothing else helps: the relationships may load with their owner
        self._above: dict[tuple[str, Span, str], LoadAbove] = {}
        self._needs: list[Need] = []
        self._asked: dict[tuple[str, Span], tuple[Origin, Key]] = {}

    def need(self, need: Need) -> None:
        first = need.view.first_of_chain(need.statement)
        place = above_with(self.identity.reach, need.view, self.origins.expired, first, need.node)
        for way in without_return(need.path, self.relationships):
            self._needs += [
                replace(need, statement=place, path=way),
                *needs_of_put(need, way, self.holding, self.origins.expired),
            ]

    def _meet(self, need: Need) -> list[_Way] | None:
        """What to do when it is known what loads by itself; None where nothing helps."""
        if self.mappers.covers(need):
            return []
        if need.by_any_name:
            is_taken = need.by is not None and self.mappers.take_call(need.view, need.by)
            return [] if is_taken or self.mappers.take(need.view, need.node) else None
        view, node, statement = need.view, need.node, need.statement
        self.eager.reader = view.owner(node)
        self.shown.is_always_read = need.is_sent or is_always_read(view, node)
        if self.shown.is_at_times(view, node) and self.mappers.take_at_times(need):
            return []
        if not need.comes_again:
            if (ways := self._ways(view, node, statement, need.cls, need.path, 0)) is not None:
                return ways
            if self.mappers.take_need(need) or (not need.is_endless and self._marks(need)):
                return []
        if self.mappers.take_read(need):
            return []
        found = self.awaitable.ways(need) if view.owner(node) in self.mappers.turned else None
        if found is None and not (need.comes_again or need.is_endless):
            found = self.reached.ways(view, node, statement, need.cls, need.path)
        found = self.awaitable.ways(need) if found is None else found
        found = self.reached.in_provider(need) if found is None else found
        return [] if found is None and need.comes_again and self.mappers.take(view, node) else found

    def _marks(self, need: Need) -> bool:
        self._may_mark = True
        ways = self._ways(need.view, need.node, need.statement, need.cls, need.path, 0)
        self._may_mark = False
        for way in ways or ():
            way()
        return ways is not None

    def _ways(
        self, view: View, node: ast.expr, statement: ast.stmt, cls: Key, path: Path, depth: int
    ) -> list[_Way] | None:
        """What has to be done for it, everywhere; None if that cannot be told at some place."""
        function = view.function(node)
        if function is None or depth > _DEPTH:
            return None
        if isinstance(node, ast.Name) and (source := comprehended(view, node)) is not None:
            return self._ways(view, source, statement, cls, path, depth)
        if (held := self.holding.by(view, node)) is not None:
            return self._ways(view, held.owner, statement, held.cls, (*held.path, *path), depth)
        by_add = not depth and not self.loads.old  # 1.4 adds what a relationship is set to
        if isinstance(node, ast.Name) and is_new(self.views, view, statement, node.id, by_add=by_add):
            return []
        every = self.origins.of(view, node)
        origins = [o for o in every if not is_of_another(self.views, o, cls)]
        if every and not origins:
            return []  # its type is that of a helper, which others give such objects
        expired = isinstance(node, ast.Name) and (
            self.origins.expired.at(view, function, node.id, statement)
            or self.changes.come_before(view, node, statement, origins, cls, path)
        )
        if not (expired or depth) and (own := self.for_few.ways(view, node, statement, cls, path, origins)):
            return own
        if isinstance(node, ast.Call) and self.changes.come_with(view, node, origins, cls, path):
            keys = view.functions_called(node)
            return all_of(self._returned(key, cls, path, depth + 1) for key in keys)
        if not expired and origins and all(origin.node is not None for origin in origins):
            ways = [self._option(origin, cls, path) for origin in origins]
            if None not in ways:
                return [way for way in ways if way is not None]
        if isinstance(node, ast.Name):
            return self._of_name(view, function, node, statement, cls, path, depth, expired=expired)
        found: list[_Way] = []
        for origin in origins:
            way = self._option(origin, cls, path) if origin.node is not None else None
            if way is not None:
                found.append(way)
            elif origin.returned is not None and origin.returned.value is not None:
                inner = self._ways(origin.view, origin.returned.value, origin.returned, cls, path, depth + 1)
                if inner is None:
                    return None
                found += inner
            else:
                return None
        return found if origins else None

    def _of_name(
        self,
        view: View,
        function: FunctionNode,
        node: ast.Name,
        statement: ast.stmt,
        cls: Key,
        path: Path,
        depth: int,
        *,
        expired: bool,
    ) -> list[_Way] | None:
        over = None if expired else looped(view, function, node)
        if over is not None and isinstance(held_by(view, over), ast.Attribute):
            return self._ways(view, over, statement, cls, path, depth)
        source = None if expired else over or node
        if isinstance(source, ast.Name):
            ways = self.with_owners.ways(view, source, statement, cls, path, depth)
            if ways is not None:
                return ways
        if come_along(path) and is_refreshed_above(view, statement, node.id):
            return []
        if self._may_mark and (marked := self.eager.of_refreshed(view, statement, node.id, path)):
            return [marked]
        session = session_with(view, function, node.id) or session_of_class(view, function)
        if session is not None:
            beside = depth and self.shown.would_send_beside(view.owner(node), cls, path[0], self.eager.reader)
            if beside or serves_others(self.relationships, view, function, node, path, is_behind=depth > 0):
                return None
            return self._load_above(view, node, statement, cls, path, session)
        given = None if expired else self.arguments.of_name(view, node)
        if given is None:
            if over is not None:
                return self._ways(view, over, statement, cls, path, depth)
            parameter = None if expired else lookup(view.program, view.owner(node), node.id)
            provider = injected(self.views, view, parameter) if isinstance(parameter, Parameter) else None
            return self._returned(provider, cls, path, depth) if provider is not None else None
        return all_of(
            self._ways(each.view, each.value, each.view.file.statement(each.call), cls, path, depth + 1)
            for each in given
        )

    def _returned(self, function: Key, cls: Key, path: Path, depth: int) -> list[_Way] | None:
        """For all that a function returns, there."""
        view = self.views.of(function.path)
        if (node := view.file.function(view.program.scope(function).span)) is None or view.program.scope(
            function
        ).has_yield:
            return None
        return all_of(
            self._ways(view, each.value, each, cls, path, depth + 1)
            for each in walk(node)
            if isinstance(each, ast.Return) and view.owner(each) == function and each.value is not None
        )

    def _option(self, origin: Origin, cls: Key, path: Path) -> _Way | None:
        """An option of the query, if that is for one class only: a generic one has no such attribute."""
        node, view = origin.node, origin.view
        assert node is not None
        if come_along(path) and not asks_by_key(view, node):
            return lambda: None  # nothing has to be done
        asked = entity(view, node, cls)
        if asked is None:
            is_known = self._may_mark or self.eager.marked.issuperset(path)
            return self.eager.of_query(origin, cls, path) if is_known else None
        if not self.eager.marked.isdisjoint(path) and self.eager.is_early(path):
            return None
        if self.shown.would_send(view, node, cls, path[0], reader := self.eager.reader):
            return None  # it can be loaded for who reads it alone
        spelled = view.source(asked)
        known = loaded(self.views, view, node)
        steps = self.loads.steps(view, node, path, spelled)
        own = known.get(steps)
        is_endless = any(step.to_any_depth for step in path)
        if loads_otherwise(known, steps, is_endless=is_endless) or not self.backrefs.may_name(path):
            return None

        def act() -> None:
            self.identity.loaded.update(path)
            self._asked[view.path, span_of(node)] = (origin, cls)
            self.shown.loaded[view.path, span_of(node)].add((reader, path[0]))
            if (own is not None and own.always) or self.eager.marked.issuperset(path):
                return
            self.backrefs.name(path)
            text = self.loads.option(view, node, path, spelled, known)
            added = self.draft.loads.setdefault((view.path, span_of(node)), [])
            added[:] = with_option(added, text)

        return act

    def _load_above(
        self, view: View, node: ast.Name, statement: ast.stmt, cls: Key, path: Path, session: Spelled
    ) -> list[_Way] | None:
        function, many = view.function(node), are_several(view, node)
        if function is None or many is None or not self.loads.can_load(cls, path, many=many):
            return None
        expired = self.origins.expired
        statement = above_loops(self.views, view, expired, statement, node.id, by_add=not self.loads.old)
        is_guarded = not many and not is_present(self.views, view, function, statement, node.id)
        by_exec = session.cls == SQLMODEL_SESSION
        load = LoadAbove(view, statement, node.id, session.text, cls, many, is_guarded, by_exec)
        is_read_above = self.changes.is_read_before(view, node, statement, path)

        def act() -> None:
            self.identity.loaded.update(path)
            self._above.setdefault((view.path, span_of(statement), node.id), load).add(path, is_read_above)
            self.draft.functions.add(view.owner(node))

        return [act]

    def finish(self) -> list[Need]:
        """Gives what nothing can load. What a flag decides comes first, with all that its reader loads."""
        take, known = self.mappers.take, None
        self.for_few.know(self._needs)
        met: list[tuple[Need, list[_Way] | None]] = []
        # what loads by itself is not loaded above as well; what awaits is run as no plain function
        while known != (known := (frozenset(self.eager.marked), frozenset(self.mappers.turned))):
            self.mappers.forget()
            by_flag = [n for n in self._needs if depends_on_a_flag(n.view, n.node) and take(n.view, n.node)]
            met = [(need, self._meet(need)) for need in self._needs if need not in by_flag]
        for way in [way for _, ways in met for way in ways or ()]:
            way()
        for loader in (self.eager, self.mappers, self.reached, self.awaitable):
            loader.finish()
        for _, load in sorted(self._above.items(), key=lambda item: item[0]):
            if not is_loaded_above(self.views, load, self._above):
                self.loads.insert(load)
        self.loads.by_key(self._asked, self.identity)
        self.shown.check(self.eager.marked | self.reached.elsewhere)
        return [need for need, ways in met if ways is None]
