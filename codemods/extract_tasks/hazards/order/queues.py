"""What only threads and tasks of this process take: in a worker nobody would.

jobs = queue.Queue()                    # a thread that the application started sends what is put there
"""

from __future__ import annotations

import ast

from ....analysis.link.infer import Inference
from ....analysis.link.kinds import Inst
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.scopes import local_names
from ....analysis.syntax import FunctionNode, Syntax
from ....analysis.view import Views
from ..objects.objects import root_of

_CLASSES = frozenset(
    (
        *(f"queue.{name}" for name in ("Queue", "SimpleQueue", "LifoQueue", "PriorityQueue")),
        *(f"asyncio.{name}" for name in ("Queue", "LifoQueue", "PriorityQueue", "Event", "Condition")),
        *("threading.Event", "threading.Condition", "multiprocessing.Queue"),
    )
)


class Queues:
    def __init__(self, inference: Inference, syntax: Syntax) -> None:
        self.views = Views(inference, syntax)

    def used_by(self, function: Key, node: FunctionNode) -> str:
        """A queue or an event that the function does not make itself, in words; empty for none."""
        view, made = self.views.of(function.path), local_names(node)
        made -= {argument.arg for argument in node.args.args[:1]}  # `self`
        for part in walk(node):
            if not isinstance(part, ast.Call) or not isinstance(part.func, ast.Attribute):
                continue
            receiver = part.func.value
            if not root_of(receiver) or root_of(receiver) in made:
                continue
            if any(isinstance(kind, Inst) and kind.name in _CLASSES for kind in view.kinds(receiver)):
                return f"{ast.unparse(receiver)}, which hands on to others in this process"
        return ""
