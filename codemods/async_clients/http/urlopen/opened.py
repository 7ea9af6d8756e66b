"""The response of `urlopen`, and everything that is done with it: `httpx.Response` has an equal for each, or
the call stays.

    with urlopen(url) as r:                 r = await http_client().get(url)
        return json.load(r)         ->      r.raise_for_status()
                                            return r.json()
    urlopen(url).read()             ->      (await http_client().get(url)).raise_for_status().content
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ....analysis.nodes import target_of, walk
from ....analysis.syntax import FileSyntax, span_of
from ....async_generators.bodies import free_name
from ....model import Code, Edit, InsertStatements, LeaveWith, ReplaceExpression, ReplaceStatements, Span
from ...twin import Call, NoTwinError
from ..errors.surrounding import surrounding_tries
from .bound import check_bound, source_of

RESPONSE = "response"
"""The name of a response that had none."""
LOAD = "json.load"
READ = "http.client.HTTPResponse.read"
_ATTRIBUTES = {
    "status": "{}.status_code",
    "code": "{}.status_code",
    "reason": "{}.reason_phrase",
    "msg": "{}.reason_phrase",
}
_CALLS = {"read": "{}.content", "getcode": "{}.status_code", "getheader": "{}.headers.get"}
_CHARSET = "get_content_charset"
_OF_THE_WAY = {"connection", "content-encoding", "content-length", "transfer-encoding"}
"""Headers that tell how the body came: httpx asks for a compressed one, on a connection that stays."""
_REPEATED = {"link", "set-cookie", "www-authenticate"}
"""Headers that come more than once: urllib gives the first one, httpx all of them."""
_LOOPS = (ast.For, ast.While, ast.AsyncFor, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Opened(msgspec.Struct, frozen=True):
    """What becomes of the response."""

    edits: tuple[Edit, ...] = ()
    """Those of all that is done with it under its name, which has its status checked."""
    statement: ast.Expr | None = None
    """The statement that does nothing but send the request."""
    whole: ast.expr | None = None
    """Where it has no name, the expression around the call that is written anew."""
    form: str = ""
    """What takes the place of that, `{}` being the response."""
    is_read: bool = False


def failing(file: FileSyntax, error: ast.expr | None) -> Iterator[ast.Call]:
    """The calls in the `try` whose error a name holds."""
    for above in file.above(error) if isinstance(error, ast.Name) else ():
        if isinstance(above, ast.ExceptHandler) and above.name == getattr(error, "id", ""):
            tried = file.parents[above]
            body = tried.body if isinstance(tried, ast.Try) else []
            yield from (node for each in body for node in walk(each) if isinstance(node, ast.Call))
            return


def opening(file: FileSyntax, response: ast.expr | None) -> ast.Call | None:
    """The call that opened what an expression gives."""
    source = source_of(file, response) if isinstance(response, ast.Name) else response
    return source if isinstance(source, ast.Call) else None


def opened(call: Call) -> Opened:
    """Raises `NoTwinError` for a use without an equal."""
    file, node = call.file, call.call
    parent = file.parents[node]
    if isinstance(parent, ast.withitem):
        return _by_with(call, parent)
    target = target_of(parent)
    if isinstance(target, ast.Name):
        check = InsertStatements(span_of(parent), _check(target.id), after=True)
        return _named(call, target.id, check)
    if isinstance(parent, ast.Expr):
        return Opened(statement=parent)
    whole, form = _form(call, node)
    statement = file.parents[whole]
    if isinstance(statement, ast.Expr):
        return Opened(statement=statement, is_read=_is_read(form))
    return Opened(whole=whole, form=form, is_read=_is_read(form))


def _by_with(call: Call, item: ast.withitem) -> Opened:
    statement = call.file.parents[item]
    if not isinstance(statement, ast.With) or len(statement.items) > 1:
        raise NoTwinError("it is opened by a `with` of several things")
    if statement.body[0].lineno == span_of(call.call).end_line:
        raise NoTwinError("the body of its `with` stands in the same line")
    if item.optional_vars is None:
        name = free_name(call.node, RESPONSE)
        return Opened((LeaveWith(span_of(statement), _check(name), name),))
    if not isinstance(item.optional_vars, ast.Name):
        raise NoTwinError("its response has no name")
    name = item.optional_vars.id
    return _named(call, name, LeaveWith(span_of(statement), _check(name)))


def _check(name: str) -> Code:
    return Code(f"{name}.raise_for_status()")


def _named(call: Call, name: str, check: Edit) -> Opened:
    forms = [_form(call, use) for use in _uses(call, name)]
    reads = [whole for whole, form in forms if _is_read(form)]
    if len(reads) > 1:
        raise NoTwinError(f"{name} is read more than once")
    for whole in reads:
        _check_read(call, whole)
    left = check.span if isinstance(check, LeaveWith) else None
    edits = (_written(call, whole, form.format(name), left) for whole, form in forms)
    return Opened((check, *edits), is_read=bool(reads))


def _written(call: Call, whole: ast.expr, text: str, left: Span | None) -> Edit:
    """A line that only reads goes, where it is not alone in its block, or that is the body of the `with` that
    is left: all has been read where the response was opened."""
    file, statement = call.file, call.file.parents[whole]
    if isinstance(statement, ast.Expr):
        around, span = file.parents[statement], span_of(statement)
        is_alone = len(getattr(around, "body", ())) < 2 and (left is None or span_of(around) != left)
        if not is_alone and "#" not in file.line(statement.lineno) + file.comments_above(statement):
            return ReplaceStatements(span, span, Code(""))
    return ReplaceExpression(span_of(whole), Code(text))


def _is_read(form: str) -> bool:
    return form in ("{}.content", "{}.json()")


def _uses(call: Call, name: str) -> Iterator[ast.Name]:
    """Where the response is used under its name. Raises `NoTwinError` where another value may have that."""
    check_bound(call.file, call.node, name)
    for node in walk(call.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            source = source_of(call.file, node)
            if source is None:
                raise NoTwinError(f"what {name} holds is not seen everywhere")
            if source is call.call:
                yield node


# one use ----------------------------------------------------------------------------------------------------


def _form(call: Call, response: ast.expr) -> tuple[ast.expr, str]:
    """The expression around the response that is written anew, and how. Raises `NoTwinError`."""
    file = call.file
    parent = file.parents[response]
    above = file.parents[parent]
    if isinstance(parent, ast.Call) and response in parent.args:
        if _is_load(call, parent):
            return parent, "{}.json()"
    elif isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Load):
        name = parent.attr
        if name in _ATTRIBUTES:
            return parent, _ATTRIBUTES[name]
        if name in _CALLS and isinstance(above, ast.Call) and above.func is parent:
            if name == "getheader":
                _check_header(above.args[0] if above.args else None)
                return parent, _CALLS[name]
            if not above.args and not above.keywords:
                return above, _CALLS[name]
        elif name == "close" and isinstance(above, ast.Call) and isinstance(file.parents[above], ast.Expr):
            # the sync `close` of a response that an async client gave raises
            return above, "await {}.aclose()" if isinstance(response, ast.Name) else "{}"
        elif name == "headers" and isinstance(above, ast.Attribute):
            return _of_headers(file, above)
        raise NoTwinError(f"{name} of the response has no equal in httpx")
    raise NoTwinError("the response is handed on")


def _is_load(call: Call, node: ast.Call) -> bool:
    """`json.load(response)`, and nothing else that it is told."""
    key = call.world.call_key(call.file.path, node)
    sites = call.world.effects.of_call(key) if key is not None else ()
    return len(node.args) == 1 and not node.keywords and len(sites) == 1 and sites[0].name == LOAD


def _of_headers(file: FileSyntax, attribute: ast.Attribute) -> tuple[ast.expr, str]:
    """`response.headers.get("ETag")`, `response.headers.get_content_charset()`"""
    above = file.parents[attribute]
    if isinstance(above, ast.Call) and above.func is attribute and not above.keywords:
        if attribute.attr == "get":
            _check_header(above.args[0] if above.args else None)
            return attribute, "{}.headers.get"
        if attribute.attr == _CHARSET and not above.args:
            return above, "{}.charset_encoding"
        if attribute.attr == _CHARSET and isinstance(above.args[0], ast.Constant):
            return above, f"({{}}.charset_encoding or {file.source(above.args[0])})"
    raise NoTwinError("all headers of the response are used")


def _check_header(name: ast.expr | None) -> None:
    key = name.value.lower() if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
    if not key or key in _OF_THE_WAY or key in _REPEATED:
        raise NoTwinError("which header of the response is read may not be the same in httpx")


def _check_read(call: Call, read: ast.expr) -> None:
    """httpx reads all of it where it is opened: once, and inside the same `try` statements."""
    file = call.file
    around = {*file.above(call.call)}
    if any(isinstance(above, _LOOPS) and above not in around for above in file.above(read)):
        raise NoTwinError("the response is read in a loop")
    if [*surrounding_tries(file, call.node, read)] != [*surrounding_tries(file, call.node, call.call)]:
        raise NoTwinError("the response is read in another `try` than that which opens it")
