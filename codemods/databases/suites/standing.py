"""Mocks and fakes that tests hand over in the place of sessions, and of objects whose methods turn.

users = Mock()                             users = Mock(spec=Users)
users.get.return_value = ann         ->    users.get.return_value = ann
Service(users).name(1)                     await Service(users).name(1)
overrides[get_users] = lambda: users       overrides[get_users] = lambda: users
with patch("app.api.Users") as fake: ->    with patch("app.api.Users", autospec=True) as fake:

A mock that knows a class has coroutine functions where it has them:
https://docs.python.org/3/library/unittest.mock.html#unittest.mock.Mock
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from ...analysis.handed_over import parameter_taking
from ...analysis.judge.callers.callers import Callers
from ...analysis.link.kinds import Inst, Obj
from ...analysis.link.libraries.fixtures import is_fixture, name_of
from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly, given_to, walk
from ...analysis.syntax import FunctionNode, span_of
from ...analysis.view import View, Views
from ...model import (
    Argument,
    Code,
    ImportNeed,
    InsertStatements,
    ReplaceCall,
    ReplaceExpression,
    slot,
)
from ..draft import Draft
from .async_mocks import MOCKS
from .mocked import double_of, handed_by
from .overrides import OVERRIDES, given_by, given_instead, statements_of
from .targets import Target, Targets, functions_of_application
from .told import named, replacement, results_told

_MAGIC_MOCK = ImportNeed("unittest.mock", "MagicMock")
_OF_PATCH = frozenset({"return_value"})
_SPECS = frozenset({"spec", "spec_set", "autospec"})


Use = tuple[View, FunctionNode, str]
"""A function that uses a mock, and the name that it has there."""


class Made(NamedTuple):
    """Where a mock is made, and the functions that use it under a name."""

    view: View
    call: ast.Call
    uses: tuple[Use, ...]


class Standing:
    def __init__(self, views: Views, callers: Callers, draft: Draft, paths: frozenset[str]) -> None:
        self.views = views
        self.callers = callers
        self.program = callers.program
        self.draft = draft
        self.tests = sorted(path for path in paths if self.program.modules[path].facts.is_test)
        self.targets = Targets(views, draft.functions)
        self._known: dict[tuple[str, ast.Call], Target] = {}

    def convert(self) -> None:
        for path in self.tests:
            view = self.views.of(path)
            for call in view.file.of_kind(ast.Call):
                for key in functions_of_application(view, call) if call.args or call.keywords else ():
                    self._handed(view, call, key)
            for assigned in view.file.of_kind(ast.Assign) if view.file.mentions("Mock") else ():
                self._put(view, assigned)
            if view.file.mentions(OVERRIDES):
                for provider in view.file.of_kind(ast.Name, ast.Attribute):
                    self._overridden(view, provider)
        patches = self.callers.patches
        for patched in (each for each in patches.calls() if each.path in self.tests):
            view = self.views.of(patched.path)
            for dotted in patches.replaced_by(patched):
                node, target = view.node_of(patched), self.targets.of_name(dotted)
                if node is not None and target is not None:
                    self._patched(view, node, dotted, target)

    # what stands for what -----------------------------------------------------------------------------------

    def _handed(self, view: View, call: ast.Call, key: Key) -> None:
        for value in given_to(call):
            if not isinstance(value, (ast.Name, ast.Call)):
                continue
            is_mock = any(isinstance(kind, Inst) and kind.name in MOCKS for kind in view.kinds(value))
            double = double_of(view, value)
            name = parameter_taking(view, call, value, key) if is_mock or double else None
            target = self.targets.of_parameter(key, name) if name is not None else None
            if target is not None and is_mock:
                self._mock(view, value, target)
            elif target is not None and target.is_session:
                self._refuse(view, value, f"a test hands the application {double}, and no session")

    def _put(self, view: View, assigned: ast.Assign) -> None:
        """`service.users = Mock()`"""
        place = assigned.targets[0]
        if not isinstance(place, ast.Attribute) or not isinstance(assigned.value, (ast.Name, ast.Call)):
            return
        is_mock = any(isinstance(kind, Inst) and kind.name in MOCKS for kind in view.kinds(assigned.value))
        target = self.targets.of_attribute(view.kinds(place.value), place.attr) if is_mock else None
        function = view.function(assigned)
        if target is not None and function is not None:
            self._mock(view, assigned.value, target, ((view, function, ast.unparse(place)),))

    def _overridden(self, view: View, node: ast.expr) -> None:
        """`app.dependency_overrides[get_users] = lambda: Mock()`"""
        for value in given_instead(view, node):
            target = self.targets.of_dependency(view.kinds(node))
            for home, given in handed_by(self.views, view, value) if target is not None else ():
                if target is not None and not target.is_session and home.instance(given) in MOCKS:
                    self._mock(home, given, target)

    # what becomes of it -------------------------------------------------------------------------------------

    def _patched(self, view: View, node: ast.Call, dotted: str, target: Target) -> None:
        """A class that is replaced by a mock, or by a class of the tests; or an object, or a module."""
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        new = replacement(node, dotted.rpartition(".")[2])
        fakes = view.classes_named(new) if new is not None and target.is_made else []
        if fakes and all(key.path in self.tests for key in fakes):
            return  # they turn along
        if new is not None or not given.keys() <= (_OF_PATCH | _SPECS if target.is_made else _SPECS):
            self._refuse(view, node, f"{dotted} is replaced by what nobody can await")
            return
        for value, function, name in results_told(view, node) if target.is_made else ():
            self._given(view, value, dotted, target, ((view, function, name),) if function else ())
        function, name = named(view, node)
        if function is not None and name and not target.is_made:
            self._uses(view, function, name, Made(view, node, ()), target)
        if not given:
            kept = tuple(Argument(index) for index in range(len(node.args)))
            made = Code(view.source(node.func))
            more = Argument(code=Code("autospec=True"))
            self.draft.edit(view, ReplaceCall(span_of(node), made, (*kept, more)))

    def _given(
        self, view: View, value: ast.expr, dotted: str, target: Target, uses: tuple[Use, ...] = ()
    ) -> None:
        """What the mock of a class gives instead of an object: another mock, or an object of the tests."""
        classes = self.views.inference.classes
        made = [kind.key for kind in view.kinds(value) if isinstance(kind, Obj)]
        methods = [classes.method(cls, name) for cls in made for name in target.turned]
        stays = [
            each
            for each in methods
            if isinstance(each, Key)
            and not self.program.scope(each).is_async
            and each not in self.draft.functions
        ]
        if stays or isinstance(value, ast.Lambda):
            self._refuse(view, value, f"{dotted} is replaced by what nobody can await")
        else:
            self._mock(view, value, target, uses)

    def _mock(self, view: View, value: ast.expr, target: Target, uses: tuple[Use, ...] = ()) -> None:
        """`uses` are those under the name where it is put."""
        made = self._made(view, value)
        if made is None:
            if any(isinstance(kind, Inst) and kind.name in MOCKS for kind in view.kinds(value)):
                self._refuse(
                    view, value, f"{view.source(value)} stands for {target.need.name}, and is made elsewhere"
                )
            return
        known = self._known.setdefault((made.view.path, made.call), target)
        if known is not target and known != target:
            self._refuse(view, value, f"{view.source(value)} stands for several things")
        for home, function, name in (*made.uses, *uses):
            if not self._uses(home, function, name, made, target):
                return
        given = {keyword.arg for keyword in made.call.keywords}
        if given & _SPECS:
            return
        if made.call.args or not given <= {"name"}:
            self._refuse(made.view, made.call, f"a mock of {target.need.name} that is told what it gives")
            return
        inner = "".join(f", {made.view.source(keyword)}" for keyword in made.call.keywords)
        code = Code(f"{made.view.source(made.call.func)}(spec={slot(0)}{inner})", (target.need,))
        self.draft.edit(made.view, ReplaceExpression(span_of(made.call), code))

    def _uses(self, view: View, function: FunctionNode, name: str, made: Made, target: Target) -> bool:
        """What the test says of the mock; False where that would be another thing from now on."""
        for node in walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                f"{name}.{each}" for each in target.turned
            }:
                self._refuse(view, node, f"{view.in_a_line(node)} gives a coroutine from now on")
                return False
            if not isinstance(node, ast.Attribute) or not ast.unparse(node).startswith(f"{name}."):
                continue
            first, *rest = ast.unparse(node).removeprefix(f"{name}.").split(".")
            if target.is_session and first.startswith("query"):
                self._refuse(view, node, f"what {view.in_a_line(node)} is told, nobody asks any more")
                return False
            if first in target.turned and rest[:1] == ["return_value"] and len(rest) == 2:
                self._plain_result(view, node, f"{name}.{first}", made)
        return True

    def _plain_result(self, view: View, node: ast.Attribute, method: str, made: Made) -> None:
        """`db.execute.return_value.all`: what a coroutine function gives is no coroutine function."""
        function = view.function(node)
        first = (
            next(
                n
                for n in walk(function)
                if isinstance(n, ast.Attribute) and ast.unparse(n) == ast.unparse(node)
            )
            if function is not None
            else node
        )
        statement = view.file.statement(first)
        is_patch = view.external(made.call.func) not in MOCKS
        mock = slot(0) if is_patch else made.view.source(made.call.func)
        code = Code(f"{method}.return_value = {mock}()", (_MAGIC_MOCK,) * is_patch)
        if made.view.path != view.path:
            self._refuse(
                view, node, f"{view.in_a_line(node)} is of a result, and would be a coroutine function"
            )
        elif view.function(statement) is function:
            self.draft.edit(view, InsertStatements(span_of(view.first_of_chain(statement)), code))

    # where it is made ---------------------------------------------------------------------------------------

    def _made(self, view: View, value: ast.expr) -> Made | None:
        if isinstance(value, ast.Call):
            return Made(view, value, ()) if view.external(value.func) in MOCKS else None
        function = view.function(view.file.statement(value))
        if not isinstance(value, ast.Name) or function is None:
            return None
        assigned = _assigned(function, value.id)
        if not assigned:
            return self._of_fixture(view, value.id)
        call = assigned[0]
        if len(assigned) > 1 or not isinstance(call, ast.Call) or view.external(call.func) not in MOCKS:
            return None
        return Made(view, call, ((view, function, value.id), *self._asking(view, function, value.id)))

    def _of_fixture(self, view: View, name: str) -> Made | None:
        key = self.views.inference.parameters.fixtures.named(name, view.path)
        home = self.views.of(key.path) if key is not None else view
        function = home.file.function(self.program.scope(key).span) if key is not None else None
        given = _given(function) if function is not None else []
        if function is None or len(given) != 1:
            return None
        if isinstance(given[0], ast.Name) and not _assigned(function, given[0].id):
            return None
        made = self._made(home, given[0])
        if made is None or isinstance(given[0], ast.Name):
            return made
        return Made(made.view, made.call, (*made.uses, *self._asking(home, function, "")))

    def _asking(self, view: View, function: FunctionNode, given: str) -> list[Use]:
        """Who asks for the fixture, if the function is one that gives what it has under the name."""
        key = view.owner(function.body[0])
        names = [each.id for each in _given(function) if isinstance(each, ast.Name)]
        if not is_fixture(self.program, key) or (given and given not in names):
            return []
        name = name_of(self.program, key)
        return [
            (other, node, name)
            for path in self.tests
            for other in (self.views.of(path),)
            if other.file.mentions(name)
            for node in other.file.of_kind(ast.FunctionDef, ast.AsyncFunctionDef)
            if name in {each.arg for each in node.args.args}
        ]

    def _refuse(self, view: View, node: ast.AST, text: str) -> None:
        self.draft.obstacle(view, node, text, "make it a Mock(spec=...) of the class, or an AsyncMock")


def _given(function: FunctionNode) -> list[ast.expr]:
    return [each for statement in statements_of(function) if (each := given_by(statement)) is not None]


def _assigned(function: FunctionNode, name: str) -> list[ast.expr]:
    return [
        value
        for node in walk(function)
        for target, value in bound_plainly(node)
        if isinstance(target, ast.Name) and target.id == name
    ]
