"""What a worker finds otherwise: it has names and tables as the modules leave them that it loads.

TICKETS: dict[int, Ticket] = {}         # `TICKETS[number] = ..` in a handler: empty in a worker
CHANNELS: dict[str, Channel] = {}       # `@register("sms")` in app/sms.py: there if that is loaded as well
language = "en"                         # `store.language = word` in a handler: still English in a worker

What the work writes itself a worker has as well: `if self.client is None: self.client = Client()`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from ....analysis.index.bindings import How
from ....analysis.index.expr import Attr, DictDisplay, Display, Expr, Item, Name
from ....analysis.index.facts import Use
from ....analysis.link import names
from ....analysis.link.import_graph import ImportGraph
from ....analysis.link.infer import Inference
from ....analysis.link.kinds import Cls, Obj
from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import walk
from ....analysis.syntax import last_name
from ....analysis.view import View, Views
from ..objects.objects import changed_by, root_of
from .fills import Fills
from .made import Made
from .places import Place, Places
from .running import Running
from .sets import Sets

_DEPTH = 3
_MADE_ONCE = (DictDisplay, Display)
_READS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


class _Read(NamedTuple):
    places: frozenset[Place]
    text: str
    of_self: Key | None
    """The class of the object whose own method reads it."""


class _Write(NamedTuple):
    by: Key
    """The scope that writes."""
    fills: bool
    """Does it change what is there, or put another value in its place?"""


class Written:
    def __init__(self, inference: Inference, views: Views) -> None:
        self.inference = inference
        self.program = inference.program
        self.views = views
        self.places = Places(inference)
        self.running = Running(inference)
        made = Made(inference, self.running)
        self.sets = Sets(self.places, made)
        self.fills = Fills(inference, self.places, made)
        self.graph = ImportGraph(self.program)
        self._reads: dict[Key, tuple[_Read, ...]] = {}
        self._writes: dict[Place, tuple[_Write, ...]] = {}
        self._mentioned: dict[str, bool] = {}
        self._shared: dict[Key, bool] = {}
        self._reads_of = cache(self._find_reads_of)

    def read_by(self, functions: Sequence[Key], apart: Key | None = None) -> str:
        """What these functions, which make up a piece of work, read and others write; in words, empty for
        nothing. What methods of the class `apart` read of their own object is not asked."""
        own = frozenset(functions)
        for function in functions:
            for read in self.reads(function):
                is_asked = read.of_self is None or read.of_self != apart
                words = self._told(read.places, function.path, own) if is_asked else ""
                if words:
                    return f"{read.text}, {words}"
        return ""

    def of_object(self, functions: Iterable[Key], cls: Key) -> str:
        """The same of what methods of the class read of their own object, if the process has one for all."""
        if not self._is_shared(cls) or not self._reads_of(cls):
            return ""  # and the functions need not be gone through
        own = dict.fromkeys(functions)
        for function in own:
            for read in self._reads_of(cls).get(function, ()):
                if words := self._told(read.places, function.path, own):
                    return f"{read.text}, {words}"
        return ""

    def _find_reads_of(self, cls: Key) -> Mapping[Key, Sequence[_Read]]:
        """What methods of the class read of their own object."""
        methods = (
            each for each in self.program.functions_of(cls.path) if self.program.enclosing_class(each) == cls
        )
        found = {each: [read for read in self.reads(each) if read.of_self == cls] for each in methods}
        return {method: reads for method, reads in found.items() if reads}

    def of(self, function: Key, node: ast.expr) -> str:
        """Who else writes what the expression stands for, as the function reads it."""
        found = self._read(function, node)
        return self._told(found.places, function.path, ()) if found is not None else ""

    def changed_by(self, function: Key, node: ast.AST) -> ast.expr | None:
        """What a part of the function changes in the memory of the process, as it is named there; functions
        and methods of the project are asked themselves."""
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            return node if node.id in self.program.scope(function).globals else None
        view = self.views.of(function.path)
        changed = changed_by(node)
        if isinstance(node, ast.Call):
            is_container = changed is not None and not view.functions_called(node)
            given = (each for each in self._given(view, node) if self.is_everybodys(function, each))
            changed = changed if is_container else next(given, None)
        return changed if changed is not None and self.is_everybodys(function, changed) else None

    def _given(self, view: View, call: ast.Call) -> Iterator[ast.expr]:
        """`TICKETS` of `fill(TICKETS, to)`, `settings` of `speak(settings, word)`"""
        name = last_name(call.func)
        fills, sets = self.fills.may_fill(name), self.sets.may_set(name)
        key = view.call_key(call) if fills or sets else None
        if key is None:
            return
        given: list[tuple[int | str, ast.expr]] = [*enumerate(call.args)]
        given += [(word.arg, word.value) for word in call.keywords if word.arg]
        for at, each in given:
            if (fills and self.fills.is_filled(key, at)) or (sets and self.sets.is_set(key, at)):
                yield each

    def is_everybodys(self, function: Key, node: ast.expr) -> bool:
        """Does the process have what the function names there?"""
        view = self.views.of(function.path)
        return self._is_of_process(view.key(node), view.expr(node), _DEPTH)

    def _is_of_process(self, key: Key, expr: Expr | None, depth: int) -> bool:
        """A name of a module, an attribute of a class, a default that all calls have, and what is inside."""
        while isinstance(expr, (Attr, Item)):
            owners = self.inference.kinds(key, expr.value) if isinstance(expr, Attr) else ()
            if any(isinstance(kind, Cls) for kind in owners):
                return True
            expr = expr.value
        if not isinstance(expr, Name) or not depth:
            return False
        others = self.places.other_names(key, expr.id)
        is_named = self.places.named(key, expr.id) is not None or self._is_default(key, expr.id)
        return is_named or any(self._is_of_process(*other, depth - 1) for other in others)

    def _is_default(self, key: Key, name: str) -> bool:
        """`seen` of `def send(to, seen=[])`"""
        parameters = self.program.scope(key).parameters
        return any(each.name == name and isinstance(each.default, _MADE_ONCE) for each in parameters)

    def reads(self, function: Key) -> tuple[_Read, ...]:
        """The places that something in the program may write."""
        if function not in self._reads:
            node = self.views.of(function.path).file.function(self.program.scope(function).span)
            found = (self._read(function, part) for part in walk(node)) if node is not None else ()
            self._reads[function] = tuple(filter(None, found))
        return self._reads[function]

    def _read(self, function: Key, node: ast.AST) -> _Read | None:
        if not isinstance(node, _READS) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            return None
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if name and not self._mention(name):
            return None
        view = self.views.of(function.path)
        is_of_others = isinstance(node, ast.Attribute) and self._is_of_others(view, node.value)
        if is_of_others and not self._is_of_class(view, node):
            return None
        if isinstance(node, ast.Name) and self.places.named(view.key(node), node.id) is None:
            return None  # what a name of its own stands for was read where it got that
        places = self.places.of(view.key(node), view.expr(node))
        if is_of_others:
            places = frozenset(each for each in places if each.of_class)
        own = self._of_self(function, node) if not is_of_others else None
        return _Read(places, ast.unparse(node), own) if places else None

    def _mention(self, name: str) -> bool:
        if name not in self._mentioned:
            self._mentioned[name] = self.sets.mention(name) or self.fills.mention(name)
        return self._mentioned[name]

    def _is_of_others(self, view: View, node: ast.expr) -> bool:
        """An object that the process has not, or that the function has found or made itself."""
        objects = [kind.key for kind in view.kinds(node) if isinstance(kind, Obj)]
        found = names.lookup(self.program, view.key(node), root_of(node)) if objects else None
        is_own = isinstance(found, list) and any(each.home.scope for each in found)
        is_own = is_own and not [*self.places.other_names(view.key(node), root_of(node))]
        return is_own or not all(map(self._is_shared, objects))

    def _is_of_class(self, view: View, node: ast.AST) -> bool:
        """`self.counts`, which the body of a plain class makes and no object has for itself."""
        owner, name = getattr(node, "value", node), getattr(node, "attr", "")
        classes = self.inference.classes
        for kind in view.kinds(owner):
            steps = classes.mro(kind.key) if isinstance(kind, Obj) else (None,)
            plain = [step for step in steps if isinstance(step, Key)]
            is_plain = len(plain) == len([step for step in steps if step != "builtins.object"])
            scopes = [self.program.scope(step) for step in plain]
            is_made = any(
                each.name == name and each.how is How.ASSIGN for scope in scopes for each in scope.bindings
            )
            is_kept = any(name in classes.kept(step) for step in plain)
            if not is_plain or not is_made or is_kept or any(scope.decorators for scope in scopes):
                return False
        return True

    def _of_self(self, function: Key, node: ast.expr) -> Key | None:
        parameters = self.program.scope(function).parameters
        own = parameters[0].name if parameters else ""
        is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == own
        return self.program.enclosing_class(function) if is_own else None

    def _is_shared(self, cls: Key) -> bool:
        """Does a module make an object of the class when it is loaded?"""
        if cls not in self._shared:
            family = frozenset((cls, *self.inference.classes.subclasses.get(cls, ())))
            names = {self.program.scope(each).name for each in family}
            calls = [call for name in sorted(names) for call in self.program.calls_by_name.get(name, ())]
            self._shared[cls] = any(self._makes_at_import(call, family) for call in calls)
        return self._shared[cls]

    def _makes_at_import(self, call: CallKey, family: Collection[Key]) -> bool:
        site = self.program.call(call)
        is_script = site.use & Use.MAIN_GUARD or self.running.is_test(call.path)
        if is_script or self.running.outermost(Key(call.path, site.scope)) is not None:
            return False
        return any(isinstance(kind, Cls) and kind.key in family for kind in self.inference.callees(call))

    # who writes it ----------------------------------------------------------------------------------------

    def _told(self, places: Collection[Place], near: str, own: Collection[Key]) -> str:
        found = (self._who(place, near, own) for place in sorted(places, key=str))
        return next(filter(None, found), "")

    def _of(self, place: Place) -> tuple[_Write, ...]:
        if place not in self._writes:
            sets = (_Write(key, fills=False) for key in self.sets.of(place))
            self._writes[place] = (*sets, *(_Write(key, fills=True) for key in self.fills.of(place)))
        return self._writes[place]

    def _who(self, place: Place, near: str, own: Collection[Key]) -> str:
        late, files, verb = False, set[str](), "changes"
        for write in self._of(place):
            if any(key in own for key in self.running.around(write.by)):
                return ""
            outer = self.running.outermost(write.by)
            run = self.running.of(outer) if outer is not None else None
            late |= run is not None and run.late
            files |= run.files if run is not None else {write.by.path}
            verb = verb if write.fills else "sets"
        if late:
            return f"which the application {verb} at run time"
        owner = place.owner
        home = self.program.modules[owner.path].facts.module if isinstance(owner, Key) else owner
        loaded = self.graph.loads(home) | self.graph.behind([near]) if files else frozenset()
        missing = sorted(self.program.modules[path].facts.module for path in files - loaded)
        return f"which {missing[0]} {verb} when it is loaded" if missing else ""
