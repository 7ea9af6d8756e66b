"""`except requests.X` around awaited calls -> the exceptions that httpx raises in its place.

requests' classes all derive from `RequestException`, an `OSError`; httpx' from `HTTPError`, but for `InvalidURL` and the
errors of reading JSON: https://www.python-httpx.org/exceptions/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.effects import Effects
from ..analysis.facts import Attr, Expr, Name
from ..analysis.kinds import Ext
from ..analysis.program import Key
from ..analysis.syntax import FileSyntax, FunctionNode, span_of
from ..model import Code, Edit, ImportNeed, ReplaceExpression, slot

_EQUAL = {
    "RequestException": ("HTTPError", "InvalidURL"),
    "HTTPError": ("HTTPStatusError",),
    "ConnectionError": ("NetworkError", "RemoteProtocolError", "ConnectTimeout"),
    "Timeout": ("TimeoutException",),
    "ConnectTimeout": ("ConnectTimeout",),
    "ReadTimeout": ("ReadTimeout",),
    "TooManyRedirects": ("TooManyRedirects",),
    "SSLError": ("ConnectError",),
    "InvalidURL": ("InvalidURL",),
    "MissingSchema": ("UnsupportedProtocol",),
    "InvalidSchema": ("UnsupportedProtocol",),
    "ChunkedEncodingError": ("RemoteProtocolError",),
    "ContentDecodingError": ("DecodingError",),
}
_JSON = {"RequestException", "JSONDecodeError", "InvalidJSONError"}
_OSERROR = {"builtins.OSError", "builtins.IOError", "builtins.EnvironmentError", "builtins.ConnectionError", "builtins.TimeoutError"}


class NotEqual(Exception):
    """An `except` clause that would catch something else afterwards."""


def surrounding_tries(file: FileSyntax, function: FunctionNode, node: ast.AST) -> Iterator[ast.Try]:
    """The `try` statements of the function whose body (not handlers) holds `node`."""
    child = node
    for above in file.above(node):
        if isinstance(above, ast.Try) and child in above.body:
            yield above
        if above is function:
            return
        child = above


def error_edits(
    effects: Effects, key: Key, file: FileSyntax, statement: ast.Try, library: str, *, json_read: bool, keep_old: bool
) -> tuple[Edit, ...]:
    """The edits of one `try`'s clauses; `keep_old` where requests is still called below it. Raises `NotEqual`."""
    edits: list[Edit] = []
    for handler in statement.handlers:
        if handler.type is None:
            continue
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        names = [_requests_name(effects, key, t) for t in types]
        if any(name in _OSERROR for name in names):
            raise NotEqual("except OSError catches requests' errors, not httpx'")
        theirs = [name for name in names if name is not None and name.startswith("requests.")]
        if not theirs:
            continue
        if handler.name and _error_is_shown(handler):
            raise NotEqual("the text of the error is used")
        new: list[str] = []
        for name in theirs:
            short = name.rpartition(".")[2]
            if short not in _EQUAL and short not in _JSON:
                raise NotEqual(f"{name} has no equal")
            new.extend(f"{slot(0)}.{other}" for other in _EQUAL.get(short, ()))
            if short in _JSON and json_read:
                new.append(f"{slot(1)}.JSONDecodeError")
        kept = [file.source(t) for t, name in zip(types, names) if keep_old or name not in theirs]
        parts = list(dict.fromkeys([*kept, *new]))
        if not parts:
            raise NotEqual("nothing is left to catch")
        text = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
        needs = (ImportNeed(library), ImportNeed("json")) if slot(1) in text else (ImportNeed(library),)
        edits.append(ReplaceExpression(span_of(handler.type), Code(text, needs)))
    return tuple(edits)


def _requests_name(effects: Effects, key: Key, node: ast.expr) -> str | None:
    expr = _fact(node)
    if expr is None:
        return None
    for kind in effects.inference.kinds(key, expr, node.lineno):
        if isinstance(kind, Ext):
            return kind.name
    return None


def _fact(node: ast.expr) -> Expr | None:
    if isinstance(node, ast.Name):
        return Name(node.id)
    if isinstance(node, ast.Attribute):
        inner = _fact(node.value)
        return Attr(inner, node.attr) if inner is not None else None
    return None


_LOGGERS = {"debug", "info", "warning", "error", "exception", "critical", "log", "print", "capture_exception"}


def _error_is_shown(handler: ast.ExceptHandler) -> bool:
    """Is the error object used for anything but a log line or `raise ... from`?"""
    harmless: set[ast.AST] = set()
    for node in ast.walk(handler):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            if name in _LOGGERS:
                harmless.update(ast.walk(node))
        elif isinstance(node, ast.Raise) and node.cause is not None:
            harmless.update(ast.walk(node.cause))
    return any(
        isinstance(node, ast.Name) and node.id == handler.name and node not in harmless for node in ast.walk(handler)
    )
