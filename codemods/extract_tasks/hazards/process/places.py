"""Places in the memory of the process: names of modules, and attributes of classes and their objects.

language = "en"            a place, however another module calls it: `store.language`, `language`
settings.mails             a place of all objects of its class
os.environ["LANG"]         a place as well, and so is `app.state.language`
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ....analysis.index.bindings import How, Import
from ....analysis.index.expr import Attr, Expr, Name
from ....analysis.link import names
from ....analysis.link.classes.attributes import STATE
from ....analysis.link.infer import Inference
from ....analysis.link.kinds import Cls, Inst, Mod, Obj
from ....analysis.link.program import Key
from .environment import Environment

ENVIRONMENT = "os.environ"
_DEPTH = 4


class Place(NamedTuple):
    owner: str | Key
    """A module, the class that has the attribute, the environment, or the state of applications."""
    name: str
    """Empty for the module itself."""
    of_class: bool = False
    """Does the class itself have it, and not only its objects?"""


class Places:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program = inference.program
        self.environment = Environment(inference)

    def of(self, key: Key, expr: Expr | None) -> frozenset[Place]:
        """What an expression stands for where `key` reads it; nothing for a local name."""
        if isinstance(expr, Name):
            found = self.named(key, expr.id)
            if found is None:
                return frozenset().union(*(self.of(*each) for each in self.other_names(key, expr.id)))
            return frozenset({found} if found.name else ())
        if not isinstance(expr, Attr):
            return frozenset(Place(ENVIRONMENT, each) for each in self.environment.variables(key, expr))
        places = set[Place]()
        for kind in self.inference.kinds(key, expr.value):
            if isinstance(kind, (Cls, Obj)):
                owner = self._having(kind.key, expr.attr)
                places.add(Place(owner, expr.attr, of_class=True))
                if isinstance(kind, Obj):
                    places.add(Place(owner, expr.attr))
            elif isinstance(kind, Mod):
                path = self.program.module_path(kind.name, kind.near)
                found = self._followed(path, expr.attr) if path is not None else None
                places.update({found} if found is not None and found.name else ())
            elif isinstance(kind, Inst) and kind.name == STATE:
                places.add(Place(STATE, expr.attr))
        return frozenset(places)

    def set_by(self, key: Key, expr: Attr) -> frozenset[Place]:
        """The same where it gets another value: that of an object leaves the one of its class."""
        found = self.of(key, expr)
        return found - {each._replace(of_class=True) for each in found if not each.of_class}

    def named(self, function: Key, name: str) -> Place | None:
        """The name of a module of the project that `name` means in the function, or the module itself."""
        found = names.lookup(self.program, function, name)
        if not isinstance(found, list) or not found or any(bound.home.scope for bound in found):
            return None
        return self._followed(function.path, name)

    def other_names(self, function: Key, name: str) -> Iterator[tuple[Key, Expr]]:
        """`store.TICKETS` of `table = store.TICKETS`, where the function says so of a name of its own."""
        found = names.lookup(self.program, function, name)
        for bound in found if isinstance(found, list) else ():
            value, is_own = bound.binding.value, bound.home.scope and bound.binding.how is How.ASSIGN
            if is_own and isinstance(value, (Name, Attr)) and value != Name(name):
                yield bound.home, value

    def _followed(self, path: str, name: str) -> Place | None:
        """Through the imports of modules, to where it is bound."""
        module = self.program.modules[path].facts.module
        for _ in range(_DEPTH):
            bound = self.program.modules[path].names[0].get(name, ())
            value = next((b.value for b in bound if isinstance(b.value, Import)), None)
            if value is None:
                return Place(module, name)
            module, name = self.program.absolute(value, path), value.name
            inner = self.program.module_path(f"{module}.{name}" if name else module, path)
            if inner is not None:
                return Place(self.program.modules[inner].facts.module, "")
            outer = self.program.module_path(module, path)
            if outer is None:
                return None
            path = outer
        return None

    def _having(self, cls: Key, attribute: str) -> Key:
        """The class, or the last one that it derives from, that gives its objects the attribute."""
        classes = self.inference.classes
        steps = [step for step in classes.mro(cls) if isinstance(step, Key)]
        having = [
            step
            for step in steps
            if attribute in classes.kept(step)
            or any(binding.name == attribute for binding in self.program.scope(step).bindings)
        ]
        return having[-1] if having else cls
