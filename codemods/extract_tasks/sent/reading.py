"""Which attributes are read of an object that a function is given, or of those in a list: by the function, by
what it hands them on to, and by templates.

    f"{order.number}: {order.user.email}"       reads `number`, `user` and `user.email`

What is read of the objects in a list that an object has stands behind the name of the list: `items.price`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.classes.properties import Access, Properties
from ...analysis.link.kinds import Fn, Inst, Kind, Kinds, Member, Obj, one
from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly, walk
from ...analysis.scopes import parameter_names
from ...analysis.syntax import FileSyntax, Syntax, last_name
from ...analysis.template_names import TemplateNames
from ...analysis.view import Views

_DEPTH = 6
_SAME_ELEMENTS = ("sorted", "reversed", "list", "tuple")
_COUNTS = ("len", "bool")
_TESTS = (ast.If, ast.IfExp, ast.While)
_OTHER_LOADERS = re.compile(r"\b(BaseLoader|DictLoader|FunctionLoader|ModuleLoader)\b")
_OF_TEXTS = frozenset({"Template", "from_string"})
_NONE = Inst("builtins.NoneType")
_RENDERS = frozenset(Member(owner, "render") for owner in ("jinja2.Template", "jinja2.environment.Template"))


class Reading:
    def __init__(self, reach: Reach, syntax: Syntax, templates: TemplateNames) -> None:
        self.program = reach.effects.program
        self.inference = reach.effects.inference
        self.syntax = syntax
        self.templates = templates
        self.views = Views(self.inference, syntax)
        self.properties = Properties(self.inference)

    def of_parameters(self, function: Key, *, in_list: bool) -> Iterator[tuple[str, frozenset[str]]]:
        """Those of which nothing but attributes are read, each with these."""
        node = self.syntax.file(function.path).function(self.program.scope(function).span)
        for name in parameter_names(node.args) if node is not None else ():
            read = self._of_parameter(function, name, in_list, _DEPTH)
            if read is not None:
                yield name, read

    def of_uses(self, function: Key, uses: Iterable[ast.expr], *, in_list: bool) -> frozenset[str] | None:
        """The attributes that these names in the function lead to; None where something else is done with
        one."""
        return self._of_uses(function, uses, in_list, _DEPTH)

    def _of_parameter(self, function: Key, name: str, in_list: bool, depth: int) -> frozenset[str] | None:
        node = self.syntax.file(function.path).function(self.program.scope(function).span)
        if node is None or depth == 0:
            return None
        uses = [part for part in walk(node) if isinstance(part, ast.Name) and part.id == name]
        if any(not isinstance(use.ctx, ast.Load) for use in uses):
            return None
        return self._of_uses(function, uses, in_list, depth)

    def _of_uses(
        self, function: Key, uses: Iterable[ast.expr], in_list: bool, depth: int
    ) -> frozenset[str] | None:
        found: set[str] = set()
        file = self.syntax.file(function.path)
        for use in uses:
            read = self._of_use(function, file, use, in_list, depth)
            if read is None:
                return None
            found |= read
        return frozenset(found)

    def _of_use(
        self, function: Key, file: FileSyntax, use: ast.expr, in_list: bool, depth: int
    ) -> frozenset[str] | None:
        above = file.parents.get(use)
        if above is None:
            return None  # it stands in no file: what is handed on, as if it were called there
        if _only_asks(above, use):
            return frozenset()
        if isinstance(above, ast.Call) and use is not above.func:
            return self._of_argument(function, file, above, use, in_list, depth)
        if isinstance(above, ast.keyword):
            call = file.parents[above]
            return (
                self._handed_on(function, call, use, in_list, depth) if isinstance(call, ast.Call) else None
            )
        if in_list:
            return self._of_objects_in(function, file, above, use, depth)
        if not isinstance(above, ast.Attribute) or not isinstance(above.ctx, ast.Load):
            return None
        return self._of_attribute(function, file, above, depth)

    def _of_attribute(
        self, function: Key, file: FileSyntax, node: ast.Attribute, depth: int
    ) -> frozenset[str] | None:
        """`order.number`, `order.user.email`; what a property or a method reads of its own object."""
        view, above = self.views.of(function.path), file.parents[node]
        run = self._run_by(view.kinds(node.value), node.attr)
        if isinstance(above, ast.Call) and above.func is node:
            run += [kind.key for kind in view.callees(above) if isinstance(kind, Fn)]
        if run:
            return _together([self._of_own_object(each, depth - 1) for each in run])
        kinds = view.kinds(node)
        if not _are_objects(objects_in(kinds)):
            return frozenset({node.attr})
        return _behind(node.attr, self._of_use(function, file, node, _is_list(kinds), depth))

    def _run_by(self, owners: Kinds, name: str) -> list[Key]:
        """The functions of a property."""
        objects = [kind for kind in owners if isinstance(kind, Obj)] if name in self.properties.names else []
        return [key for kind in objects for key in self.properties.accessed(kind, name, Access.READ)]

    def _of_own_object(self, method: Key, depth: int) -> frozenset[str] | None:
        node = self.syntax.file(method.path).function(self.program.scope(method).span)
        own = next(iter(parameter_names(node.args)), "") if node is not None else ""
        return self._of_parameter(method, own, False, depth) if own else None

    def _of_objects_in(
        self, function: Key, file: FileSyntax, above: ast.AST, use: ast.expr, depth: int
    ) -> frozenset[str] | None:
        """`for order in orders`, `orders[0].total`"""
        if isinstance(above, ast.Subscript) and above.value is use and not isinstance(above.slice, ast.Slice):
            is_read = isinstance(above.ctx, ast.Load)
            return self._of_use(function, file, above, False, depth) if is_read else None
        if not isinstance(above, (ast.For, ast.comprehension)) or above.iter is not use:
            return None
        return self._of_target(function, file, above.target, depth)

    def _of_target(
        self, function: Key, file: FileSyntax, target: ast.expr, depth: int
    ) -> frozenset[str] | None:
        node = file.function(self.program.scope(function).span)
        if not isinstance(target, ast.Name) or node is None or target.id in parameter_names(node.args):
            return None
        named = (part for part in walk(node) if isinstance(part, ast.Name) and part.id == target.id)
        loads = [part for part in named if isinstance(part.ctx, ast.Load)]
        return self._of_uses(function, loads, False, depth)

    def _of_argument(
        self, function: Key, file: FileSyntax, call: ast.Call, use: ast.expr, in_list: bool, depth: int
    ) -> frozenset[str] | None:
        name = call.func.id if isinstance(call.func, ast.Name) and in_list else ""
        if name in _COUNTS:
            return frozenset()
        above = file.parents[call]
        if name == "enumerate" and isinstance(above, (ast.For, ast.comprehension)) and above.iter is call:
            target = above.target
            is_pair = isinstance(target, ast.Tuple) and len(target.elts) == 2
            return self._of_target(function, file, target.elts[1], depth) if is_pair else None  # type: ignore[attr-defined]
        if name in _SAME_ELEMENTS and len(call.args) == 1:
            result = self._of_use(function, file, call, True, depth)
            keys = [self._of_key(function, keyword, depth) for keyword in call.keywords]
            parts = [result, *keys]
            return frozenset[str]().union(*filter(None, parts)) if None not in parts else None
        return self._handed_on(function, call, use, in_list, depth)

    def _of_key(self, function: Key, keyword: ast.keyword, depth: int) -> frozenset[str] | None:
        """`key=lambda order: order.total`, `reverse=True`"""
        value = keyword.value
        if keyword.arg != "key":
            return frozenset() if isinstance(value, ast.Constant) else None
        if not isinstance(value, ast.Lambda) or len(value.args.args) != 1:
            return None
        own = value.args.args[0].arg
        uses = [part for part in walk(value) if isinstance(part, ast.Name) and part.id == own]
        return self._of_uses(function, uses, False, depth)

    def _handed_on(
        self, function: Key, call: ast.Call, use: ast.expr, in_list: bool, depth: int
    ) -> frozenset[str] | None:
        """To functions of the project, each of which must be known."""
        view = self.views.of(function.path)
        callees = view.callees(call)
        if callees and callees <= _RENDERS:
            name = next((keyword.arg for keyword in call.keywords if keyword.value is use), None)
            name = name if self._is_read(function, call) else None
            return self._of_templates(name, view.kinds(use), depth) if name is not None else None
        found: set[str] = set()
        for callee in callees:
            name = self._parameter(callee, call, use) if isinstance(callee, Fn) else ""
            is_known = isinstance(callee, Fn) and name
            read = self._of_parameter(callee.key, name, in_list, depth - 1) if is_known else None  # type: ignore[union-attr]
            if read is None:
                return None
            found |= read
        return frozenset(found) if callees else None

    def _parameter(self, function: Fn, call: ast.Call, use: ast.expr) -> str:
        """The parameter that takes it; empty for none that has it alone."""
        parameters = self.program.scope(function.key).parameters
        for keyword in call.keywords:
            if keyword.value is use:
                own = (each.name for each in parameters if each.name == keyword.arg and "*" not in each.kind)
                return next(own, "")
        places = [each.name for each in parameters if each.kind == "positional"]
        places = places[1:] if function.bound else places
        before = call.args[: call.args.index(use)]
        is_plain = len(before) < len(places) and not any(isinstance(each, ast.Starred) for each in before)
        return places[len(before)] if is_plain else ""

    def _is_read(self, function: Key, call: ast.Call) -> bool:
        """Is it a template that has been read: one of a file, or a text that is written where it is made?"""
        made = call.func.value if isinstance(call.func, ast.Attribute) else None
        file = self.syntax.file(function.path)
        node = file.function(self.program.scope(function).span)
        if isinstance(made, ast.Name) and node is not None:
            made = _bound(walk(node), made.id) or _bound(file.tree.body, made.id)
        if not isinstance(made, ast.Call):
            return False
        if last_name(made.func) in _OF_TEXTS:
            return bool(made.args) and isinstance(made.args[0], ast.Constant)
        return last_name(made.func) == "get_template" and not self._has_other_loaders

    @cached_property
    def _has_other_loaders(self) -> bool:
        modules = self.program.modules.items()
        paths = (path for path, module in modules if not module.facts.is_test)
        return any(_OTHER_LOADERS.search(self.syntax.file(path).text) for path in paths)

    def _of_templates(self, name: str, kinds: Kinds, depth: int) -> frozenset[str] | None:
        """What any of them reads of what it has under that name; what its class does not have is no part of
        it."""
        kinds = objects_in(kinds)
        if not _are_objects(kinds) or len(kinds) != 1 or depth == 0:
            return None
        kind = next(iter(kinds))
        parts = [self._of_name(kind, each, depth) for each in sorted(self.templates.read_of(name))]
        return _together(parts)

    def _of_name(self, owner: Kind, name: str, depth: int) -> frozenset[str] | None:
        kinds = self.inference.attribute(one(owner), name)
        run = self._run_by(one(owner), name) + [kind.key for kind in kinds if isinstance(kind, Fn)]
        if run:
            return _together([self._of_own_object(each, depth - 1) for each in run])
        if _are_objects(objects_in(kinds)):
            return _behind(name, self._of_templates(name, kinds, depth - 1))
        return frozenset({name}) if kinds else frozenset()


def _bound(nodes: Iterable[ast.AST], name: str) -> ast.expr | None:
    """The only thing that the name is bound to there."""
    bound = (pair for part in nodes for pair in bound_plainly(part))
    values = [value for target, value in bound if last_name(target) == name]
    return values[0] if len(values) == 1 else None


def _behind(name: str, read: frozenset[str] | None) -> frozenset[str] | None:
    return frozenset({name, *(f"{name}.{each}" for each in read)}) if read is not None else None


def _together(parts: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    known = [each for each in parts if each is not None]
    return frozenset().union(*known) if len(known) == len(parts) else None


def _are_objects(kinds: Kinds) -> bool:
    return bool(kinds) and all(isinstance(kind, Obj) for kind in kinds)


def _is_list(kinds: Kinds) -> bool:
    return any(isinstance(kind, Inst) and kind != _NONE for kind in kinds)


def objects_in(kinds: Kinds) -> Kinds:
    """What a relationship leads to: an object, or those in a list."""
    kinds = frozenset(kind for kind in kinds if kind != _NONE)
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    return kind.args[0] if isinstance(kind, Inst) and kind.name == "builtins.list" and kind.args else kinds


def _only_asks(above: ast.AST, use: ast.expr) -> bool:
    """`if not orders`, `order is None`"""
    if isinstance(above, ast.Compare):
        return all(isinstance(each, (ast.Is, ast.IsNot)) for each in above.ops)
    is_denied = isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
    return is_denied or (isinstance(above, _TESTS) and above.test is use)
