"""Text in the query of a URL: requests escapes what must be, and httpx writes it anew, or refuses it.

requests.get(url, params="to=a@x")              httpx sends `to=a%40x`
requests.get(f"{BASE}/send?text={text}")        httpx takes no text of several lines
"""

from __future__ import annotations

import ast
from urllib.parse import parse_qsl, urlencode

from ....analysis.index.expr import Expr
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.spelled import fact_of
from ....model import Note, NoteKind
from ...twin import Call, NoTwinError
from .scalars import Can
from .url import homes, open_ends, parts
from .values import Values

QUERY_NOTE = Note(
    NoteKind.BEHAVIOUR,
    "where a value at the end of a URL brings a `?` of its own, params= take the place of what follows it; "
    "requests sends both",
)
_NOTE = Note(
    NoteKind.BEHAVIOUR,
    "text with a line break in the query of a URL is an InvalidURL in httpx, which sends `[`, `|` and a `%` "
    "alone as they are; requests escapes them",
)


def check_text(key: Key, params: Expr, line: int, values: Values, written: ast.expr | None = None) -> None:
    """Is it sent as it is? Raises `NoTwinError`."""
    text = written.value if isinstance(written, ast.Constant) else None
    if isinstance(text, str):
        pairs = parse_qsl(text, keep_blank_values=True)
        is_same = urlencode(pairs) == text and len(dict(pairs)) == len(pairs)
    else:
        can = values.scalar(key, params, line)
        is_same = bool(can & Can.LIST) or not can & (Can.TEXT | Can.BYTES)
    if not is_same:
        raise NoTwinError("params= may be a text, which httpx encodes anew")


def notes_of_url(call: Call, url: ast.expr, values: Values) -> tuple[Note, ...]:
    """May any text be put behind its `?`?"""
    in_query = False
    for part in parts(_written(call, url)):
        fact = fact_of(part)
        if isinstance(part, ast.Constant):
            in_query = in_query or "?" in str(part.value)
        elif not in_query or fact is None or isinstance(part, ast.Call) or _is_set(call, part):
            continue
        elif values.scalar(call.scope, fact, part.lineno) & (Can.TEXT | Can.UNKNOWN):
            return (_NOTE,)
    return ()


def _is_set(call: Call, part: ast.expr) -> bool:
    """`KEY`, `settings.key`: what a module gives is no text of the request."""
    while isinstance(part, ast.Attribute):
        part = part.value
    return isinstance(part, ast.Name) and homes(call.world, call.function, part.id) == {
        Key(call.function.path, 0)
    }


def may_bring_query(call: Call, url: ast.expr, values: Values) -> bool:
    """May what the URL ends in have a `?`?"""
    for where, value in open_ends(call.world, call.function, url):
        fact = fact_of(value)
        if fact is None or values.scalar(where, fact, value.lineno) & ~(Can.NUMBER | Can.WRITTEN):
            return True
    return False


def _written(call: Call, url: ast.expr) -> ast.expr:
    """A URL that has a name gets it in the function, as a rule."""
    name = url.id if isinstance(url, ast.Name) else ""
    given = [n for n in walk(call.node) if isinstance(n, ast.Assign) and name in map(_name, n.targets)]
    return given[-1].value if name and given else url


def _name(target: ast.expr) -> str | None:
    return target.id if isinstance(target, ast.Name) else None
