"""What counts as blocking in this run: less than the catalogue says by the config's leave, and more where
objects are read on a sync session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ..analysis.judge.effects.effects import Effects
from ..analysis.judge.effects.mapped import Mapped
from ..analysis.judge.effects.site import Site, SiteKind
from ..analysis.judge.reaching.reach import Reach
from ..analysis.link.program import Key, Program
from ..analysis.syntax import Syntax
from ..async_clients import is_generated
from .plan.client_place import client_places
from .settings.resolved import Settings


def allowed_on_loop(settings: Settings, program: Program, syntax: Syntax) -> Callable[[Site], bool]:
    """Password hashing, and what only asks a folder, counts as blocking unless the config allows it on the
    loop.

    What the shared clients read to be made (certificates) is read once for each event loop, not per request.
    """
    config = settings.config
    hashes, asks = config.password_hashing == "allow", config.file_metadata == "loop"
    places = {place.path for place in client_places(settings.http_place)} & program.modules.keys()
    clients = {path for path in places if is_generated(syntax.file(path).text)}

    def ignored(site: Site) -> bool:
        is_hash = site.entry is not None and site.entry.category == "password-hashing"
        return site.key.path in clients or (hashes and is_hash) or (asks and site.is_cheap)

    return ignored


def watching_sessions(
    effects: Effects,
    ignored: Callable[[Site], bool],
    marked: Mapping[Key, SiteKind],
    entries: Iterable[Key],
    side: frozenset[Key] = frozenset(),
) -> Reach:
    """Where entry points work on a sync session, reading its objects is work of the session too; the
    functions of the async `side` have sessions of their own."""
    reach = Reach(effects, ignored, marked)
    works = {key: SiteKind.SESSION in reach.flags(key) for key in entries}
    if not any(works.values()):
        return reach
    mapped = Mapped(effects.inference)
    is_mixed = bool(side) or mapped.has_async_sessions
    theirs = _read_on_async_sessions(reach, works, side) if is_mixed else frozenset()
    program = effects.program

    def left_out(site: Site) -> bool:
        is_read = site.kind is SiteKind.SESSION and site.form == "attribute"
        return ignored(site) or (is_read and program.owner_of(site.key.path, site.key.scope) in theirs)

    return Reach(effects.watching(mapped), left_out, marked)


def _read_on_async_sessions(reach: Reach, works: Mapping[Key, bool], side: frozenset[Key]) -> frozenset[Key]:
    """With sessions of both kinds, what async functions run reads objects of theirs; apart from what a `def`
    entry runs that is handed objects and has no session to show for it."""
    program = reach.effects.program
    theirs = {key for key in program.functions() if program.scope(key).is_async} | side
    sync = [key for key, does in works.items() if not does and key not in theirs]
    return frozenset(reach.below(*theirs) - reach.below(*sync))
