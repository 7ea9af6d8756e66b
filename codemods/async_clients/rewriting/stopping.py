"""What opens and closes a client when the application starts and stops is awaited there.

def close_llm():                                    async def close_llm():
    client.close()                          ->          await client().close()

async def lifespan(app):                            async def lifespan(app):
    yield                                               yield
    close_llm()                                         await close_llm()

Plain functions become async ones. No request waits for them, so that nothing there turns by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...analysis.link.program import CallKey
from ...model import Edit, ImportNeed
from ..http.generated.client_module import close_name, kind_of
from ..making.at_start import calls_at_start
from ..making.places import Place
from ..objects.client_object import ClientObject
from ..twin import Call, World, check_name

Edits = Iterable[tuple[str, Edit]]


def stopping_edits(
    world: World,
    place: Place,
    objects: Iterable[ClientObject],
    library: str,
    of_call: Callable[[Call], Edits],
) -> tuple[tuple[tuple[str, Edit], ...], frozenset[CallKey]]:
    """The edits, and the calls that are done with; `objects` are the client and its parts, `of_call` gives
    the edits of one call."""
    found: list[tuple[str, Edit]] = []
    close = ImportNeed(world.beside(kind_of(library).file), close_name(library))
    done = {world.call_key(place.file.path, each.call) for each in place.closers} - {None}
    for closer in place.closers:
        check_name(place.file, close.name)
        found += closer.edits(close)
    for call, turning in (pair for each in objects for pair in calls_at_start(world, each)):
        if call.key not in done:
            found += [*of_call(call), *turning]
            done.add(call.key)
    return tuple(found), frozenset(key for key in done if key is not None)
