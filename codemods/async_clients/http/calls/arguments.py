"""Arguments of `requests.get(...)` -> those of `httpx.AsyncClient().get(...)`, where they mean the same.

    requests.get(url, params={"q": q, "page": None})    requests drops None, httpx sends `page=`
    requests.delete(url, json=body)                     httpx: client.request("DELETE", url, json=body)
    requests.get(URL, params={"q": q})                  httpx drops the query that a URL may have of its own:
                                                        get(with_params(URL, {"q": q}))
    requests.get(url, params=given)                     requests drops None and writes `True`, httpx `true`:
                                                        get(url, params=sent_params(given))

Every row was tried on both libraries against a local server. What differs has no mapping here, and the
call goes to the thread pool instead; https://www.python-httpx.org/compatibility/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import msgspec

from ....analysis.index.expr import DictDisplay, Display
from ....analysis.syntax import FileSyntax, span_of
from ....model import Argument, Code, Edit, ImportNeed, Note, NoteKind, ReplaceExpression, slot
from ...twin import Call, NoTwinError
from ..generated.client_module import SENT_PARAMS, WITH_PARAMS
from ..generated.clients import OPTIONS, Options, options_of
from ..values.forwarded import forwarded, is_same, star_of
from ..values.given import Given, given_arguments, is_none
from ..values.keys import check_conditions
from ..values.query_text import QUERY_NOTE, check_text, may_bring_query, notes_of_url
from ..values.scalars import PLAIN, Can
from ..values.url import may_have_query
from ..values.values import Values
from .auth_and_files import auth, files

POSITIONS = {
    "get": ("url", "params"),
    "head": ("url",),
    "options": ("url",),
    "delete": ("url",),
    "post": ("url", "data", "json"),
    "put": ("url", "data"),
    "patch": ("url", "data"),
    "request": ("method", "url"),
}
_BODILESS = {"get", "head", "options", "delete"}
_BODY = {"data", "json", "files"}
_HEADER_NOTE = Note(
    NoteKind.BEHAVIOUR,
    "a header value with letters outside ASCII fails in httpx, where requests sends it as Latin-1",
)


class Mapped(msgspec.Struct):
    method: str
    has_timeout: bool
    follows_redirects: bool
    options: Options
    streams: bool = False
    arguments: list[Argument] = msgspec.field(default_factory=list)
    edits: list[Edit] = msgspec.field(default_factory=list)
    """Values that must be written differently."""
    notes: list[Note] = msgspec.field(default_factory=list)
    adds_params: bool = False
    """The URL may have a query, which a function of the module with the shared clients keeps."""
    writes_params: bool = False
    """What the parameters hold is seen at run time, by another function of that module."""

    @property
    def helpers(self) -> tuple[str, ...]:
        """The functions of the module with the shared clients that it asks for."""
        wanted = ((WITH_PARAMS, self.adds_params), (SENT_PARAMS, self.writes_params))
        return tuple(name for name, is_wanted in wanted if is_wanted)


def map_arguments(call: Call, method: str, values: Values) -> Mapped:
    """The new argument list. Raises `NoTwinError` when one argument has no exact equal."""
    given = given_arguments(call, POSITIONS[method])
    if "url" not in given:
        raise NoTwinError("its URL is missing")
    follows = method != "head"
    redirects = given.get("allow_redirects")
    if redirects is not None:
        follows = isinstance(redirects.value, ast.Constant) and redirects.value.value is True
    mapped = Mapped(method, "timeout" in given, follows, options_of({n: g.value for n, g in given.items()}))
    if method in _BODILESS and _BODY & given.keys():
        mapped.method = "request"
        mapped.arguments.append(Argument(code=Code(f'"{method.upper()}"')))
    for name, argument in given.items():
        if name not in OPTIONS:
            _map(call, mapped, name, argument, given, values)
    if mapped.adds_params:
        _keep_query(call, mapped, given["url"])
    _pass_on(call, mapped, given, values)
    if method == "head" and redirects is None:
        mapped.arguments.append(Argument(keyword="follow_redirects", code=Code("False")))
    return mapped


def _map(
    call: Call, mapped: Mapped, name: str, argument: Given, given: Mapping[str, Given], values: Values
) -> None:
    if name in ("method", "url"):
        positional = argument.is_positional and not any(a.keyword for a in mapped.arguments)
        mapped.arguments.append(Argument(argument.index, keyword="" if positional else name))
        mapped.notes.extend(notes_of_url(call, argument.value, values) if name == "url" else ())
    elif name in ("json", "timeout"):
        mapped.arguments.append(Argument(argument.index, keyword=name))
        mapped.edits.extend(_whole_limit(call, argument.value) if name == "timeout" else ())
    elif name == "allow_redirects":
        if not (isinstance(argument.value, ast.Constant) and argument.value.value is True):
            mapped.arguments.append(Argument(argument.index, keyword="follow_redirects"))
        elif mapped.method == "head":
            mapped.follows_redirects = True  # what the client does anyway
    elif name in ("params", "headers"):
        mapped.adds_params |= (
            name == "params"
            and may_have_query(call.world, call.function, given["url"].value)
            and not is_none(argument)
        )
        is_plain = name == "params" and not (mapped.adds_params or is_none(argument))
        if is_plain and may_bring_query(call, given["url"].value, values):
            mapped.notes.append(QUERY_NOTE)
        make = _params if name == "params" else _headers
        mapped.arguments.append(make(call, mapped, argument, values))
    elif name == "data":
        mapped.arguments.append(_data(call, mapped, argument, values, multipart="files" in given))
    elif name == "auth":
        mapped.arguments.append(auth(call, argument))
    elif name == "files":
        mapped.arguments.append(files(call, argument, values))
    elif name == "stream" and isinstance(argument.value, ast.Constant):
        mapped.streams = argument.value.value is True
    elif name == "stream":
        raise NoTwinError("whether its response is streamed is not written out")
    else:
        raise NoTwinError(f"{name}= has no exact equal in httpx")


def _whole_limit(call: Call, value: ast.expr) -> Iterator[Edit]:
    """`(1, 2)` -> `(1, 2, None, None)`: httpx takes the pair for that, and type checkers do not."""
    source = call.file.source(value)
    if isinstance(value, ast.Tuple) and len(value.elts) == 2 and "#" not in source:
        pair = ", ".join(map(call.file.source, value.elts))
        yield ReplaceExpression(span_of(value), Code(f"({pair}, None, None)"))


def _keep_query(call: Call, mapped: Mapped, given: Given) -> None:
    """`url, params={...}` -> `with_params(url, {...})`."""
    if "#" in call.file.source(call.call):
        raise NoTwinError("its URL may have a query of its own, and there is a comment in the call")
    url = next(each for each in mapped.arguments if each.index == given.index)
    params = next(each for each in mapped.arguments if each.keyword == "params")
    callee = Code(slot(0), (ImportNeed(call.world.module, WITH_PARAMS),))
    mapped.arguments.remove(params)
    mapped.arguments[mapped.arguments.index(url)] = Argument(
        keyword=url.keyword, code=callee, given=(url, params)
    )


def _pass_on(call: Call, mapped: Mapped, given: Mapping[str, Given], values: Values) -> None:
    """`**kwargs`, where all callers of the function give what means the same."""
    star = star_of(call)
    if star is None:
        return
    params = False
    for name, key, value, line in forwarded(call):
        if name in _BODY and mapped.method in _BODILESS:
            raise NoTwinError(f"{name}= is passed on, which {mapped.method}() of httpx does not take")
        is_plain = is_same(name, key, value, line, values)
        if name == "params":
            check_text(key, value, line, values)
            mapped.writes_params |= not is_plain
            params = True
        elif not is_plain:
            raise NoTwinError(
                f"{name}= is passed on, and may have no exact equal in httpx ({key.path}:{line})"
            )
        if name == "headers":
            check_conditions(values.keys(key, value, line))
            mapped.notes.append(_HEADER_NOTE)
    place = len(call.call.args) + call.call.keywords.index(star)
    if not params:
        mapped.arguments.append(Argument(place))
        return
    mapped.adds_params |= may_have_query(call.world, call.function, given["url"].value)
    mapped.arguments.append(_star(call, mapped, given["url"], star.value, place))


def _star(call: Call, mapped: Mapped, given: Given, value: ast.expr, place: int) -> Argument:
    """`**kwargs` -> `**{**kwargs, "params": sent_params(kwargs.get("params"))}`"""
    name = call.file.source(value)
    written = f'{name}.get("params")'
    needs: tuple[ImportNeed, ...] = ()
    if mapped.writes_params:
        needs = (ImportNeed(call.world.module, SENT_PARAMS),)
        written = f"{slot(0)}({written})"
    if mapped.adds_params:
        url = next(each for each in mapped.arguments if each.index == given.index)
        callee = Code(slot(0), (ImportNeed(call.world.module, WITH_PARAMS),))
        added = Argument(keyword=url.keyword, code=callee, given=(url, Argument(code=Code(written, needs))))
        mapped.arguments[mapped.arguments.index(url)] = added
        return Argument(code=Code(f'**{{**{name}, "params": None}}'))
    if mapped.writes_params:
        return Argument(code=Code(f'**{{**{name}, "params": {written}}}', needs))
    return Argument(place)


# params, headers, form data -------------------------------------------------------------------------------


def _params(call: Call, mapped: Mapped, argument: Given, values: Values) -> Argument:
    """As they are where httpx sends the same, else by what `sent_params` makes of them."""
    check_text(call.scope, argument.fact, call.call.lineno, values, argument.value)
    edits = len(mapped.edits)
    try:
        return _mapping(call, mapped, "params", argument, values, PLAIN | Can.LIST)
    except NoTwinError:
        del mapped.edits[edits:]
    mapped.writes_params = True
    callee = Code(slot(0), (ImportNeed(call.world.module, SENT_PARAMS),))
    return Argument(keyword="params", code=callee, given=(Argument(argument.index),))


def _headers(call: Call, mapped: Mapped, argument: Given, values: Values) -> Argument:
    made = _mapping(call, mapped, "headers", argument, values, Can.TEXT)
    check_conditions(values.keys(call.scope, argument.fact, call.call.lineno))
    value = argument.value
    if not isinstance(value, ast.Dict) or not all(isinstance(each, ast.Constant) for each in value.values):
        mapped.notes.append(_HEADER_NOTE)
    return made


def _mapping(call: Call, mapped: Mapped, name: str, argument: Given, values: Values, plain: Can) -> Argument:
    """A dict of texts and numbers goes as it is; None is dropped, and bools are written as requests does."""
    can, may_be_none = values.mapping(call.scope, argument.fact, call.call.lineno)
    if not can & ~plain:
        return Argument(argument.index, keyword=name)
    if can & ~(plain | Can.NONE | Can.BOOL) or (name == "headers" and can & Can.BOOL):
        raise NoTwinError(f"what the values of {name}= can be is not known")
    if can & Can.BOOL:
        mapped.edits.extend(_bools_as_text(call, name, argument, values))
    if not can & Can.NONE:
        return Argument(argument.index, keyword=name)
    if may_be_none:
        raise NoTwinError(f"{name}= and its values may be None")
    source = _in_a_line(call.file, argument.value)
    if source is None or mapped.edits:
        raise NoTwinError(f"values of {name}= may be None, which httpx sends")
    text = f"{{key: value for key, value in {source}.items() if value is not None}}"
    return Argument(keyword=name, code=Code(text))


def _in_a_line(file: FileSyntax, value: ast.expr) -> str | None:
    """The text of a dict, or of a name for it; None where it does not fit in a line of its own kind."""
    source = file.source(value)
    if "\n" not in source:
        return source if isinstance(value, (ast.Dict, ast.Name, ast.Attribute)) else None
    if not isinstance(value, ast.Dict) or "#" in source:
        return None
    pairs = [
        f"{file.source(key)}: {file.source(item)}" if key is not None else f"**{file.source(item)}"
        for key, item in zip(value.keys, value.values, strict=True)
    ]
    return None if any("\n" in pair for pair in pairs) else f"{{{', '.join(pairs)}}}"


def _bools_as_text(call: Call, name: str, argument: Given, values: Values) -> list[Edit]:
    """`{"dry": True}`: requests sends `True`, httpx `true`."""
    if not isinstance(argument.value, ast.Dict) or not isinstance(argument.fact, DictDisplay):
        raise NoTwinError(f"values of {name}= may be bools, which httpx writes in lower case")
    edits: list[Edit] = []
    for value, fact in zip(argument.value.values, argument.fact.values, strict=True):
        can = values.scalar(call.scope, fact, call.call.lineno)
        if not can & Can.BOOL:
            continue
        if can & Can.NONE or "\n" in call.file.source(value):
            raise NoTwinError(f"a value of {name}= may be None or a bool")
        source = call.file.source(value)
        text = f'"{source}"' if isinstance(value, ast.Constant) else f"str({source})"
        edits.append(ReplaceExpression(span_of(value), Code(text)))
    return edits


def _data(call: Call, mapped: Mapped, argument: Given, values: Values, *, multipart: bool) -> Argument:
    if is_none(argument):
        return Argument(argument.index, keyword="data")
    if not isinstance(argument.fact, (Display, DictDisplay)):
        can = values.scalar(call.scope, argument.fact, call.call.lineno)
        if can and not can & ~(Can.TEXT | Can.BYTES):
            return Argument(argument.index, keyword="content")
    plain = PLAIN | Can.LIST
    return _mapping(call, mapped, "data", argument, values, plain & ~Can.WRITTEN if multipart else plain)
