"""The response of `urlopen`, and everything that is done with it: `httpx.Response` has an equal for each, or
the call stays.

    with urlopen(url) as r:                 r = await http_client().get(url)
        return json.load(r)         ->      r.raise_for_status()
                                            return r.json()
    urlopen(url).read()             ->      (await http_client().get(url)).raise_for_status().content
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, span_of
from ....model import Code, Edit, InsertStatements, LeaveWith, ReplaceExpression
from ...twin import Call, NoTwinError
from ..errors import surrounding_tries

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
_FRAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Opened:
    """What becomes of the response."""

    whole: ast.expr | None
    """The expression that is replaced together with the call in it; None where the call is for itself."""
    form: str
    """What takes its place, `{}` being the response."""
    edits: tuple[Edit, ...]
    is_checked: bool
    """Do the edits have its status checked?"""
    is_read: bool


def opening(file: FileSyntax, response: ast.expr) -> ast.Call | None:
    """The call that opened what an expression gives."""
    if isinstance(response, ast.Call):
        return response
    if not isinstance(response, ast.Name):
        return None
    for above in file.above(response):
        for item in above.items if isinstance(above, ast.With) else ():
            if _is_name(item.optional_vars, response.id):
                return item.context_expr if isinstance(item.context_expr, ast.Call) else None
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            stores = [node for node in walk(above) if _is_name(node, response.id, is_store=True)]
            value = getattr(file.parents[stores[0]], "value", None) if len(stores) == 1 else None
            return value if isinstance(value, ast.Call) else None
    return None


def opened(call: Call) -> Opened:
    """Raises `NoTwinError` for a use without an equal."""
    file, node = call.file, call.call
    parent = file.parents[node]
    if isinstance(parent, ast.withitem):
        return _by_with(call, parent)
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
        if isinstance(target, ast.Name):
            uses = _uses(call, target, call.node)
            check = InsertStatements(span_of(parent), Code(f"{target.id}.raise_for_status()"), after=True)
            return _named(call, target.id, uses, (check,))
    if isinstance(parent, ast.Expr):
        return Opened(node, "{}", (), is_checked=False, is_read=False)
    whole, form = _form(call, node)
    return Opened(whole, form, (), is_checked=False, is_read="status_code" not in form)


def _by_with(call: Call, item: ast.withitem) -> Opened:
    statement = call.file.parents[item]
    if not isinstance(statement, ast.With) or len(statement.items) > 1:
        raise NoTwinError("it is opened by a `with` of several things")
    if statement.body[0].lineno == span_of(call.call).end_line:
        raise NoTwinError("the body of its `with` stands in the same line")
    if item.optional_vars is None:
        return Opened(
            call.call, "{}", (LeaveWith(span_of(statement), Code("")),), is_checked=False, is_read=False
        )
    if not isinstance(item.optional_vars, ast.Name):
        raise NoTwinError("its response has no name")
    name = item.optional_vars.id
    check = LeaveWith(span_of(statement), Code(f"{name}.raise_for_status()"))
    return _named(call, name, _uses(call, item.optional_vars, statement), (check,))


def _named(call: Call, name: str, uses: list[ast.Name], check: tuple[Edit, ...]) -> Opened:
    forms = [_form(call, use) for use in uses]
    reads = [whole for whole, form in forms if _is_read(form)]
    if len(reads) > 1:
        raise NoTwinError(f"{name} is read more than once")
    for whole in reads:
        _check_read(call, whole)
    edits = (ReplaceExpression(span_of(whole), Code(form.format(name))) for whole, form in forms)
    return Opened(None, "{}", (*check, *edits), is_checked=True, is_read=bool(reads))


def _is_read(form: str) -> bool:
    return form in ("{}.content", "{}.json()")


def _uses(call: Call, bound: ast.Name, within: ast.AST) -> list[ast.Name]:
    """Where the response is used under its name, which nothing else in the function has."""
    found: list[ast.Name] = []
    inside = set(walk(within))
    for node in walk(call.node):
        if isinstance(node, (ast.Global, ast.Nonlocal)) and bound.id in node.names:
            raise NoTwinError(f"{bound.id} is bound elsewhere, too")
        if isinstance(node, ast.arg) and node.arg == bound.id:
            raise NoTwinError(f"{bound.id} is a parameter too")
        if not isinstance(node, ast.Name) or node.id != bound.id or node is bound:
            continue
        if not isinstance(node.ctx, ast.Load):
            if within is call.node or node in inside:
                raise NoTwinError(f"{bound.id} is bound more than once")
        elif node in inside:
            if next(above for above in call.file.above(node) if isinstance(above, _FRAMES)) is not call.node:
                raise NoTwinError(f"{bound.id} is used in a function of its own")
            found.append(node)
        elif not _in_another(call.file, node):
            raise NoTwinError(f"{bound.id} is used behind its `with`")
    return found


def _in_another(file: FileSyntax, name: ast.Name) -> bool:
    """Is it what another `with` around it opens?"""
    return any(
        _is_name(item.optional_vars, name.id)
        for above in file.above(name)
        for item in (above.items if isinstance(above, ast.With) else ())
    )


def _is_name(node: ast.AST | None, name: str, *, is_store: bool = False) -> bool:
    return (
        isinstance(node, ast.Name)
        and node.id == name
        and (not is_store or not isinstance(node.ctx, ast.Load))
    )


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
