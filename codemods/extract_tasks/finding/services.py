"""To which services a call sends its requests, as far as the text of the URL tells.

requests.post(f"{settings.CRM_URL}/deals", ..)      settings.CRM_URL
requests.post("https://crm.example/deals", ..)      crm.example
crm.add_deal(deal)                                  what the requests below name
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Set
from urllib.parse import urlsplit

from ...analysis.index.bindings import Import
from ...analysis.index.expr import Attr
from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.effects.site import Site
from ...analysis.judge.reaching.reach import Reach, leads_to
from ...analysis.link.kinds import Fn
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import LOOPS, bound_plainly
from ...analysis.scopes import own_nodes, parameter_names
from ...analysis.syntax import FileSyntax, FunctionNode, Syntax, span_of
from ...model import Span
from ..blocks.runs import Run, run_of
from ..words import words
from .carried import Carried
from .handed_on import handed_call

_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_VERBS = words("delete get head options patch post put request stream urlopen")
_GIVEN = "*"
"""Before the name of a parameter that is a URL."""
_DEPTH = 4
_FEW = 40
"""Functions below a call that are looked at."""


class Services:
    def __init__(
        self, reach: Reach, syntax: Syntax, callers: Callers, handlers: Set[Key], carried: Carried
    ) -> None:
        self.reach = reach
        self.syntax = syntax
        self.callers = callers
        self.handlers = handlers
        self.carried = carried
        self.program = reach.effects.program
        self._sites: dict[Key, tuple[Site, ...]] = {}
        self._below: dict[Key, frozenset[str]] = {}
        self._sends: dict[Key, bool] = {}
        self._behind: dict[Key, frozenset[str]] = {}
        self._asked_by: dict[Key, Mapping[Span, frozenset[str]]] = {}
        self._behind_calls: dict[CallKey, frozenset[str] | None] = {}

    def sites(self, function: Key) -> tuple[Site, ...]:
        """Of the function, with what it hands to a thread or to the background: that is sent as well."""
        if function not in self._sites:
            self._sites[function] = (*self.reach.own(function), *self.carried.all_of(function))
        return self._sites[function]

    def queued(self, function: Key) -> Iterator[tuple[Span, Key]]:
        """`x_task.kiq(..)`, `add_task(x_task.kiq, ..)`: the task, at the place of the call."""
        for call, site in self.program.calls_of(function):
            for given in (site.func, *site.args[:1]):
                if isinstance(given, Attr) and given.attr == "kiq":
                    scope = Key(call.path, site.scope)
                    kinds = self.reach.effects.inference.kinds(scope, given.value, site.span.line)
                    yield from ((Span(*site.span), kind.key) for kind in kinds if isinstance(kind, Fn))

    def behind(self, function: Key) -> frozenset[str]:
        """To which services requests are sent when a helper has been called."""
        if function not in self._behind:
            found: set[str] = set()
            pending, seen = [function], {function}
            while pending:
                helper = pending.pop()
                for call in self.callers.calls(helper) if helper not in self.handlers else ():
                    names = self._behind_call(call.owner, call.call)
                    if names is not None:
                        found |= names
                        pending += {call.owner} - seen
                        seen.add(call.owner)
            self._behind[function] = frozenset(found)
        return self._behind[function]

    def _behind_call(self, owner: Key, call: CallKey) -> frozenset[str] | None:
        """By the function that calls it; None where that is no function, or a test."""
        if call not in self._behind_calls:
            self._behind_calls[call] = self._names_behind(owner, Span(*self.program.call(call).span))
        return self._behind_calls[call]

    def _names_behind(self, owner: Key, span: Span) -> frozenset[str] | None:
        file = self.syntax.file(owner.path)
        function, call = file.function(self.program.scope(owner).span), file.call(span)
        is_test = self.program.modules[owner.path].facts.is_test
        if is_test or function is None or call is None or call not in own_nodes(function):
            return None
        statements = [*behind(run_of(file, function, file.statement(call)))]
        loop = loop_around(file, call)
        found: set[str] = set()
        for place, names in self._asked(owner).items():
            is_next = any(span_of(statement).contains(place) for statement in statements)
            if is_next or (loop is not None and span_of(loop).contains(place) and place != span):
                found |= names
        return frozenset(found)

    def _asked(self, function: Key) -> Mapping[Span, frozenset[str]]:
        if function not in self._asked_by:
            self._asked_by[function] = self.of(self.sites(function), self.queued(function))
        return self._asked_by[function]

    def of(self, sites: Iterable[Site], tasks: Iterable[tuple[Span, Key]]) -> Mapping[Span, frozenset[str]]:
        """Of the calls that send requests, here or below."""
        found: dict[Span, frozenset[str]] = {}
        for span, task in tasks:
            found[span] = self._named_below(task)
        for site in sites:
            names = frozenset(self._of_call(site)) if site.target is None else self._of_helper(site)
            if names:
                found[Span(*site.span)] = found.get(Span(*site.span), frozenset()) | names
        return found

    def _of_helper(self, site: Site) -> frozenset[str]:
        """The URL may be one of its arguments."""
        assert site.target is not None
        names = self._named_below(site.target)
        if names != {str(self.program.id(site.target))}:
            return names
        file = self.syntax.file(site.key.path)
        call = self._call(file, site)
        given = [*call.args, *(k.value for k in call.keywords)] if call is not None else []
        told = {self._start(file, None, each) for each in given if _is_url(each)}
        return frozenset(told) or names

    def _named_below(self, function: Key) -> frozenset[str]:
        if not leads_to(function, self._asks, self._callees, self._sends):
            return frozenset()  # most functions: not all that they run is put in order for that
        if function not in self._below:
            below = sorted(self.reach.below(function, callees=self._callees))[:_FEW]
            sites = (site for key in below for site in self.sites(key) if _is_request(site))
            own = str(self.program.id(function))
            names = (name for site in sites for name in self._of_call(site))
            self._below[function] = frozenset(own if name.startswith(_GIVEN) else name for name in names)
        return self._below[function]

    def _asks(self, function: Key) -> bool:
        return any(map(_is_request, self.sites(function)))

    def _callees(self, function: Key) -> list[Key]:
        return [site.target for site in self.sites(function) if site.target is not None]

    def _of_call(self, site: Site) -> Iterator[str]:
        if not _is_request(site):
            return
        file = self.syntax.file(site.key.path)
        call, node = self._call(file, site), file.function(self.program.scope(site.key).span)
        given = {k.arg: k.value for k in call.keywords} if call is not None else {}
        at = 1 if site.name.rpartition(".")[2] in ("request", "stream") else 0
        url = call.args[at] if call is not None and len(call.args) > at else given.get("url")
        if call is None or url is None:
            return
        start = self._start(file, node, url)
        if start.startswith("/") and isinstance(call.func, ast.Attribute):
            start = f"{site.key.path}:{file.source(call.func.value)}"  # a client with a base_url
        yield start

    def _call(self, file: FileSyntax, site: Site) -> ast.Call | None:
        call = file.call(Span(*site.span))
        return handed_call(call) if call is not None and site.form == "callback" else call

    def _start(
        self, file: FileSyntax, function: FunctionNode | None, url: ast.expr, depth: int = _DEPTH
    ) -> str:
        """The host of a URL, or the name of what it begins with."""
        url = _beginning(url)
        if isinstance(url, ast.Constant):
            return urlsplit(str(url.value)).netloc or str(url.value)
        if not isinstance(url, ast.Name):
            written = file.source(url)
            return f"{file.path}:{written}" if written.startswith("self.") else written
        if function is not None and url.id in parameter_names(function.args):
            return f"{_GIVEN}{url.id}"
        bodies = [*([function.body] if function is not None else []), file.tree.body]
        pairs = (pair for body in bodies for statement in body for pair in bound_plainly(statement))
        bound = [value for target, value in pairs if isinstance(target, ast.Name) and target.id == url.id]
        if bound and depth:
            return self._start(file, function, bound[0], depth - 1)
        there = self._imported(file, url.id) if depth else None
        return self._start(there[0], None, there[1], depth - 1) if there is not None else url.id

    def _imported(self, file: FileSyntax, name: str) -> tuple[FileSyntax, ast.Name] | None:
        """The name in the module of the project that it is imported from."""
        for statement in file.tree.body:
            for alias in statement.names if isinstance(statement, ast.ImportFrom) else ():
                if (alias.asname or alias.name) == name and isinstance(statement, ast.ImportFrom):
                    imported = Import(statement.module or "", alias.name, statement.level)
                    path = self.program.module_path(self.program.absolute(imported, file.path), file.path)
                    if path is not None and path != file.path:
                        return self.syntax.file(path), ast.Name(alias.name, ast.Load())
        return None


def _is_request(site: Site) -> bool:
    is_http = site.target is None and site.entry is not None and site.entry.category == "http"
    return is_http and site.name.rpartition(".")[2] in _VERBS


def behind(run: Run) -> Iterator[ast.stmt]:
    """What may run after the run, the branches beside it apart."""
    current: Run | None = run
    while current is not None:
        after = current.block[current.last + 1 :]
        yield from after
        if any(isinstance(statement, _LEAVES) for statement in after):
            return
        owner = current.owner
        if isinstance(owner, ast.Try) and current.block is not owner.finalbody:
            yield from (*(owner.orelse if current.block is owner.body else ()), *owner.finalbody)
        current = current.climbed()


def loop_around(file: FileSyntax, node: ast.AST) -> ast.AST | None:
    return next((each for each in file.above(node) if isinstance(each, LOOPS)), None)


def _is_url(node: ast.expr) -> bool:
    return isinstance(node, (ast.JoinedStr, ast.BinOp)) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and "://" in node.value
    )


def _beginning(url: ast.expr) -> ast.expr:
    """`settings.CRM` of `f"{settings.CRM}/deals"`, `"{}/deals".format(..)` and such."""
    while not isinstance(url, (ast.Constant, ast.Name, ast.Attribute)):
        if isinstance(url, ast.JoinedStr) and url.values:
            first, *rest = url.values
            is_scheme = isinstance(first, ast.Constant) and str(first.value).endswith("://")
            url = rest[0] if is_scheme and rest else first
        elif isinstance(url, ast.FormattedValue):
            url = url.value
        elif isinstance(url, ast.BinOp):
            url = url.left
        elif isinstance(url, ast.Call) and isinstance(url.func, ast.Attribute) and not url.args:
            url = url.func.value  # `BASE.rstrip()`
        elif isinstance(url, ast.Call) and isinstance(url.func, ast.Attribute) and url.func.attr == "format":
            url = url.func.value
        elif isinstance(url, ast.Call) and url.args:
            url = url.args[0]
        else:
            break
    return url
