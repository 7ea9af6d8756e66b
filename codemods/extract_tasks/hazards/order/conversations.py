"""Messages to one receiver come in the order in which they are sent: they are read as one talk.

send_whatsapp(phone, greeting)                await send_talk_sms_task.kiq(..)      one task sends all
for line in lines:                     ->
    send_whatsapp(phone, line)

Receivers are told apart by the text of the argument that names them.
Mails are not: they overtake each other anyway.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import msgspec

from ....analysis.nodes import given_to, walk
from ....analysis.syntax import span_of
from ....model import Span
from ...finding.handed_on import How, Shape, shape_of
from ...finding.services import loop_around
from ...finding.work import Work
from ...sites import ParameterKind, SlowSite
from .turns import comes_next

CHATS = frozenset({"message", "push", "sms"})
_RECEIVER = re.compile(
    r"(^|_)(to|channel|chat|chat_id|customer|destination|device|msisdn|mobile|number|phone|receiver|recipient"
    r"|room|target|topic|user|user_id|webhook|webhook_url)$",
    re.I,
)
_TEXT = re.compile(r"(^|_)(body|content|line|message|msg|text|title)$", re.I)
_BODIES = frozenset({"data", "json", "params"})
"""Of an HTTP request."""


class _Receiver(msgspec.Struct, frozen=True):
    """The texts of the arguments that name the receiver; the function that is called, where it takes nothing
    but what is said."""

    texts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """In these arguments."""
    function: str = ""


def next_messages(work: Work, site: SlowSite, shape: Shape) -> list[Span]:
    """The calls that may send the same receiver something after this one; itself where it is in a loop."""
    receiver = (
        _receiver(work, site, shape) if site.category in CHATS and shape.how is not How.FORGOTTEN else None
    )
    if receiver is None:
        return []
    loop = loop_around(work.file, shape.whole)
    is_of_each = loop is not None and bool(receiver.names & _bound(loop))
    around = span_of(loop) if loop is not None and not is_of_each else None
    same = {*_to(work, site, receiver), *_queued_for(work, site, receiver)}
    is_again = {span for span in same if around is not None and around.contains(span)}
    return sorted(is_again | {span for span in same if comes_next(work, shape, span)})


def _to(work: Work, site: SlowSite, receiver: _Receiver) -> Iterator[Span]:
    """All that one kind of message is sent to one receiver."""
    for other in work.slow:
        call = work.file.call(other.span) if other.category == site.category else None
        shape = shape_of(work.file, other, call) if call is not None else None
        if shape is not None and shape.how is not How.FORGOTTEN and _receiver(work, other, shape) == receiver:
            yield other.span


def _queued_for(work: Work, site: SlowSite, receiver: _Receiver) -> Iterator[Span]:
    """What tasks send: a receiver that is written out stands in the task."""
    for span, kinds in work.requests.queued.items():
        call = work.file.call(span) if site.category in kinds else None
        given = {ast.unparse(each) for each in given_to(call)} if call is not None else set()
        if call is not None and (not receiver.names or receiver.texts <= given):
            yield span


def _receiver(work: Work, site: SlowSite, shape: Shape) -> _Receiver | None:
    """None where it cannot be told."""
    places = (ParameterKind.POSITIONAL, ParameterKind.POSITIONAL_ONLY)
    parameters = site.helper.parameters if site.helper is not None else ()
    names = [each.name for each in parameters if each.kind in places]
    given = [*zip(names, shape.positional, strict=False), *((k.arg or "", k.value) for k in shape.keywords)]
    if site.helper is None and (bodies := [value for name, value in given if name in _BODIES]):
        return _of_request(work, shape, bodies)
    receivers = [value for name, value in given if _RECEIVER.search(name)]
    if receivers:
        return _Receiver(frozenset(map(ast.unparse, receivers)), _names(receivers))
    if not parameters or not all(_TEXT.search(each.name) for each in parameters):
        return None
    owner = [shape.callee.value] if isinstance(shape.callee, ast.Attribute) else []
    return _Receiver(frozenset(map(ast.unparse, owner)), _names(owner), site.name)


def _of_request(work: Work, shape: Shape, bodies: list[ast.expr]) -> _Receiver | None:
    """`requests.post(URL, json={"chat_id": chat, "text": line})`: the URL, and all that is no text."""
    urls = [*shape.positional[:1], *(k.value for k in shape.keywords if k.arg == "url")]
    values = list(urls)
    for body in bodies:
        made = work.types.sources(body.id) if isinstance(body, ast.Name) else [body]
        if len(made) != 1 or not isinstance(made[0], ast.Dict):
            return None
        values += _addressing(made[0])
    return _Receiver(frozenset(map(ast.unparse, values)), _names(values)) if urls else None


def _addressing(display: ast.Dict) -> Iterator[ast.expr]:
    """The values of a dictionary, and of those in it, that say no text."""
    for key, value in zip(display.keys, display.values, strict=True):
        if isinstance(value, ast.Dict):
            yield from _addressing(value)
        elif not isinstance(key, ast.Constant) or not _TEXT.search(str(key.value)):
            yield value


def _names(values: Iterable[ast.expr]) -> frozenset[str]:
    return frozenset(node.id for value in values for node in walk(value) if isinstance(node, ast.Name))


def _bound(loop: ast.AST) -> set[str]:
    return {n.id for n in walk(loop) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
