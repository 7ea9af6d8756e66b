"""How the response of a `requests` call is used: every use must have an exact equal on `httpx.Response`.

if not response.ok:                 ->      if response.is_error:
up = requests.get(url).ok           ->      up = not (await http_client().get(url)).is_error
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus

import msgspec

from ....analysis.nodes import target_of, walk
from ....analysis.syntax import FileSyntax, FunctionNode, is_test, span_of
from ....model import Code, Edit, ImportNeed, ReplaceCall, ReplaceExpression, slot
from ...twin import NoTwinError
from .announced import classes_announced
from .rebound import check_own, names_in_sight, own_uses
from .truth import OR_NONE, TRUTH, is_there

_SAME = {"status_code", "content", "text", "json", "elapsed", "encoding", "links"}
RENAMED = {
    "reason": "{}.reason_phrase",
    "is_redirect": "{}.has_redirect_location",
    "url": "str({}.url)",
    "ok": "not {}.is_error",
}
_CODES = ("requests.codes", "requests.status_codes.codes")
_SAME_ON_HEADERS = {"get"}


class Uses(msgspec.Struct, frozen=True):
    """What becomes of the response: edits beside the call, or an expression written anew around it."""

    edits: tuple[Edit, ...] = ()
    whole: ast.expr | None = None
    """The expression that is replaced together with the call in it."""
    form: str = ""
    """What takes its place, `{}` being the awaited call."""


def response_uses(
    file: FileSyntax,
    function: FunctionNode,
    call: ast.Call,
    library: str,
    *,
    follows_redirects: bool,
    also: Callable[[ast.Call], None],
    leaves: Callable[[ast.expr], None],
) -> Uses:
    """All uses of the response. `also` checks other calls of the same name, `leaves` where it is handed on.
    Raises `NoTwinError`."""
    parent = file.parents[call]
    if isinstance(parent, ast.Expr):
        return Uses()
    if isinstance(parent, ast.Attribute):
        return _chained(file, parent, follows_redirects)
    if is_test(file, call):
        return _whole(file, call, "not {}.is_error")
    name, statement = assigned(parent)
    if name is None:
        leaves(call)
        return Uses()
    bound = _bound(file, function, call, name, also)
    truth = OR_NONE if bound.is_none else TRUTH
    edits: list[Edit] = []
    edits += classes_announced(file, function, name, library, statement)
    uses = list(own_uses(file, function, name, bound.mine, bound.others))
    check_encoding(file, uses)
    for node in uses:
        edits.extend(use(file, node, library, follows_redirects, truth, leaves))
    if isinstance(statement, ast.NamedExpr):
        at_once = _named(file, statement, name, follows_redirects)
        return Uses(tuple(edits), at_once.whole, at_once.form)
    return Uses(tuple(edits))


def json_is_read(file: FileSyntax, call: ast.Call, within: ast.AST) -> bool:
    """Is `.json()` called on the response inside `within`?"""
    parent = file.parents[call]
    if isinstance(parent, ast.Attribute):
        return parent.attr == "json"
    name, _ = assigned(parent)
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "json"
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        for node in ast.walk(within)
    )


def _chained(file: FileSyntax, parent: ast.Attribute, follows_redirects: bool) -> Uses:
    """`requests.get(url).json()`"""
    if parent.attr in RENAMED:
        return _whole(file, parent, RENAMED[parent.attr])
    check_attribute(file, parent, follows_redirects)
    return Uses()


def _named(file: FileSyntax, node: ast.NamedExpr, name: str, follows_redirects: bool) -> Uses:
    """`(r := requests.get(url)).ok`: what is done with the response where it gets its name."""
    parent = file.parents[node]
    if isinstance(parent, ast.Attribute):
        if parent.attr in RENAMED:
            return _whole(file, parent, RENAMED[parent.attr].replace("{}", f"({name} := {{}})"))
        check_attribute(file, parent, follows_redirects)
        return Uses()
    if is_test(file, node):
        return _whole(file, node, f"not ({name} := {{}}).is_error")
    if isinstance(parent, ast.Compare) and all(isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops):
        return Uses()
    raise NoTwinError("the response is handed on")


def check_encoding(file: FileSyntax, uses: Sequence[ast.Name]) -> None:
    """httpx decodes the text once, and from then on refuses another encoding."""
    read = [(node, getattr(file.parents[node], "attr", "")) for node in uses]
    sets = [node for node, attr in read if attr == "encoding" and _is_set(file.parents[node])]
    texts = [node for node, attr in read if attr == "text"]
    if any(span_of(text) < span_of(node) for text in texts for node in sets):
        raise NoTwinError("the encoding of the response is set after its text is read")


def _is_set(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)


def _whole(file: FileSyntax, node: ast.expr, form: str) -> Uses:
    outer = file.parents[node]
    if form.startswith("not ") and isinstance(outer, ast.UnaryOp) and isinstance(outer.op, ast.Not):
        return Uses(whole=outer, form=form.removeprefix("not "))
    return Uses(whole=node, form=form)


class _Bound(msgspec.Struct):
    """What binds the name."""

    mine: list[ast.stmt] = msgspec.field(default_factory=list)
    """To such a response, or to None."""
    others: list[ast.stmt] = msgspec.field(default_factory=list)
    is_none: bool = False


def _bound(
    file: FileSyntax, function: FunctionNode, call: ast.Call, name: str, also: Callable[[ast.Call], None]
) -> _Bound:
    check_own(function, name)
    found = _Bound()
    for node in names_in_sight(file, function, name):
        if isinstance(node.ctx, ast.Load):
            continue
        value, statement = getattr(file.parents[node], "value", None), file.statement(node)
        if isinstance(statement, ast.AnnAssign) and statement.value is None:
            continue  # `r: requests.Response`
        if isinstance(statement, ast.AugAssign):
            raise NoTwinError(f"{name} is handed on")
        is_none = isinstance(value, ast.Constant) and value.value is None
        found.is_none = found.is_none or is_none
        is_mine = value is call or is_none or _can_follow(file.parents[node], value, name, also)
        (found.mine if is_mine else found.others).append(statement)
    if any(argument.arg == name for argument in walk(function) if isinstance(argument, ast.arg)):
        raise NoTwinError(f"{name} is a parameter too")
    return found


def _can_follow(above: ast.AST, value: object, name: str, also: Callable[[ast.Call], None]) -> bool:
    """Is it the response of another call whose arguments have an equal?"""
    if not isinstance(value, ast.Call) or assigned(above)[0] != name:
        return False
    try:
        also(value)
    except NoTwinError:
        return False
    return True


def assigned(parent: ast.AST) -> tuple[str | None, ast.AST]:
    target = parent.target if isinstance(parent, ast.NamedExpr) else target_of(parent)
    return (target.id if isinstance(target, ast.Name) else None), parent


def stays(node: ast.expr) -> None:
    """Nobody is asked what becomes of a response that is handed on."""
    raise NoTwinError(f"{getattr(node, 'id', 'the response')} is handed on")


def use(
    file: FileSyntax,
    node: ast.Name,
    library: str,
    follows_redirects: bool,
    truth: tuple[str, str] = TRUTH,
    leaves: Callable[[ast.expr], None] = stays,
) -> Iterator[Edit]:
    """The edits of one use of a response. Raises `NoTwinError`.

    `truth` is how it is asked whether it is there and no error, and the opposite.
    """
    parent = file.parents[node]
    if is_test(file, node):
        is_not = isinstance(parent, ast.UnaryOp)
        truth = TRUTH if is_there(file, parent if is_not else node, node.id) else truth
        whole, form = (parent, truth[1]) if is_not else (node, truth[0])
        yield ReplaceExpression(span_of(whole), Code(form.replace("{}", node.id)))
    elif isinstance(parent, ast.Compare) and all(isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops):
        return
    elif not isinstance(parent, ast.Attribute):
        leaves(node)
    elif parent.attr in RENAMED and isinstance(parent.ctx, ast.Load):
        yield _replaced(file, parent, RENAMED[parent.attr], node.id)
    elif parent.attr == "close":
        yield _closed(file, parent, node.id)
    else:
        check_attribute(file, parent, follows_redirects)
        yield from _codes(file, parent, library)


def _replaced(file: FileSyntax, node: ast.expr, form: str, name: str) -> Edit:
    found = _whole(file, node, form)
    assert found.whole is not None
    return ReplaceExpression(span_of(found.whole), Code(found.form.format(name)))


def _closed(file: FileSyntax, attribute: ast.Attribute, name: str) -> Edit:
    """The sync `close` of a response that an async client gave raises."""
    call = file.parents[attribute]
    if not isinstance(call, ast.Call) or not isinstance(file.parents[call], ast.Expr):
        raise NoTwinError("the response is closed")
    return ReplaceCall(span_of(call), Code(f"{name}.aclose"), awaited=True)


def check_attribute(file: FileSyntax, attribute: ast.Attribute, follows_redirects: bool) -> None:
    above = file.parents[attribute]
    name = attribute.attr
    if not isinstance(attribute.ctx, ast.Load) and name != "encoding":
        raise NoTwinError(f"{name} of the response is set")
    if name == "encoding" and not _sets_encoding(file, attribute.value):
        raise NoTwinError(
            "the encoding of the response is used, which httpx takes for UTF-8 where none is given"
        )
    if name in _SAME:
        return
    if name == "raise_for_status":
        if not follows_redirects:
            raise NoTwinError("raise_for_status() fails for redirects in httpx, too")
        if not isinstance(above, ast.Call) or not isinstance(file.parents[above], ast.Expr):
            raise NoTwinError("the result of raise_for_status() is used")
    elif name in ("headers", "cookies"):
        # httpx writes header names in lower case: looking one up is the same, going through them is not
        is_get = isinstance(above, ast.Attribute) and above.attr in _SAME_ON_HEADERS
        is_item = isinstance(above, ast.Subscript) and above.value is attribute
        is_in = isinstance(above, ast.Compare) and attribute in above.comparators
        if not (is_get or is_item or is_in):
            raise NoTwinError(f"all {name} of the response are used")
    elif name == "history":
        if not (
            isinstance(above, ast.Call) and getattr(above.func, "id", "") in ("len", "bool")
        ) and not is_test(file, attribute):
            raise NoTwinError("the history of the response is used")
    else:
        raise NoTwinError(f"{name} of a response has no equal in httpx")


def _sets_encoding(file: FileSyntax, response: ast.expr) -> bool:
    """`if response.encoding is None: response.encoding = "utf-8"`"""
    name = file.source(response)
    return any(
        each.attr == "encoding" and not isinstance(each.ctx, ast.Load) and file.source(each.value) == name
        for each in file.of_kind(ast.Attribute)
    )


def _codes(file: FileSyntax, attribute: ast.Attribute, library: str) -> Iterator[Edit]:
    """`response.status_code == requests.codes.ok`"""
    above = file.parents[attribute]
    if attribute.attr != "status_code" or not isinstance(above, ast.Compare):
        return
    for side in (above.left, *above.comparators):
        for node in ast.walk(side):
            if not isinstance(node, ast.Attribute) or file.source(node.value) not in _CODES:
                continue
            if node.attr.upper() in HTTPStatus.__members__:
                code = Code(f"{slot(0)}.codes.{node.attr.upper()}", (ImportNeed(library),))
                yield ReplaceExpression(span_of(node), code)
