"""The text that makes an object anew in a task, and the sessions that the task opens for it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ...analysis.link.program import Key
from ...analysis.syntax import FunctionNode
from ..generated.code import CodeBuilder
from .opened import Opened

Opens = Callable[[Key, FunctionNode, str], Opened | None]


class Making(CodeBuilder):
    def __init__(self, sessions: Collection[str] = (), opens: Opens = lambda *parameter: None) -> None:
        """`sessions`: names of those that the code around has; `opens`: what opens that of a parameter."""
        super().__init__()
        self.sessions = sessions
        self.opens = opens
        self.opened: dict[str, Opened] = {}

    def session(self, function: Key, node: FunctionNode, name: str) -> str | None:
        """The name of the session that FastAPI gives to a parameter; None for anything else."""
        opened = self.opens(function, node, name)
        if opened is None:
            return None
        self.opened[name] = opened
        return name
