"""A `def` of which the caller awaits what it gives.

def fetch_all(urls):                                    await fetch_all(urls)
    token = requests.post(LOGIN).json()
    return asyncio.gather(*(fetch(url, token) for url in urls))

Were it `async def`, that `await` would give the future, and in a task nobody would wait for it.
"""

from __future__ import annotations

from ...index.facts import Use
from ...link.infer import Inference
from ...link.kinds import AWAITABLES, Inst
from ...link.program import CallKey, Key, Program


def gives_result(program: Program, function: Key) -> bool:
    """Does a call give what it returns? A stub says nothing of what those give that stand in its place."""
    scope = program.scope(function)
    return not scope.is_async and not scope.has_yield and not scope.is_stub


def gives_what_is_awaited(program: Program, function: Key, call: CallKey) -> bool:
    return gives_result(program, function) and bool(program.call(call).use & Use.AWAITED)


def gives_awaitable(inference: Inference, function: Key) -> bool:
    """Is it known that what it gives can be awaited?"""
    found = inference.function_result(function)
    return any(isinstance(kind, Inst) and kind.name in AWAITABLES for kind in found)
