"""What the fields of a plain class hold: `page.items` is what the class is made with at every place."""

from __future__ import annotations

import ast

from ....analysis.handed_over import Given
from ....analysis.index.bindings import How
from ....analysis.judge.callers.callers import Callers
from ....analysis.judge.callers.spellings import spellings
from ....analysis.link.kinds import Cls, Obj
from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import walk
from ....analysis.view import View, Views
from ...names import ADDING

_ASKING = frozenset({"isinstance", "issubclass"})


class Fields:
    def __init__(self, views: Views, callers: Callers) -> None:
        self.views = views
        self.callers = callers
        self.program = callers.program
        self._found: dict[tuple[Key, str], list[Given] | None] = {}

    def of(self, cls: Key, name: str) -> list[Given] | None:
        """Of a dataclass or model of the project, which has no constructor of its own; None where it may be
        made or filled in a way that is not followed."""
        if (cls, name) not in self._found:
            self._found[cls, name] = self._of(cls, name)
        return self._found[cls, name]

    def _of(self, cls: Key, name: str) -> list[Given] | None:
        names = [b.name for b in self.program.scope(cls).bindings if b.how is How.ANNOTATION]
        if name not in names or "__init__" in self.program.modules[cls.path].names[cls.scope]:
            return None
        if self._is_handed_on(cls) or self._is_set_later(cls, name):
            return None
        steps = [step for step in self.callers.inference.classes.mro(cls) if isinstance(step, Key)]
        position = names.index(name) if len(steps) == 1 else None  # inherited fields stand before
        found: list[Given] = []
        for call in self._made(cls):
            view = self.views.of(call.path)
            node = view.node_of(call)
            if node is None or view.module.is_test:
                return None
            value = _argument(node, name, position)
            if value is None:
                return None
            found.append(Given(view, node, value))
        return found or None

    def _made(self, cls: Key) -> list[CallKey]:
        calls = {
            call
            for word in (*spellings(self.program, cls), "cls")
            for call in self.program.calls_by_name.get(word, ())
        }
        kinds = self.callers.inference.callees
        return sorted(c for c in calls if any(isinstance(k, Cls) and k.key == cls for k in kinds(c)))

    def _is_handed_on(self, cls: Key) -> bool:
        """A class inherits from it, or it has another name, or somebody is given it to call."""
        for word in spellings(self.program, cls):
            for path, number in self.program.references_by_name.get(word, ()):
                facts = self.program.modules[path].facts
                reference = facts.references[number]
                kinds = self.callers.inference.kinds(
                    Key(path, reference.scope), reference.expr, reference.span.line
                )
                taker = facts.calls[reference.call].func if reference.call >= 0 else None
                is_asked = reference.position == "response_model" or getattr(taker, "id", "") in _ASKING
                if not is_asked and any(isinstance(k, Cls) and k.key == cls for k in kinds):
                    return True
        return False

    def _is_set_later(self, cls: Key, name: str) -> bool:
        """`page.items = rows`, `page.items.append(row)`, `replace(page, items=rows)`."""
        for path in self.program.modules:
            text = self.views.syntax.file(path).text
            if f".{name}" not in text and "replace(" not in text:
                continue
            view = self.views.of(path)
            if any(_sets(view, node, cls, name) for node in walk(view.file.tree)):
                return True
        return False


def _argument(call: ast.Call, name: str, position: int | None) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    is_plain = not any(isinstance(argument, ast.Starred) for argument in call.args)
    return call.args[position] if is_plain and position is not None and position < len(call.args) else None


def _sets(view: View, node: ast.AST, cls: Key, name: str) -> bool:
    if isinstance(node, ast.Call):
        is_copied = view.external(node.func) == "dataclasses.replace"
        return is_copied and any(keyword.arg in (name, None) for keyword in node.keywords)
    if not isinstance(node, ast.Attribute) or node.attr != name:
        return False
    above = view.file.parents[node]
    adds = isinstance(above, ast.Attribute) and above.attr in ADDING
    kinds = view.kinds(node.value)
    may_be = not kinds or any(not isinstance(k, Obj) or k.key == cls for k in kinds)
    return may_be and (adds or isinstance(node.ctx, ast.Store))
