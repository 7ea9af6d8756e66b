"""What makes the async client of a session or client: its arguments, and what sets it up."""

from __future__ import annotations

import ast

from ....analysis.link.program import CallKey
from ....model import ImportNeed, slot
from ...making.places import Place
from ...making.setup import simple
from ...objects.client_object import ClientObject
from ...rewriting.factories import Maker
from ...twin import Call, NoTwinError
from ..calls.call import METHODS
from ..calls.in_common import check_auth, check_setup
from ..calls.session_settings import check_setting, setting
from ..generated.client_module import CONTEXT
from ..values.values import Values
from .mounted import sizes_alone

_SAME_OPTIONS = {
    "auth", "params", "headers", "cookies", "verify", "cert", "http1", "http2", "proxy", "timeout",
    "follow_redirects", "limits", "max_redirects", "base_url", "trust_env", "default_encoding",
}  # fmt: skip


def verified_by(place: Place) -> list[ast.stmt]:
    """Statements of the setup that become an argument."""
    plain = [each for each in place.setup if not isinstance(each, ast.If)]
    return [each for each in plain if setting(place.file, place.target, each) == "verify"]


def mounted_on(call: Call, place: Place) -> list[ast.stmt]:
    """Statements of the setup that go: their adapters only set sizes."""
    return [each for each in place.setup if sizes_alone(call.world, place.file, each)]


def session_maker(call: Call, client: ClientObject, place: Place, values: Values, *, at_start: bool) -> Maker:
    """`at_start`: certificates may be read there, before all requests."""
    library = call.world.library
    verify, mounted = verified_by(place), mounted_on(call, place)
    for statement in simple(place.setup):
        if statement not in (*verify, *mounted):
            check_setting(call.world, values, place.file, place.target, statement)
    if any(
        not (isinstance(s, ast.Assign) and isinstance(s.value, ast.Constant) and s.value.value is False)
        for s in verify
    ):
        raise NoTwinError("verify of the session is not a plain False")
    limit = "" if all(_has_timeout(call, other) for other in client.calls) else "    timeout=None,\n"
    constructor = (
        f"{slot(1)}.AsyncClient(\n"
        + ("    verify=False,\n" if verify else "" if at_start else f"    verify={slot(2)},\n")
        + f"    follow_redirects=True,\n{limit}"
        + f"    limits={slot(1)}.Limits(max_connections=None, max_keepalive_connections=20),\n)"
    )
    need, context = ImportNeed(call.world.module, "per_event_loop"), ImportNeed(call.world.module, CONTEXT)
    needs = (ImportNeed(library),) if verify or at_start else (ImportNeed(library), context)
    return Maker(f"{slot(1)}.AsyncClient", constructor, need, needs)


def _has_timeout(call: Call, other: CallKey) -> bool:
    site = call.world.effects.program.call(other)
    is_request = getattr(site.func, "attr", "") in METHODS
    return not is_request or "timeout" in dict(site.keywords)


def client_maker(call: Call, place: Place, *, at_start: bool) -> Maker:
    """Same arguments, same attributes: only the class is another."""
    given = {keyword.arg for keyword in place.made.keywords}
    if place.made.args or None in given or given - _SAME_OPTIONS:
        raise NoTwinError("the client is made with arguments that an async client takes differently")
    check_auth(place.file, next((each.value for each in place.made.keywords if each.arg == "auth"), None))
    if place.setup:
        check_setup(place.file, place.target, place.setup)
    library = call.site.name.partition(".")[0]
    written = [place.source(keyword) for keyword in place.made.keywords]
    needs = [ImportNeed(library)]
    if not at_start and not given & {"verify", "cert", "trust_env"}:
        written.append(f"verify={slot(2)}")
        needs.append(ImportNeed(call.world.module, CONTEXT))
    if "limits" not in given:
        # threads were at most forty; the default limit of a hundred would make requests wait for a connection
        written.append(f"limits={slot(1)}.Limits(max_connections=None, max_keepalive_connections=20)")
    if "#" in place.file.source(place.made):
        raise NoTwinError("there is a comment among the arguments of the client")
    source = "\n" + "".join(f"    {argument},\n" for argument in written)
    need = ImportNeed(call.world.module, "per_event_loop")
    return Maker(f"{slot(1)}.AsyncClient", f"{slot(1)}.AsyncClient({source})", need, tuple(needs))
