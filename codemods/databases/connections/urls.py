"""Where the URL of a database is written down, and who else reads it: in the call, a constant, a setting."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from ...analysis.handed_over import parameter_taking
from ...analysis.index.bindings import Import
from ...analysis.link.kinds import Cls, Inst, Obj, may_be
from ...analysis.link.program import Key
from ...analysis.nodes import bound_alone, bound_plainly, walk
from ...analysis.scopes import frame_nodes, local_names, own_nodes, parameter_names
from ...analysis.syntax import last_name
from ...analysis.view import View, Views

_ENVIRONMENT = ("os.getenv", "os.environ.get")
_SHAPES = frozenset({"str", "unicode_string", "render_as_string", "human_repr"})
_DIALECTS = frozenset({"postgresql", "mysql", "mariadb", "sqlite"})
_SCHEME = re.compile(r"^([a-z][a-z0-9_]*(?:\+[a-z0-9_]+)?)(?=://|$)")


class Literal(msgspec.Struct, frozen=True):
    """Where a URL is written down, and with which `dialect+driver`."""

    scheme: str
    view: View
    node: ast.expr
    is_default: bool = False
    """The environment may name another database."""
    others: frozenset[str] = frozenset()
    """The schemes that stand in other branches."""
    is_alone: bool = True
    """No other branch has a URL, of the same scheme either."""


def url_of(call: ast.Call) -> ast.expr | None:
    """What `create_engine()` is given as its URL."""
    return call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "url"), None)


Place = tuple[View, ast.expr]


class Finder:
    """Follows a URL to the place where it is written down."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.program = views.inference.program

    def literal(self, view: View, node: ast.expr, depth: int = 6) -> Literal | None:
        if depth == 0:
            return None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._of_text(view, node, node.value)
        if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            return self._of_text(view, node, str(node.values[0].value))
        if isinstance(node, ast.JoinedStr) and len(node.values) > 1:
            return self._of_driver(view, node.values[0], node.values[1], depth)
        if isinstance(node, ast.BinOp):
            return self.literal(view, node.left, depth - 1)
        if isinstance(node, ast.IfExp):
            return self._either([(view, node.body), (view, node.orelse)], depth)
        if isinstance(node, ast.BoolOp):
            return self._either([(view, each) for each in node.values], depth)
        if isinstance(node, ast.Call):
            return self._of_call(view, node, depth)
        if isinstance(node, ast.Name):
            return self._of_name(view, node, depth)
        if isinstance(node, ast.Attribute):
            return self._of_attribute(view, node, depth)
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
            return self.literal(view, node.value, depth - 1)
        if isinstance(node, ast.Dict):  # one of its URLs
            return self._either([(view, value) for value in node.values], depth)
        return None

    def _either(self, places: Sequence[Place], depth: int) -> Literal | None:
        """One of several; what cannot be told is a matter of the environment."""
        found = [self.literal(view, node, depth - 1) for view, node in places]
        known = [each for each in found if each is not None]
        if not known:
            return None
        first = known[0]
        others = {each.scheme for each in known}.union(*(each.others for each in known)) - {first.scheme}
        is_default = len(known) < len(found) or any(each.is_default for each in known)
        is_alone = len(known) == 1 and first.is_alone
        return replace(first, is_default=is_default, others=frozenset(others), is_alone=is_alone)

    def _of_text(self, view: View, node: ast.expr, text: str) -> Literal | None:
        found = _SCHEME.match(text)
        is_url = "://" in text or (found is not None and found.group(1).partition("+")[0] in _DIALECTS)
        return Literal(found.group(1), view, node) if found and is_url else None

    def _of_driver(self, view: View, first: ast.expr, second: ast.expr, depth: int) -> Literal | None:
        """`f"{settings.DB_DRIVER}://{host}"`: the driver is a word of its own, which others may read."""
        is_scheme = isinstance(second, ast.Constant) and str(second.value).startswith("://")
        inner = first.value if is_scheme and isinstance(first, ast.FormattedValue) else None
        return self._default(view, inner, depth) if inner is not None else None

    def _of_call(self, view: View, node: ast.Call, depth: int) -> Literal | None:
        for keyword in node.keywords:
            if keyword.arg in ("scheme", "drivername") and isinstance(keyword.value, ast.Constant):
                return Literal(str(keyword.value.value), view, keyword.value)
        name = last_name(node.func)
        if name in _SHAPES:
            inner = (
                node.args[0]
                if isinstance(node.func, ast.Name) and node.args
                else getattr(node.func, "value", None)
            )
            return self.literal(view, inner, depth - 1) if inner is not None else None
        if name == "replace" and len(node.args) > 1:
            return self._replaced(view, node.args[1])
        if view.external(node.func) in _ENVIRONMENT or ast.unparse(node.func).endswith("environ.get"):
            return self._default(view, node.args[1], depth) if len(node.args) > 1 else None
        if name == "Field" and node.args:
            return self._default(view, node.args[0], depth)
        for keyword in node.keywords:
            if keyword.arg == "default":  # of a setting: `Field(default=..)`, `config("URL", default=..)`
                return self._default(view, keyword.value, depth)
            if keyword.arg == "default_factory" and isinstance(keyword.value, ast.Lambda):
                return self._default(view, keyword.value.body, depth)
        is_checked = view.external(node.func).startswith("pydantic.")  # `PostgresDsn("..")`
        if (name in ("make_url", "URL") or is_checked) and node.args:
            return self.literal(view, node.args[0], depth - 1)
        if view.external(node.func) in ("sqlalchemy.engine.URL.create",) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                return Literal(str(first.value), view, first)
        returned = [found for key in view.functions_called(node) for found in self._returned(key)]
        return self._either(returned, depth) if returned else None

    def _replaced(self, view: View, new: ast.expr) -> Literal | None:
        """`url.replace("postgres://", "postgresql+psycopg://")`: if it is the one, it is of this database."""
        found = (
            _SCHEME.match(new.value) if isinstance(new, ast.Constant) and isinstance(new.value, str) else None
        )
        is_known = found is not None and found.group(1).partition("+")[0] in _DIALECTS
        return Literal(found.group(1), view, new, is_default=True) if found is not None and is_known else None

    def _returned(self, function: Key) -> Iterator[Place]:
        view = self.views.of(function.path)
        node = view.file.function(self.program.scope(function).span)
        for inner in own_nodes(node) if node is not None else ():
            if isinstance(inner, ast.Return) and inner.value is not None:
                yield view, inner.value

    def _default(self, view: View, node: ast.expr, depth: int) -> Literal | None:
        """The environment may name another database."""
        found = self.literal(view, node, depth - 1)
        return replace(found, is_default=True) if found is not None else None

    def _of_name(self, view: View, node: ast.Name, depth: int) -> Literal | None:
        function = view.function(node)
        if function is None or node.id not in local_names(function):
            return self._assigned(view, node.id, depth)
        if node.id in parameter_names(function.args):
            default = _default_of(function.args, node.id)
            passed = self._passed(view.owner(node), node.id, (view, default) if default else None)
            return self._either([*passed], depth)
        return self._either([(view, each) for each in _values_of(function.body, node.id)], depth)

    def _passed(self, function: Key, name: str, default: Place | None) -> Iterator[Place]:
        """What calls give for a parameter, those of tests too, or the default; nobody knows what who gets the
        function as a value gives."""
        scope, cls = self.program.scope(function), self.program.enclosing_class(function)
        maker = cls if scope.name == "__init__" else None
        unknown = self.views.of(function.path), ast.Constant(None)
        for spelled in (scope.name, *([self.program.scope(maker).name] if maker else [])):
            for spelling in (spelled, *sorted(self.program.aliases.get(spelled, ()))):
                for key in self.program.calls_by_name.get(spelling, ()):
                    view = self.views.of(key.path)
                    call = view.node_of(key)
                    if call is None or not self._runs(view, call, function, maker):
                        continue
                    arguments = (*call.args, *(keyword.value for keyword in call.keywords))
                    given = [a for a in arguments if parameter_taking(view, call, a, function) == name]
                    is_spread = any(isinstance(a, ast.Starred) for a in call.args)
                    is_spread |= any(keyword.arg is None for keyword in call.keywords)
                    yield from ((view, each) for each in given)
                    if not given and (is_spread or default is not None):
                        yield default if default is not None and not is_spread else unknown
                for path, number in self.program.references_by_name.get(spelling, ()):
                    if self._is_value(path, number, function, maker):
                        yield unknown

    def _is_value(self, path: str, number: int, function: Key, cls: Key | None) -> bool:
        reference = self.program.modules[path].facts.references[number]
        key = Key(path, reference.scope)
        kinds = self.views.inference.kinds(key, reference.expr, reference.span.line)
        return may_be(kinds, function) or any(isinstance(kind, Cls) and kind.key == cls for kind in kinds)

    def _runs(self, view: View, call: ast.Call, function: Key, cls: Key | None) -> bool:
        return function in view.functions_called(call) or cls in view.classes_named(call.func)

    def _assigned(self, view: View, name: str, depth: int) -> Literal | None:
        """A name of the module, there or where it is imported from."""
        bound = self.program.modules[view.path].names[0].get(name, ())
        imported = next((b.value for b in bound if isinstance(b.value, Import)), None)
        if imported is None:
            return self._either([(view, each) for each in _values_of(view.file.tree.body, name)], depth)
        path = self.program.module_path(self.program.absolute(imported, view.path), view.path)
        if path is None or not imported.name or depth == 0:
            return None
        return self._assigned(self.views.of(path), imported.name, depth - 1)

    def _of_attribute(self, view: View, node: ast.Attribute, depth: int) -> Literal | None:
        """`settings.DATABASE_URL`: a default of the class, or what its property returns."""
        need = view.module_of(node)
        if need is not None:
            path = self.program.module_path(need.module, view.path)
            return self._assigned(self.views.of(path), need.name, depth) if path else None
        for kind in view.kinds(node.value):
            if isinstance(kind, Obj):
                found = self._of_class(kind.key, node.attr, depth)
                if found is not None:
                    return found
            if isinstance(kind, Inst):
                return None
        return None

    def _of_class(self, cls: Key, attr: str, depth: int) -> Literal | None:
        for step in self.views.inference.classes.mro(cls):
            if not isinstance(step, Key):
                continue
            view = self.views.of(step.path)
            node = view.file.class_(self.program.scope(step).span)
            for statement in node.body if node is not None else ():
                found = self._of_member(view, statement, attr, depth)
                if found is not None:
                    return found
        return None

    def _of_member(self, view: View, statement: ast.stmt, attr: str, depth: int) -> Literal | None:
        if isinstance(statement, ast.FunctionDef):
            for node in walk(statement):
                if statement.name == attr and isinstance(node, ast.Return) and node.value is not None:
                    return self.literal(view, node.value, depth - 1)
                target, value = bound_alone(node)
                if target is not None and value is not None and ast.unparse(target) == f"self.{attr}":
                    return self.literal(view, value, depth - 1)
        target, value = bound_alone(statement)
        is_it = isinstance(target, ast.Name) and target.id == attr
        return self._default(view, value, depth) if is_it and value is not None else None


def _default_of(arguments: ast.arguments, name: str) -> ast.expr | None:
    plain = [*arguments.posonlyargs, *arguments.args]
    last = plain[len(plain) - len(arguments.defaults) :]
    pairs = [*zip(last, arguments.defaults, strict=True)]
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d]
    return next((default for argument, default in pairs if argument.arg == name), None)


def _values_of(body: Sequence[ast.stmt], name: str) -> Iterator[ast.expr]:
    """What a name is bound to, in branches as well; `url = url.replace(..)` says nothing new."""
    for node in (each for statement in body for each in frame_nodes(statement)):
        for target, value in bound_plainly(node):
            is_it = isinstance(target, ast.Name) and target.id == name
            if is_it and not any(isinstance(n, ast.Name) and n.id == name for n in walk(value)):
                yield value
