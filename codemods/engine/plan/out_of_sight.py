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


def root_of(path: str, module: str) -> str:
    """The import root below which the file of a module lies."""
    return path.removesuffix(".py").removesuffix(module.replace(".", "/")).rstrip("/")


def out_of_sight(
    groups: Iterable[ChangeGroup], program: Program, generated: Mapping[str, str]
) -> Iterator[tuple[ChangeGroup, str, str]]:
    """Each group of which a file needs a module that it does not find, with the two; `generated` maps the
    modules to their import roots."""
    graph = ImportGraph(program)
    known: dict[tuple[str, str], bool] = {}

    def sees(root: str, other: str) -> bool:
        """Does any code there import from below the other root?"""
        if (root, other) not in known:
            own = (p for p, m in program.modules.items() if m.facts.root == root and not m.facts.is_test)
            found = (program.modules[each].facts.root for path in own for each in graph.imports(path))
            known[root, other] = root == other or other in found
        return known[root, other]

    for group in groups:
        for path, module in _needed(group):
            facts = program.modules[path].facts
            if module in generated and not facts.is_test and not sees(facts.root, generated[module]):
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
