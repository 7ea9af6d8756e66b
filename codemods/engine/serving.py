"""What FastAPI runs on the loop for the handlers of the given paths, wherever it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ..analysis.link.import_graph import ImportGraph
from ..analysis.link.program import Key, Program
from ..model import EntryKind, EntryPoint

_ASKED_FOR = (EntryKind.DEPENDENCY, EntryKind.BACKGROUND, EntryKind.STREAM)
_AROUND = (EntryKind.MIDDLEWARE, EntryKind.EXCEPTION_HANDLER)


def serving(program: Program, entries: Iterable[EntryPoint], api: frozenset[str]) -> frozenset[Key]:
    """Async functions outside the API layer: the dependencies, background tasks and streams that it imports,
    and the middleware and error handlers of what loads it."""
    own = sorted(path for path in api if path in program.modules)
    elsewhere = [(kind, key) for kind, key in _keys(program, entries) if key.path not in api]
    asked_for = [key for kind, key in elsewhere if kind in _ASKED_FOR]
    around = [key for kind, key in elsewhere if kind in _AROUND]
    there = ImportGraph(program).behind(own) if asked_for else frozenset()
    near = _loaded_beside(program, own) if around else frozenset()
    return frozenset(
        (*(key for key in asked_for if key.path in there), *(key for key in around if key.path in near))
    )


def _keys(program: Program, entries: Iterable[EntryPoint]) -> Iterator[tuple[EntryKind, Key]]:
    for entry in entries:
        key = program.key(entry.function)
        if key is not None and program.scope(key).is_async:
            yield entry.kind, key


def _loaded_beside(program: Program, paths: Collection[str]) -> frozenset[str]:
    """All that is loaded by those who load the files: the modules of their applications, and what these
    import, be it in a function that makes an application."""
    graph = ImportGraph(program, late=True)
    return graph.behind(graph.loading(paths))
