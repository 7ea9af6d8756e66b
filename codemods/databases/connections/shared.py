"""One session for everybody: on a loop, one request would work with it in the middle of another's work.

    session = Session(engine)

    @app.get("/users")
    def users():                                # threads wait for each other at the connection; tasks get
        return session.query(User).all()        # "This session is provisioning a new connection"

The same where an object that outlives a request has it: `users = UserRepository(Session(engine))` of a
module, of a class body, of a default, of a function below `lru_cache`, of the state of the application.

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-asyncsession-with-concurrent-tasks
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set

from ...analysis.index.bindings import Import
from ...analysis.index.expr import Call
from ...analysis.link.infer import Inference
from ...analysis.link.kinds import Cls, Inst, Kind, Kinds, Obj, ordered
from ...analysis.link.names import Bound, imported, lookup
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import bound_plainly, walk
from ...analysis.syntax import FunctionNode
from ...analysis.view import View
from ..draft import Draft
from ..words import SESSIONS

_CACHES = ("functools.lru_cache", "functools.cache")
_APPLICATIONS = frozenset({"fastapi.FastAPI", "fastapi.APIRouter", "starlette.applications.Starlette"})
_ELSEWHERE = ("Depends", "Security")
_CONTAINERS = frozenset({"builtins.dict", "builtins.list", "builtins.tuple", "builtins.set"})


class WaysToSessions:
    """How a session is reached from a value: "", ".session", ".repository.session"."""

    def __init__(self, inference: Inference) -> None:
        self._classes = inference.classes
        self._known: dict[Kinds, str | None] = {}
        self._without: set[Kind] = set()
        """Objects that lead to none: they are shared by many, and looked through once."""

    def of(self, kinds: Kinds) -> str | None:
        if kinds not in self._known:
            seen: set[Kind] = set()
            self._known[kinds] = self._from(kinds, seen)
            if self._known[kinds] is None:
                self._without |= seen
        return self._known[kinds]

    def _from(self, kinds: Iterable[Kind], seen: set[Kind], way: frozenset[Key] = frozenset()) -> str | None:
        """`seen` are the objects of this search, `way` the classes of those that lead here."""
        for kind in ordered(frozenset(kinds)):
            if isinstance(kind, Inst) and kind.name in SESSIONS:
                return ""
            if isinstance(kind, Inst) and kind.name in _CONTAINERS:
                inside = (*kind.args, *(kinds for _, kinds in kind.items))
                if any(self._from(each, seen, way) is not None for each in inside):
                    return "[..]"
            if (
                isinstance(kind, Obj)
                and kind.key not in way
                and kind not in seen
                and kind not in self._without
            ):
                seen.add(kind)
                found = self._from_object(kind, seen, way | {kind.key})
                if found is not None:
                    return found
        return None

    def _from_object(self, kind: Obj, seen: set[Kind], way: frozenset[Key]) -> str | None:
        bases = [base for base in self._classes.mro(kind.key) if isinstance(base, Key)]
        for name in sorted({name for base in bases for name in self._classes.kept(base)}):
            held = self._classes.instance_attribute(kind.key, name, args=kind.args, exact=kind.is_exact)
            found = self._from(held, seen, way)
            if found is not None:
                return f".{name}{found}"
        return None


def check_shared(view: View, draft: Draft, served: Set[Key], ways: WaysToSessions) -> None:
    """Functions on the way of requests have a session of their own, not one that outlives the request."""
    for node in _kept(view, served):
        way = ways.of(view.kinds(node))
        if way is not None:
            held = view.in_a_line(node)
            text = f"{held}{way}" if not way or isinstance(node, (ast.Name, ast.Attribute)) else f"of {held}"
            draft.obstacle(view, node, f"all requests share the session {text}")


def _kept(view: View, served: Set[Key]) -> Iterator[ast.expr]:
    """Expressions whose value is there before a request, and when it is over."""
    yield from _of_modules(view, served)
    if any(function.path == view.path for function in served):
        yield from _of_classes(view)
    for function in view.file.of_kind(ast.FunctionDef, ast.AsyncFunctionDef):
        if view.owner(function.body[0]) in served:
            yield from _defaults(view, function)
            yield from _cached(view, function)
    for node in view.file.of_kind(ast.Assign, ast.AnnAssign):
        if node.value is not None and view.owner(node) in served and _is_put_by(view, node):
            yield node.value


def _of_modules(view: View, served: Set[Key]) -> Iterator[ast.expr]:
    at_the_top = view.program.modules[view.path].names[0]
    for node in view.file.of_kind(ast.Name, ast.Attribute):
        if isinstance(node, ast.Name) and node.id not in at_the_top:
            continue
        if not isinstance(node.ctx, ast.Load) or view.owner(node) not in served:
            continue
        if _is_of_module(view, node):
            yield node


def _is_of_module(view: View, node: ast.Name | ast.Attribute) -> bool:
    if isinstance(node, ast.Attribute):
        return view.module_of(node) is not None
    found = lookup(view.program, view.owner(node), node.id, node.lineno)
    return isinstance(found, list) and all(each.home.scope == 0 for each in found)


def _of_classes(view: View) -> Iterator[ast.expr]:
    for cls in view.file.of_kind(ast.ClassDef):
        for statement in cls.body:
            value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
            if value is not None and not _is_made_elsewhere(view, value):
                yield value


def _defaults(view: View, function: FunctionNode) -> Iterator[ast.expr]:
    for default in (*function.args.defaults, *function.args.kw_defaults):
        if default is not None and not _is_made_elsewhere(view, default):
            yield default


def _is_made_elsewhere(view: View, value: ast.expr) -> bool:
    """`Depends(get_db)`, under a name of its own too, and `providers.Factory(Repository)` stand for what each
    request is given."""
    if isinstance(value, ast.Name):
        found = lookup(view.program, view.owner(value), value.id, value.lineno)
        return any(_is_dependency(view, each) for each in _origins(view, found))
    made = view.external(value.func) if isinstance(value, ast.Call) else ""
    return made.rpartition(".")[2] in _ELSEWHERE or made.startswith("dependency_injector.")


def _origins(view: View, found: object) -> Iterator[Bound]:
    """The bindings behind imports."""
    for each in found if isinstance(found, list) else ():
        value = each.binding.value
        if isinstance(value, Import):
            yield from _origins(view, imported(view.program, value, each.home.path))
        else:
            yield each


def _is_dependency(view: View, bound: Bound) -> bool:
    value = bound.binding.value
    if not isinstance(value, Call):
        return False
    func = view.program.call(CallKey(bound.home.path, value.index)).func
    return getattr(func, "attr", getattr(func, "id", "")) in _ELSEWHERE


def _cached(view: View, function: FunctionNode) -> Iterator[ast.expr]:
    names = (view.external(d.func if isinstance(d, ast.Call) else d) for d in function.decorator_list)
    if any(name in _CACHES for name in names):
        for node in walk(function):
            if isinstance(node, ast.Return) and node.value is not None and view.function(node) is function:
                yield node.value


def _is_put_by(view: View, node: ast.Assign | ast.AnnAssign) -> bool:
    """`cls.instance = ..`, `app.state.db = ..`"""
    targets = [target for target, _ in bound_plainly(node)]
    return any(isinstance(target, ast.Attribute) and _outlives(view, target.value) for target in targets)


def _outlives(view: View, owner: ast.expr) -> bool:
    if any(isinstance(kind, Cls) for kind in view.kinds(owner)) or view.instance(owner) in _APPLICATIONS:
        return True
    return isinstance(owner, ast.Attribute) and _outlives(view, owner.value)
