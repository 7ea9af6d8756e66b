"""Objects that FastAPI gives to a handler, and how a task makes them anew."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from ...analysis.judge.effects.site import Site
from ...analysis.judge.reaching.reach import HARMFUL, Reach
from ...analysis.link.kinds import Cls, Ext, Fn, Inst, Kind, Obj
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import bound_plainly
from ...analysis.scopes import local_names, own_nodes, target_names
from ...analysis.syntax import FunctionNode, Syntax, last_name
from ...analysis.view import Views
from ...model import Code
from ..hazards.objects.databases import commits
from ..hazards.state import State
from .importable import Importable
from .making import Making

_CACHES = ("functools.lru_cache", "functools.cache")
_OF_CLASSES = ("builtins.classmethod", "builtins.staticmethod")
_PLAIN_BASES = ("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol")


class Injected:
    def __init__(self, reach: Reach, syntax: Syntax, importable: Importable, state: State) -> None:
        self.program = reach.effects.program
        self.inference = reach.effects.inference
        self.syntax = syntax
        self.views = Views(self.inference, syntax)
        self.importable = importable
        self.state = state

    def maker(self, function: Key, node: FunctionNode, name: str) -> Code | None:
        """The call that gives a task what the parameter `name` holds.

        `service: Service = Depends()`, `= Depends(get_service)`, `Annotated[..]`, and aliases of it.
        """
        return self.made(function, node, name, Making())

    def made(self, function: Key, node: FunctionNode, name: str, builder: Making) -> Code | None:
        """The same with the sessions that the task opens for it."""
        text = self._given(function, node, name, builder)
        return builder.code(text) if text is not None else None

    def value(
        self,
        function: Key,
        node: FunctionNode | None,
        value: ast.expr,
        sessions: Collection[str] = (),
    ) -> Code | None:
        """What an expression of the function is to a task: the same, made of what all can import.

        `sessions`: names of those that the task opens itself.
        """
        builder = Making(sessions)
        text = self._text(function, node, value, builder)
        return builder.code(text) if text is not None else None

    def factory(
        self, function: Key, node: FunctionNode, call: ast.Call, sessions: Collection[str] = ()
    ) -> Code | None:
        """What a call of the function, `get_mailer()`, is to a task; None for one that does more than make
        an object, or may refuse."""
        view = self.views.of(function.path)
        calls = [each for each in ast.walk(call) if isinstance(each, ast.Call)]
        made_by = [kind.key for each in calls for kind in view.kinds(each.func) if isinstance(kind, Fn)]
        return self.value(function, node, call, sessions) if all(map(self._only_makes, made_by)) else None

    def object_of(self, cls: Key, given: Iterable[Code]) -> Code | None:
        """An object of a class, made of these; None where one that is there may be another by now."""
        scope = self.program.scope(cls)
        need = self.importable.need(cls.path, scope.name) if scope.qualname == scope.name else None
        if need is None or self._constructor(cls) is None or not self._stays_as_made(Cls(cls)):
            return None
        builder = Making()
        return builder.code(f"{builder.need(need)}({', '.join(map(builder.add, given))})")

    def _only_makes(self, function: Key) -> bool:
        made = self.inference.function_result(function)
        if not made or not all(map(_is_object, made)) or self.state.memory(function):
            return False
        if self.state.reach.flags(function) & HARMFUL or self.state.elsewhere(function, "", _asks):
            return False
        nodes = [self.node(each) for each in self.state.reach.below(function)]
        return not any(
            each is None or any(isinstance(n, ast.Raise) for n in own_nodes(each)) for each in nodes
        )

    def _given(self, function: Key, node: FunctionNode, name: str, builder: Making) -> str | None:
        path, source = self.dependency(function, node, name) or ("", None)
        if not isinstance(source, ast.Name) or self._is_overridden(source.id):
            return None
        kinds = self.views.of(path).kinds(source)
        kind = next(iter(kinds)) if len(kinds) == 1 else None
        called, made_by = self._called(kind), self.node(kind.key) if isinstance(kind, Fn) else None
        if called is None or not self._stays_as_made(kind):
            return None
        if isinstance(kind, Fn) and made_by is not None and self.program.scope(kind.key).is_async:
            *before, last = made_by.body
            is_only = not before or (len(before) == 1 and ast.get_docstring(made_by, clean=False) is not None)
            value = last.value if is_only and isinstance(last, ast.Return) else None
            return self._text(kind.key, made_by, value, builder) if value is not None else None
        written = self._text(Key(path, 0), None, source, builder)
        given = [self._argument(each, builder) for each in called]
        is_whole = written is not None and None not in given
        return f"{written}({', '.join(each or '' for each in given)})" if is_whole else None

    def _parameter(self, function: Key, node: FunctionNode, name: str, builder: Making) -> str | None:
        return builder.session(function, node, name) or self._given(function, node, name, builder)

    def _argument(self, parameter: tuple[Key, int], builder: Making) -> str | None:
        """What FastAPI gives to a parameter of what it calls; None for what the request has."""
        function, position = parameter
        taken, node = self.program.scope(function).parameters[position], self.node(function)
        text = self._parameter(function, node, taken.name, builder) if node is not None else None
        if text is None or taken.kind not in ("positional", "keyword"):
            return None
        return text if taken.kind == "positional" else f"{taken.name}={text}"

    def _text(self, function: Key, node: FunctionNode | None, value: ast.expr, builder: Making) -> str | None:
        if isinstance(value, ast.Constant):
            written = self.syntax.file(function.path).source(value)
            return written if "\n" not in written else ast.unparse(value)
        if isinstance(value, ast.Name):
            is_session = value.id in builder.sessions
            return value.id if is_session else self._name(function, node, value, builder)
        if isinstance(value, ast.Attribute):
            text = self._text(function, node, value.value, builder)
            return (
                f"{text}.{value.attr}"
                if text is not None and not self.state.is_written(function, value)
                else None
            )
        if not isinstance(value, ast.Call):
            return None
        kinds = self.views.of(function.path).kinds(value.func)
        kind = next(iter(kinds)) if len(kinds) == 1 else None
        is_coroutine = isinstance(kind, Fn) and self.program.scope(kind.key).is_async
        if is_coroutine or self._called(kind) is None or not self._stays_as_made(kind):
            return None
        called = self._text(function, node, value.func, builder)
        given = [self._text(function, node, each, builder) for each in value.args]
        named = [(each.arg, self._text(function, node, each.value, builder)) for each in value.keywords]
        if called is None or None in given or any(name is None or text is None for name, text in named):
            return None
        return f"{called}({', '.join([*map(str, given), *(f'{name}={text}' for name, text in named)])})"

    def _name(self, function: Key, node: FunctionNode | None, name: ast.Name, builder: Making) -> str | None:
        if node is not None and name.id in local_names(node):
            is_bound = any(name.id in target_names(statement) for statement in node.body)
            return self._parameter(function, node, name.id, builder) if not is_bound else None
        need = self.importable.need(function.path, name.id)
        kinds = self.views.of(function.path).kinds(name)
        if need is None or self.state.is_written(function, name) or not all(map(self._stays_as_made, kinds)):
            return None
        return builder.need(need)

    def _called(self, kind: Kind | None) -> list[tuple[Key, int]] | None:
        """The parameters of a class, a function or `Mailer.default` that anybody can call; else None."""
        if isinstance(kind, Fn) and self._gives(kind.key):
            first = int(self.inference.classes.is_classmethod(kind.key))
            taken = self.program.scope(kind.key).parameters[first:]
            return [(kind.key, number) for number, _ in enumerate(taken, first)]
        init = self._constructor(kind.key) if isinstance(kind, Cls) else None
        if init is None:
            return None
        return [(key, at) for key in init for at, _ in enumerate(self.program.scope(key).parameters)][1:]

    def node(self, function: Key) -> FunctionNode | None:
        return self.syntax.file(function.path).function(self.program.scope(function).span)

    def dependency(self, function: Key, node: FunctionNode, name: str) -> tuple[str, ast.expr] | None:
        """What `Depends(..)` of a parameter holds, with the path of the file in which it is written."""
        argument = next((a for a in _arguments(node) if a.arg == name), None)
        if argument is None or argument.annotation is None:
            return None
        path, annotation, given = function.path, argument.annotation, _defaults(node).get(name)
        if isinstance(annotation, ast.Name):
            path, annotation = self._alias(path, annotation)
        if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
            own = [e for e in annotation.slice.elts[1:] if isinstance(e, ast.Call)]
            given = next(iter(own), given)
            annotation = annotation.slice.elts[0]
        if not isinstance(given, ast.Call) or last_name(given.func) not in ("Depends", "Security"):
            return None
        return path, given.args[0] if given.args else annotation

    def is_overridden(self, function: Key, node: FunctionNode, name: str) -> bool:
        """Does the parameter get something else where tests ask for it?"""
        _, source = self.dependency(function, node, name) or ("", None)
        return isinstance(source, ast.Name) and self._is_overridden(source.id)

    @cached_property
    def tests_have_other_sessions(self) -> bool:
        """Do tests put a session of theirs in the place of one that a dependency gives?"""
        calls = self.program.calls_by_name.get("Depends", ()) if self._overriding else ()
        return any(isinstance(kind, Fn) and self._gives_session(kind.key) for kind in self._replaced(calls))

    def _replaced(self, calls: Iterable[CallKey]) -> Iterator[Kind]:
        """What these dependencies call, where tests have something else called."""
        for call in calls:
            view = self.views.of(call.path)
            node = view.node_of(call)
            source = node.args[0] if node is not None and node.args else None
            if isinstance(source, ast.Name) and self._is_overridden(source.id):
                yield from view.kinds(source)

    def _gives_session(self, function: Key) -> bool:
        node, view = self.node(function), self.views.of(function.path)
        given = (
            (part for part in own_nodes(node) if isinstance(part, (ast.Yield, ast.Return))) if node else ()
        )
        kinds = (kind for part in given if part.value is not None for kind in view.kinds(part.value))
        return any(commits(self.program, kind) for kind in kinds)

    def _is_overridden(self, name: str) -> bool:
        """`app.dependency_overrides[get_mailer] = FakeMailer`: a task would ask the real one."""
        return any(name in words for words in self._overriding)

    @cached_property
    def _overriding(self) -> tuple[frozenset[str], ...]:
        """The words of the files that override dependencies, of the application's own ones too."""
        texts = [self.syntax.file(path).text for path in self.program.modules]
        return tuple(frozenset(re.findall(r"\w+", text)) for text in texts if "dependency_overrides" in text)

    def _alias(self, path: str, name: ast.Name) -> tuple[str, ast.expr]:
        """`ServiceDep = Annotated[Service, Depends(..)]`, here or in the module it comes from."""
        need = self.importable.need(path, name.id)
        home = self.program.module_path(need.module, path) if need is not None else None
        if need is None or home is None:
            return path, name
        pairs = (pair for each in self.syntax.file(home).tree.body for pair in bound_plainly(each))
        given = (value for target, value in pairs if last_name(target) == need.name)
        return next(((home, value) for value in given), (path, name))

    def _stays_as_made(self, maker: Kind | None) -> bool:
        """Does nobody change the object since? A new one would lack that."""
        made = self.inference.function_result(maker.key) if isinstance(maker, Fn) else ()
        made_of = {kind.key for kind in made if isinstance(kind, Obj)}
        made_of |= {maker.key} if isinstance(maker, Cls) else set()
        steps = {step for cls in made_of for step in self.inference.classes.mro(cls) if isinstance(step, Key)}
        return steps.isdisjoint(self._set_by_others) and all(map(self.state.objects.is_as_made, steps))

    @cached_property
    def _set_by_others(self) -> frozenset[Key]:
        """The classes of objects of which a function sets an attribute: `mailer.lang = lang`."""
        found: set[Key] = set()
        for path, module in self.program.modules.items():
            for binding in module.facts.attributes if not module.facts.is_test else ():
                where = Key(path, binding.scope)
                own = self.program.enclosing_class(self.program.owner_of(path, binding.scope))
                kinds = self.inference.kinds(where, binding.target)
                found.update(kind.key for kind in kinds if isinstance(kind, Obj) and kind.key != own)
        return frozenset(found)

    def _gives(self, function: Key) -> bool:
        """Can anybody call it: nothing to close, nothing that only the application has?"""
        classes, is_method = self.inference.classes, self.program.enclosing_class(function) is not None
        if is_method and not (classes.is_classmethod(function) or classes.is_static(function)):
            return False
        is_one = self._is_plain(function) and not self.program.scope(function).has_yield
        return is_one and not self.state.needed(function)

    def _is_plain(self, function: Key) -> bool:
        """Not decorated, or only cached."""
        kinds = self.inference.classes.decorators(function)
        return all(isinstance(kind, Ext) and kind.name in (*_CACHES, *_OF_CLASSES) for kind in kinds)

    def _constructor(self, cls: Key) -> tuple[Key, ...] | None:
        """The `__init__` of a class that is known whole, if it has one; None for others."""
        classes = self.inference.classes
        for step in classes.mro(cls):
            if not isinstance(step, Key):
                if step not in _PLAIN_BASES:
                    return None
                continue
            if self.program.scope(step).decorators:
                return None
            init = classes.method(step, "__init__")
            if init is not None:
                return (init,) if not self.state.needed(init) else None
        return ()


def _is_object(kind: Kind) -> bool:
    return isinstance(kind, Obj) or (isinstance(kind, Inst) and not kind.name.startswith("builtins."))


def _arguments(node: FunctionNode) -> Iterator[ast.arg]:
    yield from (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)


def _defaults(node: FunctionNode) -> dict[str, ast.expr]:
    positional = [*node.args.posonlyargs, *node.args.args]
    own = positional[len(positional) - len(node.args.defaults) :]
    found = {argument.arg: value for argument, value in zip(own, node.args.defaults, strict=True)}
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return found | {argument.arg: value for argument, value in named if value is not None}


def _asks(function: Key, site: Site) -> bool:
    """No request is sent only to tell something."""
    return False
