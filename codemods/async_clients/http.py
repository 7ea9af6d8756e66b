"""Blocking HTTP -> one shared `AsyncClient` for each event loop.

    r = requests.get(url, timeout=2)      ->      r = await http_client().get(url, timeout=2)

Only where every argument, every use of the response and every `except` clause has an exact equal; other calls are offloaded.
"""

from __future__ import annotations

from ..analysis.syntax import span_of
from ..model import Code, Edit, HttpClient, ImportNeed, ReplaceCall, Support, slot
from .http_arguments import map_arguments
from .http_errors import NotEqual, error_edits, surrounding_tries
from .http_response import NoEqual, json_is_read, response_edits
from .twin import Call, TwinPlan

_METHODS = ("get", "head", "options", "delete", "post", "put", "patch", "request")
REQUESTS = frozenset(f"requests.{method}" for method in _METHODS)
CLIENT = "http_client"
_NOTE = (
    "requests become calls of a shared httpx client: ~/.netrc and REQUESTS_CA_BUNDLE are not read, a cookie set by a redirect is "
    "not sent to the next hop, and text without a charset is decoded as UTF-8"
)


def client(library: str, *, timeout_given: bool) -> HttpClient:
    """The client with the defaults of requests, so that the sites stay as short as they were."""
    timeout = "" if timeout_given else "        timeout=None,\n"
    return HttpClient(
        CLIENT,
        library,
        f"    return {library}.AsyncClient(\n"
        "        follow_redirects=True,\n"
        f"{timeout}"
        f"        limits={library}.Limits(max_connections=None, max_keepalive_connections=20),\n"
        "        # users must not share cookies\n"
        "        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),\n"
        "    )\n",
    )


def twin(call: Call, library: str, module: str) -> TwinPlan | None:
    """The plan for one `requests.<method>(...)`; None when it has no exact equal. `module` holds the shared client."""
    method = call.site.name.rpartition(".")[2]
    mapped = map_arguments(call, method)
    if mapped is None:
        return None
    edits: list[tuple[str, Edit]] = []
    try:
        uses = response_edits(call.file, call.node, call.call, follows_redirects=mapped.follows_redirects)
        for statement in surrounding_tries(call.file, call.node, call.call):
            json_read = json_is_read(call.file, call.node, call.call, statement)
            edits.extend(
                (call.file.path, edit)
                for edit in error_edits(
                    call.effects, call.function, call.file, statement, library, json_read=json_read, keep_old=False
                )
            )
    except (NoEqual, NotEqual):
        return None
    span = span_of(call.call)
    callee = Code(f"{slot(0)}().{mapped.method}", (ImportNeed(module, CLIENT),))
    edits.extend((call.file.path, edit) for edit in uses)
    edits.append((call.file.path, ReplaceCall(span, callee, mapped.arguments, awaited=True)))
    support: tuple[Support, ...] = (client(library, timeout_given=mapped.has_timeout),)
    return TwinPlan(tuple(edits), (span,), f"await {CLIENT}().{mapped.method}(...)", support, (_NOTE,))
