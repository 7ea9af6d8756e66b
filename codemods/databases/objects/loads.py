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
from dataclasses import dataclass, field
from types import MappingProxyType

from ...analysis.link.kinds import Cls, Ext, Fn, Inst, Member, Obj
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import ImportNeed, InsertStatements, ReplaceExpression, Span
from ..draft import Draft
from ..words import FAMILY, SELECT, SELECTINLOAD, SQLMODEL_SELECT, SQLMODEL_SESSION
from .gone import Gone
from .loaded import Loader, Steps
from .relationships import Path, Relationships

_SETS = ("builtins.setattr", "builtins.delattr")
_MADE_BY = ("__init__", "__new__", "__post_init__", "model_post_init")
_DATA = ("builtins.", "pydantic.", "pydantic_settings.")
_SEVERAL = frozenset(f"builtins.{name}" for name in ("list", "set", "frozenset", "tuple"))
"""What can be gone through twice."""


@dataclass
class LoadAbove:
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
    paths: list[Path] = field(default_factory=list)

    def add(self, path: Path) -> None:
        if not any(known[: len(path)] == path for known in self.paths):
            self.paths = [known for known in self.paths if path[: len(known)] != known]
            self.paths.append(path)


class Loads:
    """Writes them down; `old`: for SQLAlchemy 1.4, which refreshes no relationships."""

    def __init__(self, views: Views, relationships: Relationships, draft: Draft, *, old: bool) -> None:
        self.views = views
        self.relationships = relationships
        self.draft = draft
        self.old = old
        self.gone = Gone(views, relationships)

    # above a statement ------------------------------------------------------------------------------------

    def can_load(self, cls: Key, path: Path, *, many: bool) -> bool:
        """What lies deeper than one step takes a statement of its own, for one object with one key."""
        return len(path) == 1 or (not many and self.relationships.primary_key(cls) is not None)

    def insert(self, load: LoadAbove) -> None:
        is_deep = any(len(path) > 1 for path in load.paths)
        lines = self._selected(load) if is_deep else self._refreshed(load)
        one = "each" if load.is_many else load.name
        conditions = [f"{one} is not None"] if load.is_guarded and not load.is_many else []
        conditions += [f"{one} in {load.session}"] if self._may_be_gone(load) else []
        if conditions:
            lines = [f"if {' and '.join(conditions)}:", *(f"    {line}" for line in lines)]
        if load.is_many:
            lines = [f"for each in {load.name}:", *(f"    {line}" for line in lines)]
        code = self.draft.code("\n".join(lines))
        self.draft.edit(load.view, InsertStatements(span_of(load.statement), code))

    def _may_be_gone(self, load: LoadAbove) -> bool:
        """What is deleted keeps what it has, and loads nothing more: asked to, it would raise."""
        function = load.view.function(load.statement)
        return function is not None and self.gone.may_be(
            load.view, function, load.statement, frozenset({load.cls})
        )

    def _refreshed(self, load: LoadAbove) -> list[str]:
        one = "each" if load.is_many else load.name
        steps = [path[0] for path in load.paths]
        # of its own class, `refresh` gives an object that is there already as a commit left it: expired
        read = [step.name for step in steps if self.old or step.target == step.owner]
        wanted = ", ".join(f'"{step.name}"' for step in steps if step.name not in read)
        return [
            *([f"await {load.session}.refresh({one}, [{wanted}])"] if wanted else []),
            *(f"await {load.session}.run_sync(lambda _: {one}.{name})" for name in read),
        ]

    def _selected(self, load: LoadAbove) -> list[str]:
        entity = self._named(load.view, load.statement, load.cls)
        key = self.relationships.primary_key(load.cls)
        options = ", ".join(self.option(load.view, load.statement, path) for path in load.paths)
        where = f"{entity}.{key} == {load.name}.{key}"
        if load.uses_exec:
            select = self.draft.slot(SQLMODEL_SELECT)
            end = f"(await {load.session}.exec({select}({entity}).where({where}).options({options}))).one()"
        else:
            end = self._rows(load.session, f"{SELECT}({entity}).where({where}).options({options})") + ".one()"
        return [f"{load.name} = {end}"]

    def _rows(self, session: str, statement: str) -> str:
        if self.old:
            return f"(await {session}.execute({statement})).scalars()"
        return f"(await {session}.scalars({statement}))"

    def by_select(self, view: View, node: ast.Call, cls: Key) -> None:
        """What the session holds already, `get` gives as it is: a query loads what it lacks."""
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
        return ".".join(f"{way}({step})" for way, step in zip((first, *behind), steps, strict=True))

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
            if any(isinstance(kind, Cls) and kind.key == cls for kind in view.kinds_at(near, spelled)):
                return spelled
        return self.draft.slot(ImportNeed(view.program.modules[cls.path].facts.module, name))


def are_several(view: View, node: ast.expr) -> bool | None:
    """Is it several objects, or one? None where that is not clear."""
    kinds = view.kinds(node)
    is_one = any(isinstance(kind, Obj) for kind in kinds)
    several = [isinstance(kind, Inst) and kind.name in _SEVERAL for kind in kinds]
    if any(several):
        return True if all(several) else None
    return False if is_one else None


def is_loaded_above(views: Views, load: LoadAbove, loads: Mapping[tuple[str, Span, str], LoadAbove]) -> bool:
    """By the load above an `if` whose first statement this is: `if item.image: delete(item.image)`; or above
    an earlier statement, since which nobody but the reader did anything with the object or the session."""
    view, statement = load.view, load.statement
    above = view.file.parents[statement]
    while isinstance(above, ast.If) and above.body[0] is statement:
        if any(isinstance(part, (ast.Call, ast.NamedExpr)) for part in walk(above.test)):
            return False
        if _covers(loads, load, above):
            return True
        statement, above = above, view.file.parents[above]
    block = view.block(load.statement)
    for earlier in reversed(block[: block.index(load.statement)]):
        if any(_may_change(views, view, node, load.name) for node in walk(earlier)):
            return False
        if _covers(loads, load, earlier):
            return True
    return False


def _covers(loads: Mapping[tuple[str, Span, str], LoadAbove], load: LoadAbove, statement: ast.stmt) -> bool:
    known = loads.get((load.view.path, span_of(statement), load.name))
    return known is not None and all(path in known.paths for path in load.paths)


def _may_change(
    views: Views, view: View, node: ast.AST, name: str, above: frozenset[Key] = frozenset()
) -> bool:
    """Does it bind the name or set an attribute, or call what nobody knows, a session, or a function of the
    project that does so?"""
    if isinstance(node, ast.Call):
        kinds = view.callees(node)
        outside = all(
            isinstance(kind, (Ext, Member, Fn)) or (isinstance(kind, Cls) and _is_data(view, kind.key))
            for kind in kinds or [None]
        )
        member = view.member(node)
        sets = any(isinstance(kind, Ext) and kind.name in _SETS for kind in kinds)
        called = {kind.key for kind in kinds if isinstance(kind, Fn)} - above
        return (
            not outside
            or sets
            or (member is not None and member.owner in FAMILY)
            or any(_changes(views, each, above | called) for each in called)
        )
    is_kept = isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
    return is_kept and (isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and node.id == name))


def _is_data(view: View, cls: Key) -> bool:
    """Is it a class of pydantic, or a plain one, without code of its own that runs when one is made?"""
    classes = view.inference.classes
    outside = [step for step in classes.mro(cls) if not isinstance(step, Key)]
    own = [
        name
        for name in ("__init__", "__new__", "__post_init__", "model_post_init")
        if classes.method(cls, name)
    ]
    return not own and all(step is not None and step.startswith(_DATA) for step in outside)


def _changes(views: Views, function: Key, above: frozenset[Key]) -> bool:
    """May a call of the function do anything to an object or its session? Its names are its own."""
    view = views.of(function.path)
    node = view.file.function(view.program.scope(function).span)
    return node is None or any(_may_change(views, view, inner, "", above) for inner in walk(node))


def apply_loads(views: Views, draft: Draft) -> None:
    """Options of `select()` and `session.get()`; legacy queries take theirs along when they are rewritten."""
    for (path, span), options in sorted(draft.loads.items()):
        view = views.of(path)
        call = view.file.call(span)
        member = view.member(call) if call is not None else None
        if call is None or (member is not None and member.attr == "query"):
            continue
        inner = [(edit.span, edit.code.text) for edit in draft.take_inside(view, call)]
        if member is None:
            text = f"{view.spliced(span, inner)}{_line_end(view, call)}.options({', '.join(options)})"
            draft.edit(view, ReplaceExpression(span, draft.code(text)))
            continue
        key = draft.by_key.get((path, span))
        draft.edits[path] = [e for e in draft.edits[path] if getattr(e, "span", None) != span]
        if key is None:
            text = "await " + view.spliced(span, [*inner, *_more_options(call, options)])
        else:
            text = _select_by_key(draft, view, call, key, options, inner)
        draft.edit(view, ReplaceExpression(span, draft.code(text)))


def _line_end(view: View, call: ast.Call) -> str:
    """Where each step of a query has a line of its own, so has a new one."""
    above = view.file.parents[call]
    between, dot, _ = view.source(above).removeprefix(view.source(call)).partition(".")
    if not dot or between.strip() or "\n" not in between:
        return ""
    margin = view.file.statement(call).col_offset
    return "\n" + " " * max(len(between.rpartition("\n")[2]) - margin, 0)


def _more_options(call: ast.Call, options: list[str]) -> list[tuple[Span, str]]:
    """Insertions that put them into a call of `get`: before its own ones, or behind all arguments."""
    own = next((keyword.value for keyword in call.keywords if keyword.arg == "options"), None)
    if own is None:
        end = span_of(call.keywords[-1].value if call.keywords else call.args[-1])
        return [(_point(end.end_line, end.end_col), f", options=[{', '.join(options)}]")]
    place = span_of(own)
    if isinstance(own, ast.List):
        more = ", ".join([*options, ""] if own.elts else options)
        return [(_point(place.line, place.col + 1), more)]
    head = (_point(place.line, place.col), f"[{', '.join(options)}, *")
    return [head, (_point(place.end_line, place.end_col), "]")]


def _point(line: int, col: int) -> Span:
    return Span(line, col, line, col)


def _select_by_key(
    draft: Draft, view: View, call: ast.Call, key: str, options: list[str], inner: list[tuple[Span, str]]
) -> str:
    assert isinstance(call.func, ast.Attribute)
    session = view.source(call.func.value)
    entity, value = (view.spliced(span_of(argument), _within(argument, inner)) for argument in call.args)
    uses_exec = view.instance(call.func.value) == SQLMODEL_SESSION
    select = draft.slot(SQLMODEL_SELECT) if uses_exec else SELECT
    statement = f"{select}({entity}).where({entity}.{key} == {value}).options({', '.join(options)})"
    end = "one()" if call.func.attr == "get_one" else "one_or_none()"
    return f"(await {session}.{'exec' if uses_exec else 'scalars'}({statement})).{end}"


def _within(node: ast.AST, changes: list[tuple[Span, str]]) -> list[tuple[Span, str]]:
    return [(span, text) for span, text in changes if span_of(node).contains(span)]
