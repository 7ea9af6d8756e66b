"""Relationships that are read are loaded before: by the query that feeds them, or by the session right above.

    posts = db.query(Post).all()             ->    posts = (await db.scalars(
    return posts   # PostOut has an owner              select(Post).options(selectinload(Post.owner)))).all()

    db.refresh(post)                         ->    await db.refresh(post)
    return post                                    await db.refresh(post, ["owner"])
                                                   return post

https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#select-in-loading
https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from ..analysis.callers import Callers
from ..analysis.flow import live_after
from ..analysis.kinds import Cls, Inst, Obj
from ..analysis.program import Key
from ..analysis.scopes import target_names
from ..analysis.syntax import FunctionNode, span_of
from ..model import Code, InsertStatements, ReplaceExpression, Span
from .draft import Draft
from .loaded import loaded, steps
from .mappers import Mappers
from .origins import Origin, Origins
from .presence import is_present
from .relationships import Relationships
from .schemas import Path
from .terminals import SELECTINLOAD, code
from .view import View, Views
from .words import SESSIONS

_DEPTH = 3


@dataclass
class _Load:
    """Relationships of one name that are loaded above a statement."""

    view: View
    statement: ast.stmt
    session: str
    many: bool
    guarded: bool
    names: list[str] = field(default_factory=list)

    def code(self, name: str, *, old: bool) -> Code:
        one = "each" if self.many else name
        if old:
            lines = [f"await {self.session}.run_sync(lambda _: {one}.{rel})" for rel in self.names]
        else:
            wanted = ", ".join(f'"{rel}"' for rel in self.names)
            lines = [f"await {self.session}.refresh({one}, [{wanted}])"]
        if not self.many and not self.guarded:
            return Code("\n".join(lines))
        head = f"for each in {name}:" if self.many else f"if {name} is not None:"
        return Code("\n".join([head, *(f"    {line}" for line in lines)]))


class Loading:
    def __init__(
        self,
        views: Views,
        callers: Callers,
        relationships: Relationships,
        draft: Draft,
        entries: frozenset[Key],
        *,
        old: bool,
    ) -> None:
        self.mappers = Mappers(views, callers, draft, self._session, entries)
        self.views = views
        self.draft = draft
        self.relationships = relationships
        self.origins = Origins(views)
        self.old = old
        self._above: dict[tuple[str, Span, str], _Load] = {}

    def need(
        self, view: View, node: ast.expr, statement: ast.stmt, cls: Key, path: Path, depth: int = 0
    ) -> None:
        function = view.function(node)
        if function is None or depth > _DEPTH:
            self._refuse(view, node, path)
            return
        if isinstance(node, ast.Attribute):
            for kind in view.kinds(node.value):
                behind = self.relationships.of(kind.key).get(node.attr) if isinstance(kind, Obj) else None
                if behind is not None and isinstance(kind, Obj):
                    self.need(view, node.value, statement, kind.key, (behind, *path), depth + 1)
                    return
        origins = self.origins.of(view, node)
        expired = isinstance(node, ast.Name) and self._is_expired(view, function, node.id, statement)
        if not expired and all(origin.node is not None for origin in origins):
            for origin in origins:
                self._option(origin, cls, path, view, node)
            return
        if not isinstance(node, ast.Name):
            for origin in origins:
                if origin.node is not None:
                    self._option(origin, cls, path, view, node)
                elif origin.returned is not None and origin.returned.value is not None:
                    self.need(origin.view, origin.returned.value, origin.returned, cls, path, depth + 1)
                else:
                    self._refuse(view, node, path)
            return
        self._load_above(view, function, node, statement, path)

    def _refuse(self, view: View, node: ast.AST, path: Path) -> None:
        if self.mappers.take(view, node) or self.mappers.take_read(view, node):
            return
        names = ".".join(step.name for step in path)
        self.draft.obstacle(
            view,
            node,
            f"the relationship {names} is loaded when it is read here",
            "load it with selectinload()",
        )

    def _is_expired(self, view: View, function: FunctionNode, name: str, statement: ast.stmt) -> bool:
        """Is there a commit between the origin and the place where it is read?"""
        for node in ast.walk(function):
            if not isinstance(node, ast.Call) or node.lineno >= statement.lineno:
                continue
            done = view.file.statement(node)
            if self._commits(view, node, 0) and name in live_after(function, done):
                return True
        return False

    def _commits(self, view: View, call: ast.Call, depth: int) -> bool:
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("commit", "rollback"):
            return view.instance(call.func.value) in SESSIONS
        if depth >= _DEPTH:
            return False
        for key in view.functions_called(call):
            other = self.views.of(key.path)
            function = other.file.function(view.program.scope(key).span)
            if function is not None and ".commit(" in other.source(function):
                return True
        return False

    def _option(self, origin: Origin, cls: Key, path: Path, view: View, node: ast.expr) -> None:
        assert origin.node is not None
        entity = next((a for a in origin.node.args if cls in origin.view.classes_named(a)), None)
        text = self._spelled(origin.view, entity, path) if entity is not None else None
        if text is None:
            self._refuse(view, node, path)
            return
        if steps(text.replace(SELECTINLOAD, "selectinload")) in loaded(origin.view, origin.node):
            return
        loads = self.draft.loads.setdefault((origin.view.path, span_of(origin.node)), [])
        if any(known == text or known.startswith(f"{text}.") for known in loads):
            return
        loads[:] = [known for known in loads if not text.startswith(f"{known}.")]
        loads.append(text)

    def _spelled(self, view: View, entity: ast.expr, path: Path) -> str | None:
        """`selectinload(models.Post.owner)`, and `.selectinload(models.User.team)` behind it."""
        parts = [f"{SELECTINLOAD}({view.source(entity)}.{path[0].name})"]
        for step in path[1:]:
            name = view.program.scope(step.owner).name
            prefix = view.source(entity).rpartition(".")[0]
            spelled = f"{prefix}.{name}" if prefix else name
            known = [k for k in view.kinds_at(entity, spelled) if isinstance(k, Cls) and k.key == step.owner]
            if not known:
                return None
            parts.append(f"selectinload({spelled}.{step.name})")
        return ".".join(parts)

    def _load_above(
        self, view: View, function: FunctionNode, node: ast.Name, statement: ast.stmt, path: Path
    ) -> None:
        session = self._session(view, function)
        if session is None or len(path) > 1 or _binds(statement, node.id):
            self._refuse(view, node, path)
            return
        name, rel = node.id, path[0].name
        kinds = view.kinds(node)
        many = not any(isinstance(k, Obj) for k in kinds)
        if not many and any(isinstance(k, Inst) and k.name == "builtins.list" for k in kinds):
            self._refuse(view, node, path)
            return
        guarded = not many and not is_present(view, function, statement, name)
        load = self._above.setdefault(
            (view.path, span_of(statement), name), _Load(view, statement, session, many, guarded)
        )
        if rel not in load.names:
            load.names.append(rel)
        self.draft.functions.add(view.owner(node))

    def finish(self) -> None:
        """All that one statement needs is loaded in one go."""
        self.mappers.finish()
        for (_, _, name), load in sorted(self._above.items(), key=lambda item: item[0]):
            self.draft.edit(
                load.view, InsertStatements(span_of(load.statement), load.code(name, old=self.old))
            )

    def _session(self, view: View, function: FunctionNode) -> str | None:
        """How the function spells its session."""
        for node in ast.walk(function):
            if (
                isinstance(node, (ast.Name, ast.Attribute))
                and view.instance(node) in SESSIONS
                and view.function(node) is function
            ):
                return view.source(node)
        return None


def _binds(statement: ast.stmt, name: str) -> bool:
    """Does a comprehension within the statement give the name its value?"""
    return any(
        isinstance(inner, ast.comprehension) and name in target_names(inner.target)
        for inner in ast.walk(statement)
    )


def apply_loads(views: Views, draft: Draft) -> None:
    """Options of `select()` and `session.get()`; legacy queries take theirs along when they are rewritten."""
    for (path, span), options in sorted(draft.loads.items()):
        view = views.of(path)
        call = view.file.call(span)
        member = view.member(call) if call is not None else None
        if call is None or (member is not None and member.attr == "query"):
            continue
        inner = [(edit.span, edit.code.text) for edit in draft.take_inside(view, call)]
        if member is not None:
            end = call.keywords[-1].value if call.keywords else call.args[-1]
            place = span_of(end)._replace(line=span_of(end).end_line, col=span_of(end).end_col)
            inner.append((place, f", options=[{', '.join(options)}]"))
            text = view.spliced(span, inner)
            if not any(getattr(e, "span", None) == span for e in draft.edits[path]):
                draft.edit(view, ReplaceExpression(span, code(text)))
            else:
                _awaited_with(view, draft, call, text)
        else:
            text = view.spliced(span, inner)
            draft.edit(view, ReplaceExpression(span, code(f"{text}.options({', '.join(options)})")))


def _awaited_with(view: View, draft: Draft, call: ast.Call, text: str) -> None:
    """The call is awaited as well: one replacement does both."""
    span = span_of(call)
    draft.edits[view.path] = [e for e in draft.edits[view.path] if getattr(e, "span", None) != span]
    draft.edit(view, ReplaceExpression(span, code(f"await {text}")))
