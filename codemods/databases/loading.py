"""Relationships that are read are loaded before: by the query that feeds them, or by the session right above.

    posts = db.query(Post).all()             ->    posts = (await db.scalars(
    return posts   # PostOut has an owner              select(Post).options(selectinload(Post.owner)))).all()

    db.refresh(post)                         ->    await db.refresh(post)
    return post                                    await db.refresh(post, ["owner"])
                                                   return post

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..analysis.callers import Callers
from ..analysis.flow import live_after
from ..analysis.kinds import Cls, Inst, Kinds, Obj, Unknown
from ..analysis.program import Key
from ..analysis.syntax import FunctionNode, span_of
from ..model import Code, InsertStatements, ReplaceExpression, Span
from .draft import Draft
from .mappers import Mappers
from .origins import Origin, Origins
from .presence import is_present
from .relationships import Relationships
from .schemas import Path, Schemas
from .terminals import SELECTINLOAD, code
from .view import View, Views
from .words import SESSIONS

_VALIDATORS = frozenset({"model_validate", "from_orm", "parse_obj"})
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
        self.schemas = Schemas(views, relationships)
        self.origins = Origins(views)
        self.old = old
        self._above: dict[tuple[str, Span, str], _Load] = {}

    # what is read -----------------------------------------------------------------------------------------

    def responses(self, routes: Iterable[Key]) -> None:
        """What response models read from the objects that routes return."""
        for route in sorted(routes):
            view = self.views.of(route.path)
            function = view.file.function(view.program.scope(route).span)
            schema = self.schemas.response_model(route)
            for node in ast.walk(function) if function is not None and schema else ():
                if isinstance(node, ast.Return) and node.value is not None and view.owner(node) == route:
                    self._align(view, node.value, schema, node)

    def code(self, path: str) -> None:
        """Relationships that the functions of a file read, and schemas that they fill from objects."""
        view = self.views.of(path)
        for node in ast.walk(view.file.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                self._attribute(view, node)
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in _VALIDATORS
            ):
                classes = view.classes_named(node.func.value)
                if classes and node.args:
                    self._align(
                        view, node.args[0], frozenset(Obj(key) for key in classes), view.file.statement(node)
                    )

    def _attribute(self, view: View, node: ast.Attribute) -> None:
        for kind in view.kinds(node.value):
            if isinstance(kind, Obj):
                found = self.relationships.lazy(kind.key, node.attr)
                if found is not None and view.function(node) is not None:
                    if found.is_query:
                        self.draft.obstacle(
                            view,
                            node,
                            f"{node.attr} is a lazy={found.lazy!r} relationship, a legacy query by itself",
                        )
                        continue
                    path: Path = (found,)
                    above = view.file.parents[node]
                    if isinstance(above, ast.Attribute) and found.target is not None:
                        behind = self.relationships.lazy(found.target, above.attr)
                        path = (found, behind) if behind is not None else path
                    self._need(view, node.value, view.file.statement(node), kind.key, path)

    def _align(self, view: View, node: ast.expr, schema: Kinds, statement: ast.stmt) -> None:
        """Follows a value and the model that reads it down to mapped objects."""
        if isinstance(node, ast.Await):
            node = node.value
        inner = _parts(node)
        if inner is not None:
            for part in inner:
                self._align(view, part, schema, statement)
            return
        if isinstance(node, ast.Dict):
            fields = self._fields(schema)
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in fields:
                    self._align(view, value, fields[str(key.value)], statement)
            return
        if isinstance(node, ast.Call) and any(isinstance(k, Cls) for k in view.callees(node)):
            fields = self._fields(frozenset(Obj(k.key) for k in view.callees(node) if isinstance(k, Cls)))
            for keyword in node.keywords:
                if keyword.arg in fields:
                    self._align(view, keyword.value, fields[keyword.arg], statement)
            return
        kinds = view.kinds(node)
        for cls, path in self._paths(kinds, schema):
            self._need(view, node, statement, cls, path)
        if not kinds or any(isinstance(kind, Unknown) for kind in kinds) or self._hides(kinds):
            self._suspect(view, node, schema)

    def _hides(self, kinds: Kinds) -> bool:
        """A container of nobody knows what."""
        return any(
            isinstance(kind, Inst)
            and kind.name in ("builtins.list", "builtins.tuple")
            and any(
                not inner or any(isinstance(k, Unknown) for k in inner)
                for inner in kind.args[:1] or (frozenset(),)
            )
            for kind in kinds
        )

    def _suspect(self, view: View, node: ast.expr, schema: Kinds) -> None:
        """Nobody knows what is returned, and the model would read relationships if it were what it looks
        like."""
        for cls in sorted(self.relationships.mapped.classes):
            paths = list(self.schemas.reads(schema, cls))
            if paths and self.schemas.fits(schema, cls):
                name = view.program.scope(cls).name
                rel = paths[0][0].name
                text = f"what is sent cannot be told; if it is of {name}, its {rel} is loaded when it is read"
                self.draft.obstacle(view, node, text, "annotate what the function returns")
                return

    def _fields(self, schema: Kinds) -> dict[str, Kinds]:
        """The fields of a model, or of what a container of it holds."""
        found: dict[str, Kinds] = {}
        for kind in schema:
            if isinstance(kind, Obj):
                found.update(self.schemas.fields(kind.key))
            elif isinstance(kind, Inst):
                for inner in kind.args:
                    found.update(self._fields(inner))
        return found

    def _paths(self, kinds: Kinds, schema: Kinds, depth: int = 0) -> list[tuple[Key, Path]]:
        found: list[tuple[Key, Path]] = []
        for kind in sorted(kinds, key=repr):
            if isinstance(kind, Obj) and kind.key in self.relationships.mapped.classes:
                found += [(kind.key, path) for path in self.schemas.reads(schema, kind.key)]
            elif isinstance(kind, Inst) and kind.name == "builtins.tuple":
                found += self.schemas.of_row(schema, frozenset(k for inner in kind.args for k in inner))
            elif isinstance(kind, Inst) and depth < _DEPTH:
                for inner in kind.args:
                    found += self._paths(inner, schema, depth + 1)
        return list(dict.fromkeys(found))

    # how it is loaded -------------------------------------------------------------------------------------

    def _need(
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
                    self._need(view, node.value, statement, kind.key, (behind, *path), depth + 1)
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
                    self._need(origin.view, origin.returned.value, origin.returned, cls, path, depth + 1)
                else:
                    self._refuse(view, node, path)
            return
        self._load_above(view, function, node, statement, path)

    def _refuse(self, view: View, node: ast.AST, path: Path) -> None:
        if self.mappers.take(view, node):
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
        if session is None or len(path) > 1:
            self._refuse(view, node, path)
            return
        name, rel = node.id, path[0].name
        kinds = view.kinds(node)
        many = any(isinstance(k, Inst) for k in kinds)
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


def _parts(node: ast.expr) -> list[ast.expr] | None:
    """The values that a display or a choice is made of; none for a constant."""
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        return [node.elt]
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return node.elts
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return [] if isinstance(node, ast.Constant) else None


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
