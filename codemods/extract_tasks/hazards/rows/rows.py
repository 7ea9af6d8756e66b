"""Rows that work before the response stores with sessions of its own: who would look at them too early?

data = read(user_id)                  # may move: it stores what it made, as the last thing, and
pdf = make_pdf(data)                  # nobody in the handler looks at the database any more
store(user_id, pdf)

user = add_user(email)                # stays: the next request looks for the user
send_welcome(user)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.judge.effects.site import Site, SiteKind
from ....analysis.judge.reaching.reach import FirstBelow, Reach
from ....analysis.link.program import Key
from ....analysis.syntax import FileSyntax, FunctionNode, Syntax, span_of
from ....model import Reason, Span
from ...blocks.runs import Run
from ...finding.work import Work
from ...sites import NOT_IMPORTABLE, HelperSignature, ValueKind
from ...words import SESSION_WRITES, words
from ..objects.databases import DATABASES
from ..order.ways import comes_to, step_at
from .questions import asks, asks_by, executes

_STORES = words(
    """commit begin begin_nested executemany executescript execute_values execute_batch copy copy_from
    copy_expert callproc to_sql"""
)
_CHANGES = SESSION_WRITES | words("update delete")
_ENDS = words("commit begin begin_nested")
_SESSION = "ession."
"""In the names of methods of sessions, which store what is set in their objects as well."""
_UNKNOWN = (ValueKind.ORM, ValueKind.UNKNOWN, ValueKind.COLLECTION, ValueKind.SESSION)


class Rows:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self.reach = reach
        self.syntax = syntax
        self._stored = FirstBelow(reach, self._stored_by)

    def stored(self, function: Key) -> str:
        """What the function, or one that it calls, stores; in words, empty for nothing."""
        return self._stored.of(function)

    def stored_before_slow(self, function: Key, above: tuple[Key, ...] = ()) -> str:
        """The same for what is no product of its slow work, in the order in which calls end."""
        for site in sorted(self.reach.own(function), key=lambda site: site.span[2:]):
            target = site.target
            if target is None:
                if site.kind is SiteKind.SLOW:
                    return ""
                if found := self._stored_at(site, self.syntax.file(function.path)):
                    return found
            elif SiteKind.SLOW in self.reach.flags(target):
                return self.stored_before_slow(target, (*above, function)) if target not in above else ""
            elif found := self.stored(target):
                return found
        return ""

    def changes(self, site: Site) -> bool:
        """Does it change a row, for now or for good, itself or by what it calls?"""
        found = [site] if site.target is None else self._below(site.target)
        return any(self._changes(each) for each in found)

    def node(self, function: Key) -> FunctionNode | None:
        return self.syntax.file(function.path).function(self.reach.effects.program.scope(function).span)

    def _below(self, function: Key) -> Iterator[Site]:
        return (site for each in self.reach.in_order(function) for site in self.reach.own(each))

    def _changes(self, site: Site) -> bool:
        last = site.name.rpartition(".")[2]
        is_ours = site.entry is not None and site.entry.category in DATABASES
        return is_ours and (last in _CHANGES or bool(self._stored_at(site, self.syntax.file(site.key.path))))

    def _stored_by(self, function: Key) -> str:
        file = self.syntax.file(function.path)
        return next(filter(None, (self._stored_at(site, file) for site in self.reach.own(function))), "")

    def _stored_at(self, site: Site, file: FileSyntax) -> str:
        category, last = site.entry.category if site.entry is not None else "", site.name.rpartition(".")[2]
        if category not in DATABASES:
            return ""
        asked = self._asks(site, file) if executes(last) else True
        is_session = _SESSION in site.name
        is_told = asked is False or (asked is None and not is_session)
        # a connection stores nothing but what it is told
        stores = _STORES if is_session else _STORES - _ENDS
        return f"stores rows ({site.name})" if last in stores or is_told else ""

    def _asks(self, site: Site, file: FileSyntax) -> bool | None:
        """By what is executed there, or by all that callers hand in."""
        found = asks(file, file.call(Span(*site.span)))
        call = self.reach.effects.program.call(site.call) if found is None and site.call is not None else None
        if call is None or not call.args:
            return found
        texts = self.reach.effects.inference.words.of(site.key, call.args[0], site.span[0])
        each = {asks_by(text) for text in texts or ()}
        return each.pop() if len(each) == 1 else None


def looked_at(work: Work, run: Run, helper: HelperSignature) -> Reason | None:
    """Why rows that the run stores must be there at once, or those that it reads still be as they are."""
    first = run.moved[0]
    if helper.stored:
        return _early(work, first, f"{helper.qualname}() {helper.stored}, which the next request may look at")
    if not work.is_handler or work.is_called:
        return _early(work, first, f"{helper.qualname}() works on the database, at which its caller may look")
    return looked_at_later(work, run) if helper.stores_product else changed_later(work, run)


def changed_later(work: Work, run: Run) -> Reason | None:
    """What the run reads may not be the same any more when its task reads it."""
    later = _later(work, run)
    changing = (n for n in later if isinstance(n, ast.Call) and work.context.changes_rows(span_of(n)))
    found = next(changing, None)
    text = "the function changes the database afterwards"
    return _early(work, found, text) if found is not None else None


def looked_at_later(work: Work, run: Run) -> Reason | None:
    """Who in the function would miss the rows that the run stores, or tell of them too early."""
    end = run.spans[-1][2:]
    telling = next((s for s in work.slow if s.span[:2] >= end and not run.holds(s.span)), None)
    if telling is not None:
        text = f"{telling.name} behind it may tell of what is not stored yet, or never will be"
        return _early(work, run.moved[0], text)
    calls = (n for n in _others(work, run) if isinstance(n, ast.Call) and not work.ends_session(n))
    asked = {call for call in calls if work.context.works_on_database(span_of(call))}
    for node in _later(work, run):
        if node in asked:
            return _early(work, node, "the function looks at the database afterwards")
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or _is_closed(work, node):
            continue
        if (asked or is_row(work, node.id)) and not _is_plain(work, node):
            return _early(work, node, f"{node.id} is read afterwards, and may have changed")
    return None


def _later(work: Work, run: Run) -> list[ast.AST]:
    """What the function comes to behind the run, in the next round of a loop too."""
    here = step_at(work.file, run.moved[-1], run.spans[-1][2:])
    places = ((node, step_at(work.file, node, span_of(node)[:2])) for node in _others(work, run))
    return [node for node, place in places if comes_to(here, place)]


def _others(work: Work, run: Run) -> list[ast.AST]:
    return [node for node in work.frame if "lineno" in node._attributes and not run.holds(span_of(node))]


def _early(work: Work, node: ast.AST, text: str) -> Reason:
    return work.reason(NOT_IMPORTABLE, text, node, "add it to the background tasks")


def is_row(work: Work, name: str) -> bool:
    """Does it hold objects of the database?"""
    return work.context.kind(name) is ValueKind.ORM or work.context.loader(name) is not None


def _is_closed(work: Work, name: ast.Name) -> bool:
    """`db` of `db.close()`."""
    method = work.file.parents[name]
    return isinstance(method, ast.Attribute) and work.ends_session(work.file.parents[method])


def _is_plain(work: Work, name: ast.Name) -> bool:
    """No object of the database, or a column of one."""
    if name.id not in work.locals or work.context.kind(name.id) not in _UNKNOWN:
        return True
    field = work.file.parents[name]
    if not isinstance(field, ast.Attribute) or not isinstance(field.ctx, ast.Load):
        return False
    return work.context.attribute_annotation(name.id, field.attr) is not None
