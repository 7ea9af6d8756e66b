"""Generated modules lie below one import root; an application that starts below another does not find them.

mailer/main.py      beside it: mailer/domain/tasks.py, mailer/http_client.py
reports/main.py     from domain.tasks import ...     # no such module where this one starts
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ...analysis.link.import_graph import ImportGraph
from ...analysis.link.program import Program
from ...model import ChangeGroup, ImportNeed
from ..settings.resolved import Settings
from .client_place import client_places


def generated_roots(settings: Settings) -> Mapping[str, str]:
    """The modules that may be made, with the import roots below which they lie."""
    tasks = settings.tasks_place
    own = (tasks, *(tasks.beside(name) for name in ("broker", "results", "uploads")))
    found = {place.module: place.path for place in client_places(settings.http_place)}
    found |= {place.module: place.path for place in own}
    return {module: _root_of(path, module) for module, path in found.items()}


def _root_of(path: str, module: str) -> str:
    """The import root below which the file of a module lies."""
    return path.removesuffix(".py").removesuffix(module.replace(".", "/")).rstrip("/")


class Sight:
    """What code finds of the modules that may be made (`generated`: each with its import root)."""

    def __init__(self, program: Program, generated: Mapping[str, str]) -> None:
        self._program = program
        self._generated = generated
        self._graph = ImportGraph(program)
        self._known: dict[tuple[str, str], bool] = {}

    def finds(self, path: str, module: str) -> bool:
        facts = self._program.modules[path].facts
        return (
            module not in self._generated or facts.is_test or self._sees(facts.root, self._generated[module])
        )

    def _sees(self, root: str, other: str) -> bool:
        """Does any code there import from below the other root?"""
        if (root, other) not in self._known:
            modules = self._program.modules
            own = (p for p, m in modules.items() if m.facts.root == root and not m.facts.is_test)
            found = (modules[each].facts.root for path in own for each in self._graph.imports(path))
            self._known[root, other] = root == other or other in found
        return self._known[root, other]


def out_of_sight(groups: Iterable[ChangeGroup], sight: Sight) -> Iterator[tuple[ChangeGroup, str, str]]:
    """Each group of which a file needs a module that it does not find, with the two."""
    for group in groups:
        for path, module in _needed(group):
            if not sight.finds(path, module):
                yield group, path, module
                break


def _needed(group: ChangeGroup) -> Iterator[tuple[str, str]]:
    for path, edits in sorted(group.edits.items()):
        for need in _needs(edits):
            yield path, need.module


def _needs(value: object) -> Iterator[ImportNeed]:
    """All that an edit needs to be imported, wherever it keeps it."""
    if isinstance(value, ImportNeed):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _needs(each)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _needs(getattr(value, field))
