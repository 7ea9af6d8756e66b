"""What a method changes of its object alone: of an object made for one piece of work, a task makes another.

class Mail:                                         mail = Mail()
    def send(self, to):                             mail.send(to)     # may move, both lines
        self.message = EmailMessage()
        self.message["To"] = to                     outbox.send(to)   # stays: others read outbox.message
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.link.infer import Inference
from ....analysis.link.program import Key
from ....analysis.nodes import bound_alone, walk
from ....analysis.syntax import FunctionNode, Syntax, last_name
from ...blocks.runs import Run
from ...finding.work import Work
from ...sites import HelperSignature
from .objects import OF_A_WITH, Objects

_GIVEN_ON = (ast.Name, ast.Attribute, ast.Subscript, ast.IfExp, ast.BoolOp)


class OwnChanges:
    def __init__(self, inference: Inference, syntax: Syntax, objects: Objects) -> None:
        self.classes = inference.classes
        self.program = inference.program
        self.syntax = syntax
        self.objects = objects

    def of(self, function: Key) -> str:
        """What the method changes of its own object; empty for nothing, and where others have a part of it:
        a list of the class, a client that it was given, an object that its class gives again."""
        changed = self.objects.changed(function)
        cls, node = self.program.enclosing_class(function), self.objects.node(function)
        if not changed or cls is None or node is None or not self._makes_each_anew(cls):
            return ""
        methods = dict(self.objects.methods(cls))
        made = {name for method in methods.values() for name in _made_anew(method)}
        made -= {binding.name for binding in self.program.scope(cls).bindings}
        for method in self.objects.of_self(node, methods):
            for _, part in self.objects.changes(cls, method):
                if not _is_set(part) and _first_attribute(part) not in made:
                    return ""
        return changed

    def _makes_each_anew(self, cls: Key) -> bool:
        """No decorator, metaclass or `__new__` that gives the same object again; every base known."""
        for step in self.classes.mro(cls):
            if step is None:
                return False
            if not isinstance(step, Key):
                continue
            node = self.syntax.file(step.path).class_(self.program.scope(step).span)
            if node is None or node.decorator_list or node.keywords:
                return False
            if any(name == "__new__" for name, _ in self.objects.methods(step)):
                return False
        return True


def is_made_here(work: Work, run: Run, helper: HelperSignature, *, is_entered: bool = False) -> bool:
    """`Mail().send(..)`, `mail = Mail()` or `with Mail() as mail` in the run, of which nothing is left
    outside; `is_entered`: only the last one."""
    cls, _, method = helper.qualname.rpartition(".")

    def makes(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and last_name(node.func) == cls.rpartition(".")[2]

    if method in OF_A_WITH:
        entered = [n.context_expr for n in run.nodes if isinstance(n, ast.withitem)]
        return any(map(makes, entered))
    receivers = [n.value for n in run.nodes if isinstance(n, ast.Attribute) and n.attr == method]
    for node in receivers:
        if makes(node) and not is_entered:
            continue
        name = node.id if isinstance(node, ast.Name) else ""
        same = [n for n in walk(work.function) if isinstance(n, ast.Name) and n.id == name]
        given = [n for n in same if isinstance(n.ctx, ast.Store)]
        above = work.file.parents[given[0]] if len(given) == 1 else None
        value = bound_alone(above)[1] if above is not None else None
        is_set = value is not None and makes(value)
        is_with = isinstance(above, ast.withitem) and makes(above.context_expr)
        if not (is_with or (is_set and not is_entered)) or not set(run.nodes).issuperset(same):
            return False
    return bool(receivers)


def _made_anew(method: FunctionNode) -> Iterator[str]:
    """Attributes that the method gives a value which nobody else has, as far as its text tells."""
    for node in walk(method):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if not isinstance(node.value, _GIVEN_ON):
                yield from (target.attr for target in targets if isinstance(target, ast.Attribute))


def _is_set(part: ast.expr) -> bool:
    """`self.name = ..`, of the object itself."""
    is_set = isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)
    return is_set and isinstance(part.value, ast.Name)  # type: ignore[attr-defined]


def _first_attribute(part: ast.expr) -> str:
    """`message` of `self.message["To"]`; empty for what lies deeper."""
    node: ast.expr = part
    while isinstance(node, ast.Subscript):
        node = node.value
    is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    return node.attr if is_own else ""  # type: ignore[attr-defined]
