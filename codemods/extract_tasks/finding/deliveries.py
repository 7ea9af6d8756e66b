"""Deliveries of messages that are awaited: they block nothing, and the client waits for them all the same.

await fastmail.send_message(message)
await client.post("https://api.resend.com/emails", json=mail)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly
from ...analysis.scopes import FUNCTIONS, own_nodes
from ...analysis.syntax import FileSyntax, Syntax, last_name
from ...catalogue.entry import Entry
from ...model import Span
from ..constants import constant
from ..words import MESSAGE_APIS, words
from .waiting import RUNNERS

_MESSAGES = ("email", "sms", "push")
_SENDS = words("post put patch request")
_URLOPEN = "urllib.request.urlopen"
_DEPTH = 4


class Deliveries:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self.reach = reach
        self.syntax = syntax
        self._delivers: dict[Key, bool] = {}
        self._sends: dict[Key, bool] = {}

    def kind(self, site: Site) -> str:
        """`email`, `sms` or `push`, by the library or the address; empty for what is no delivery."""
        if site.kind is not SiteKind.ASYNC or site.entry is None:
            return ""
        return site.entry.category if is_delivery(site.name, site.entry) else self.addressed(site)

    def is_one(self, site: Site) -> bool:
        return bool(self.kind(site))

    def addressed(self, site: Site) -> str:
        """What the API sends to which a request goes; empty for others."""
        if not is_sent(site):
            return ""
        file = self.syntax.file(site.key.path)
        call = file.call(Span(*site.span))
        at = 1 if site.name.endswith(".request") else 0
        given = [*call.args[at : at + 1], *(k.value for k in call.keywords if k.arg == "url")] if call else []
        address = _beginning(file, given[0]) if given else ""
        host = address.partition("://")[2].partition("/")[0]
        return next((kind for kind, hosts in MESSAGE_APIS.items() if host in hosts), "")

    def below(self, function: Key) -> str:
        """What it, or what it calls, sends to such an API, and waits for in a thread; empty for nothing."""
        if not self.reach.comes_to(function, self._is_addressed, self._sends):
            return ""
        _, last = self.reach.chain(function, frozenset({SiteKind.BLOCKING}), self._is_addressed)
        return self.addressed(last) if last is not None else ""

    def _is_addressed(self, site: Site) -> bool:
        return site.kind is SiteKind.BLOCKING and bool(self.addressed(site))

    def is_run_by(self, function: Key) -> bool:
        """Does it wait for one, on a loop that it makes for that: `asyncio.run(send(to))`?"""
        program, seen, stack = self.reach.effects.program, {function}, [function]
        while stack:
            current = stack.pop()
            if program.scope(current).is_async or not self.within(current):
                continue
            if any(site.name in RUNNERS for site in self.reach.own(current)):
                return True
            below = set(self.reach.callees(current)) - seen
            seen |= below
            stack.extend(below)
        return False

    def within(self, function: Key) -> bool:
        """Does it, or what it calls, await one?"""
        if function not in self._delivers:
            seen, stack = {function}, [function]
            while stack:
                current = stack.pop()
                if self._delivers.get(current) or any(map(self.is_one, self.reach.own(current))):
                    self._delivers[function] = True
                    return True
                below = {key for key in self.reach.callees(current) if self._delivers.get(key, True)} - seen
                seen |= below
                stack.extend(below)
            self._delivers.update(dict.fromkeys(seen, False))
        return self._delivers[function]


def is_delivery(name: str, entry: Entry) -> bool:
    return entry.category in _MESSAGES and name.rpartition(".")[2].startswith("send")


def is_request(site: Site) -> bool:
    return site.entry is not None and site.entry.category == "http"


def is_sent(site: Site) -> bool:
    """An HTTP call that tells somebody something, rather than asking, or may do so."""
    return is_request(site) and (site.name.rpartition(".")[2] in _SENDS or site.name == _URLOPEN)


def sends(file: FileSyntax, site: Site, call: ast.Call) -> bool:
    """Does it send something? Of `urlopen` what it is given tells: data, or a `Request` with some."""
    if site.name != _URLOPEN:
        return True
    requests = [call, *_requests(file, call.args[0] if call.args else None)]
    return any(_has_data(request) for request in requests)


def _requests(file: FileSyntax, value: ast.expr | None) -> Iterator[ast.Call]:
    """`Request(url, data=body)`, there or by the name that the function gives it to."""
    if isinstance(value, ast.Call) and last_name(value.func) == "Request":
        yield value
    elif isinstance(value, ast.Name):
        for each in _values(file, value):
            if not isinstance(each, ast.Name):
                yield from _requests(file, each)


def _has_data(call: ast.Call) -> bool:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    data = call.args[1] if len(call.args) > 1 else given.get("data")
    method = getattr(given.get("method"), "value", "")
    is_none = isinstance(data, ast.Constant) and data.value is None
    return (data is not None and not is_none) or str(method).lower() in _SENDS


def _beginning(file: FileSyntax, value: ast.expr, depth: int = _DEPTH) -> str:
    """The text that a URL begins with, of a constant at the top of the file, and of a name that the function
    gives it to, too; `url = f"{url}/{page}"` leads to itself."""
    if not depth:
        return ""
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else ""
    if isinstance(value, ast.JoinedStr) and value.values:
        return _beginning(file, value.values[0], depth)
    if isinstance(value, ast.FormattedValue):
        return _beginning(file, value.value, depth)
    if isinstance(value, ast.BinOp):
        return _beginning(file, value.left, depth)
    if isinstance(value, ast.Call) and last_name(value.func) == "Request" and value.args:
        return _beginning(file, value.args[0], depth)
    if not isinstance(value, ast.Name):
        return ""
    made = constant(file, value)
    if isinstance(made, ast.Constant):
        return _beginning(file, made, depth)
    values = _values(file, value)
    texts = (_beginning(file, each, depth - 1) for each in values if not isinstance(each, ast.Name))
    return next(filter(None, texts), "")


def _values(file: FileSyntax, name: ast.Name) -> Iterator[ast.expr]:
    """What its function binds to the name."""
    function = next((each for each in file.above(name) if isinstance(each, FUNCTIONS)), None)
    bound = [pair for node in own_nodes(function) for pair in bound_plainly(node)] if function else []
    return (each for target, each in bound if isinstance(target, ast.Name) and target.id == name.id)
