"""Sessions that an object is made with: whoever makes the object hands over one of its own.

class Mailer:
    def __init__(self, db): self.db = db

Mailer(db).send(user_id)     # in a function: a worker makes one in the same way
mailer = Mailer(SHARED)      # of a module: a worker would have another one
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.index.bindings import ScopeKind
from ....analysis.link.infer import Inference
from ....analysis.link.kinds import Cls, Obj
from ....analysis.link.names import Parameter, lookup
from ....analysis.link.program import CallKey, Key
from ....analysis.syntax import FunctionNode, Syntax


class KeptSessions:
    def __init__(self, inference: Inference, syntax: Syntax) -> None:
        self.program = inference.program
        self.inference = inference
        self.syntax = syntax
        self._given: dict[tuple[Key, str], bool] = {}

    def is_given(self, method: Key, attribute: str) -> bool:
        """Does its constructor alone set `self.attribute`, to what a function gave that makes an object?"""
        cls = self.program.enclosing_class(method)
        if cls is None:
            return False
        if (cls, attribute) not in self._given:
            self._given[cls, attribute] = self._is_given(cls, attribute)
        return self._given[cls, attribute]

    def _is_given(self, cls: Key, attribute: str) -> bool:
        init = self.inference.classes.method(cls, "__init__")
        node = self._node(init) if init is not None else None
        if init is None or node is None or set(self._set(cls, attribute)) != {init}:
            return False
        name = _parameter(node, attribute)
        position = [each.arg for each in node.args.args].index(name) - 1 if name else -1
        return position >= 0 and all(self._is_own(call, position, name) for call in self._made(cls))

    def _set(self, cls: Key, attribute: str) -> Iterator[Key]:
        """The functions that may set it, those of tests apart."""
        family = {cls, *self.inference.classes.subclasses.get(cls, ()), *self.inference.classes.mro(cls)}
        for path, module in self.program.modules.items():
            for binding in module.facts.attributes if not module.facts.is_test else ():
                if binding.attr == attribute and binding.gives_value:
                    kinds = self.inference.kinds(Key(path, binding.scope), binding.target)
                    if any(isinstance(kind, Obj) and kind.key in family for kind in kinds):
                        yield Key(path, binding.scope)

    def _made(self, cls: Key) -> Iterator[CallKey]:
        """Where an object of the class is made, or of one that inherits from it."""
        family = {cls, *self.inference.classes.subclasses.get(cls, ())}
        names = {self.program.scope(each).name for each in family}
        names |= {alias for name in names for alias in self.program.aliases.get(name, ())}
        for call in (call for name in sorted(names) for call in self.program.calls_by_name.get(name, ())):
            kinds = self.inference.callees(call)
            if any(isinstance(kind, Cls) and kind.key in family for kind in kinds):
                yield call

    def _is_own(self, call: CallKey, position: int, name: str) -> bool:
        """Is it made in a function, with what that was given or made itself?"""
        module, site = self.program.modules[call.path], self.program.call(call)
        owner = self.program.owner_of(call.path, site.scope)
        made = self.syntax.file(call.path).call(site.span)
        if module.facts.is_test:
            return True
        if made is None or self.program.scope(owner).kind is not ScopeKind.FUNCTION:
            return False
        named = [keyword.value for keyword in made.keywords if keyword.arg == name]
        value = next(iter([*named, *made.args[position : position + 1]]), None)
        while isinstance(value, ast.Attribute):
            value = value.value
        if isinstance(value, ast.Name):
            found = lookup(self.program, owner, value.id)
            return isinstance(found, Parameter) or (
                isinstance(found, list) and bool(found) and all(bound.home.scope for bound in found)
            )
        return value is None or isinstance(value, (ast.Call, ast.Constant))

    def _node(self, function: Key) -> FunctionNode | None:
        return self.syntax.file(function.path).function(self.program.scope(function).span)


def _parameter(init: FunctionNode, attribute: str) -> str:
    """The parameter that `__init__` keeps under this name as it is; it has no default but None."""
    own = init.args.args[0].arg if init.args.args else ""
    defaults = dict(zip([a.arg for a in init.args.args][::-1], init.args.defaults[::-1], strict=False))
    kept = [
        statement.value.id
        for statement in init.body
        if isinstance(statement, (ast.Assign, ast.AnnAssign))
        and isinstance(statement.value, ast.Name)
        and f"{own}.{attribute}" in map(ast.unparse, _targets(statement))
    ]
    name = kept[0] if len(kept) == 1 and kept[0] in [a.arg for a in init.args.args] else ""
    default = defaults.get(name)
    return name if default is None or ast.unparse(default) == "None" else ""


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return statement.targets if isinstance(statement, ast.Assign) else [statement.target]
