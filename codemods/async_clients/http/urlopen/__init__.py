"""`urllib.request.urlopen` -> a call of the shared `AsyncClient`.

    with urlopen(url, timeout=5) as r:        r = await http_client().get(url, timeout=5)
        return json.load(r)             ->    r.raise_for_status()
                                              return r.json()

Only where the request, every use of the response and every `except` clause have an equal; other calls are
offloaded.
"""

from __future__ import annotations

import ast
from functools import cached_property

from ....analysis.judge.effects.site import Site
from ....analysis.link.program import CallKey
from ....analysis.syntax import span_of
from ....analysis.view import Views
from ....async_generators.bodies import free_name
from ....model import (
    Code,
    Edit,
    ImportNeed,
    Note,
    NoteKind,
    ReplaceCall,
    ReplaceExpression,
    ReplaceStatements,
    Span,
    slot,
)
from ...twin import Call, NoTwinError, TwinPlan, World
from ...versions import limits_below
from ..calls.functions import check_client
from ..errors.error_chain import ErrorChain
from ..errors.error_families import URLLIB
from ..generated import clients
from ..values.values import Values
from .made import URLOPEN
from .opened import LOAD, READ, RESPONSE, Opened, failing, opened, opening
from .parts import written
from .sent import Sending, Sent

ERROR_READ = "urllib.error.HTTPError.read"
SITES = frozenset({URLOPEN, LOAD, READ, ERROR_READ})
"""What becomes a part of the call: opening, and reading what it opened."""

_NOTE = (
    "urlopen becomes a call of a shared httpx client: it has another User-Agent, {certificates}follows 20 "
    "redirects where urllib follows 10, beyond which it raises TooManyRedirects, sends no Authorization on "
    "to another host, decodes a compressed body, and makes a URL with blanks, .. or letters outside ASCII a "
    "valid one"
)
_CERTIFICATES = {"httpx": "takes the certificates of certifi and not of the system, "}
_UNREAD = Note(NoteKind.BEHAVIOUR, "the whole answer is received, of which urlopen only received the head")
_ELSEWHERE = {
    "install_opener": "the project installs an opener of its own",
    "_create_default_https_context": "the project changes how urllib checks certificates",
    "setdefaulttimeout": "the project sets a time limit for all sockets",
}
_PACKAGES = {"gzip", "zlib", "brotli", "zstandard"}
_SAYS_ITSELF = "0.25"
"""The first version of httpx in which `raise_for_status()` gives the response."""


class Urlopen:
    def __init__(self, world: World, values: Values, views: Views, declared: str) -> None:
        self.world = world
        self.errors = ErrorChain(world, URLLIB)
        self._declared = declared
        self._sending = Sending(values, views)

    def behind(self, site: Site) -> CallKey | None:
        """The call of `urlopen` that opened what is read at a site, or failed with it."""
        if site.call is None or site.name not in SITES:
            return None
        path = site.call.path
        file = self.world.syntax.file(path)
        read = file.call(Span(*site.span))
        if read is None or site.name == URLOPEN:
            return None
        response = _read(read, site.name)
        if site.name == ERROR_READ:
            sources = [*failing(file, response)]
        else:
            sources = [each for each in (opening(file, response),) if each is not None]
        keys = (self.world.call_key(path, source) for source in sources)
        found = [key for key in keys if key is not None and self._is_urlopen(key)]
        return found[0] if len(found) == 1 else None

    def _is_urlopen(self, call: CallKey) -> bool:
        return [site.name for site in self.world.effects.of_call(call)] == [URLOPEN]

    def twin(self, call: Call) -> TwinPlan:
        """The plan for one `urlopen(...)`. Raises `NoTwinError` when it has no exact equal."""
        if self._elsewhere:
            raise NoTwinError(self._elsewhere)
        if any(call.file.mentions(f"{word} {each}") for word in ("from", "import") for each in _PACKAGES):
            raise NoTwinError("its module decompresses what it is sent, which httpx does itself")
        response = opened(call)
        sent = self._sending.of(call, is_text=not response.edits)
        options = clients.Options()
        check_client(self.world, options)
        told = _NOTE.format(certificates=_CERTIFICATES.get(self.world.library, ""))
        notes = (Note(NoteKind.BEHAVIOUR, told), *sent.notes, *([] if response.is_read else [_UNREAD]))
        edits = (*sent.edits, *response.edits, self._edit(call, sent, response))
        return TwinPlan(
            tuple((call.file.path, edit) for edit in edits),
            (span_of(call.call),),
            f"await {options.name}().{sent.method}(...)",
            (clients.client(self.world.library, options, timeout_given=sent.has_timeout),),
            (*notes, *self.errors.check(call.function, call.call)),
        )

    def _edit(self, call: Call, sent: Sent, response: Opened) -> Edit:
        needs = (ImportNeed(self.world.module, clients.CLIENT),)
        callee = f"{slot(0)}().{sent.method}"
        if response.edits and not sent.is_moved:
            arguments = tuple(part.argument for part in sent.parts)
            return ReplaceCall(span_of(call.call), Code(callee, needs), arguments, awaited=True)
        text = f"await {callee}({written(sent.parts)})"
        if response.edits:
            return ReplaceExpression(span_of(call.call), Code(text, needs))
        if response.statement is not None:
            name, span = free_name(call.node, RESPONSE), span_of(response.statement)
            return ReplaceStatements(span, span, Code(f"{name} = {text}\n{name}.raise_for_status()", needs))
        if limits_below(self._declared, self.world.library, _SAYS_ITSELF):
            raise NoTwinError(
                f"raise_for_status() of {self.world.library} gives nothing before {_SAYS_ITSELF}"
            )
        assert response.whole is not None
        checked = response.form.format(f"({text}).raise_for_status()")
        return ReplaceExpression(span_of(response.whole), Code(checked, needs))

    @cached_property
    def _elsewhere(self) -> str:
        """What the project does that changes all calls of urllib; empty where it does nothing of it."""
        for path in sorted(self.world.effects.program.modules):
            file = self.world.syntax.file(path)
            for name, text in _ELSEWHERE.items():
                if file.mentions(name):
                    return f"{text} ({path})"
        return ""


def _read(call: ast.Call, name: str) -> ast.expr | None:
    """What is read by `response.read()`, or `json.load(response)`."""
    if name == LOAD:
        return call.args[0] if call.args else None
    return call.func.value if isinstance(call.func, ast.Attribute) else None


__all__ = ["SITES", "URLOPEN", "Urlopen"]
