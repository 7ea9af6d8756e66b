"""What is made to be known to one person alone, be it by a function of the project.

def one_time_code() -> str:
    return f"{secrets.randbelow(1_000_000):06d}"
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.kinds import Ext, Fn
from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import bound_alone, walk
from ....analysis.scopes import own_nodes
from ....analysis.syntax import FunctionNode, Syntax, span_of
from ....model import Span

_MAKERS = frozenset(
    {
        "jose.jwt.encode",
        "jwt.encode",
        "secrets.choice",
        "secrets.randbelow",
        "secrets.randbits",
        "secrets.token_bytes",
        "secrets.token_hex",
        "secrets.token_urlsafe",
    }
)


class MadeSecrets:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self._program = reach.effects.program
        self._callees = reach.effects.inference.callees
        self._syntax = syntax
        self._found: dict[Key, bool] = {}

    def makes(self, call: CallKey) -> bool:
        """Does the call give such a one, or a text with one in it?"""
        return any(
            kind.name in _MAKERS if isinstance(kind, Ext) else isinstance(kind, Fn) and self._gives(kind.key)
            for kind in self._callees(call)
        )

    def _gives(self, function: Key) -> bool:
        if function not in self._found:
            self._found[function] = False  # as long as it is looked at
            node = self._syntax.file(function.path).function(self._program.scope(function).span)
            calls = {Span(*site.span): call for call, site in self._program.calls_of(function)}
            given = (calls.get(span_of(each)) for each in _given(node)) if node is not None else ()
            self._found[function] = any(call is not None and self.makes(call) for call in given)
        return self._found[function]


def _given(function: FunctionNode) -> Iterator[ast.Call]:
    """The calls of which a function gives the values, under a name too."""
    nodes = own_nodes(function)
    returned = [node.value for node in nodes if isinstance(node, ast.Return) and node.value is not None]
    names = {part.id for value in returned for part in walk(value) if isinstance(part, ast.Name)}
    bound = (bound_alone(node) for node in nodes)
    returned += [value for name, value in bound if value and isinstance(name, ast.Name) and name.id in names]
    yield from (part for value in returned for part in walk(value) if isinstance(part, ast.Call))
