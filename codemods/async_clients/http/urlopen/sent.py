"""What `urlopen` sends -> the arguments of a call of httpx, where both send the same.

    request = Request(url, data=body, headers={"Accept": "text/csv"}, method="PUT")
    urlopen(request, timeout=5)    ->    put(url, content=body, headers={"Accept": "text/csv"}, timeout=5)

Every row was tried on both libraries against a local server. urllib names a form as the type of a body that
has none, follows no redirect of a `PUT`, and takes `file:` and `data:` for URLs, too.
"""

from __future__ import annotations

import ast

import msgspec

from ....analysis.view import Views
from ....model import Edit, Note, NoteKind
from ...twin import Call, NoTwinError
from ..values.given import Given, given_arguments
from ..values.scalars import Can
from ..values.values import Values
from .addresses import Addresses
from .headers import Headers
from .made import Made, request_of
from .parts import Draft, Part

_OPEN = ("url", "data", "timeout")
_MADE = ("url", "data", "headers", "origin_req_host", "unverifiable", "method")
_MAPPED = {"url", "data", "headers", "method"}
_BODILESS = {"DELETE", "GET", "HEAD"}
_FOLLOWED = {"GET", "HEAD", "POST"}
_METHODS = _FOLLOWED | {"DELETE", "PATCH", "PUT"}
_SCHEME = "a URL that is none of http (file:, ftp:, data:) fails in httpx"
_LATIN = (
    "a header value with letters outside ASCII (urllib sends Latin-1) or with blanks around it fails in httpx"
)
_NOTES = {
    "HEAD": "a HEAD stays one behind a redirect, where urllib asks with GET before Python 3.12",
    "POST": "httpx follows a redirect with status 307 or 308 of a POST, at which urllib fails",
}


class Sent(msgspec.Struct, frozen=True):
    """One request as httpx is asked for it."""

    method: str
    parts: tuple[Part, ...]
    is_moved: bool
    """It was made elsewhere than in the call that opens it."""
    has_timeout: bool
    edits: tuple[Edit, ...]
    """What becomes of the statements that made it."""
    notes: tuple[Note, ...]


class Sending:
    def __init__(self, values: Values, views: Views) -> None:
        self._values = values
        self._views = views
        self._addresses = Addresses(values)

    def of(self, call: Call, *, is_text: bool) -> Sent:
        """`is_text`: the call is written anew. Raises `NoTwinError` for what httpx would send differently."""
        opened = given_arguments(call, _OPEN)
        _check_names(opened, set(_OPEN))
        timeout = opened.pop("timeout", None)
        made = request_of(call, opened["url"].value)
        if made is not None and "data" in opened:
            raise NoTwinError("the request gets its data when it is opened")
        given = given_arguments(made.call, _MADE) if made is not None else opened
        _check_names(given, _MAPPED)
        body = None if "data" in given and _is_none(given["data"]) else given.get("data")
        source = made.call if made is not None else call
        if body is not None and self._values.scalar(source.scope, body.fact, source.call.lineno) != Can.BYTES:
            raise NoTwinError("data= may be something else than bytes")
        draft = Draft(call, made, self._views.of(call.file.path), is_text=is_text)
        return self._sent(call, made, given, body, timeout, draft)

    def _sent(
        self,
        call: Call,
        made: Made | None,
        given: dict[str, Given],
        body: Given | None,
        timeout: Given | None,
        draft: Draft,
    ) -> Sent:
        source, added = (made.call, made.added) if made is not None else (call, ())
        headers = Headers(source, given.get("headers"), added, self._values)
        method = _method(given.get("method"), has_body=body is not None)
        notes = [_NOTES[method]] if method in _NOTES else []
        if not self._addresses.is_http(source.scope, given["url"].fact, source.call.lineno):
            if body is None:
                raise NoTwinError("its URL is not seen to begin with http://")
            notes.append(_SCHEME)  # nothing but http is sent a body
        parts = [_part(draft, made, "url", "", given["url"])]
        has_own_method = body is None or method not in _BODILESS
        if not has_own_method:
            parts.insert(0, Part("", f'"{method}"'))
        if body is not None:
            parts.append(_part(draft, made, "content", "content", body))
        sent = headers.part(draft, has_body=body is not None)
        if sent is not None:
            parts.append(sent)
            notes += [] if headers.is_written_out else [_LATIN]
        if timeout is not None:
            parts.append(draft.part("timeout", timeout.value, timeout.index))
        if method not in _FOLLOWED:
            parts.append(Part("follow_redirects", "False"))
        return Sent(
            method.lower() if has_own_method else "request",
            tuple(parts),
            made is not None,
            timeout is not None,
            draft.edits(),
            tuple(Note(NoteKind.BEHAVIOUR, text) for text in notes),
        )


def _part(draft: Draft, made: Made | None, name: str, keyword: str, given: Given) -> Part:
    if made is None:
        return draft.part(keyword, given.value, given.index)
    return draft.moved(name, keyword, draft.text(given.value), given.value)


def _check_names(given: dict[str, Given], mapped: set[str]) -> None:
    for name in sorted(given.keys() - mapped):
        raise NoTwinError(f"{name}= has no exact equal in httpx")
    if "url" not in given:
        raise NoTwinError("its URL is missing")


def _is_none(given: Given) -> bool:
    return isinstance(given.value, ast.Constant) and given.value.value is None


def _method(given: Given | None, *, has_body: bool) -> str:
    if given is None:
        return "POST" if has_body else "GET"
    value = given.value.value if isinstance(given.value, ast.Constant) else None
    if value not in _METHODS:
        raise NoTwinError("its method is not written out")
    return str(value)
