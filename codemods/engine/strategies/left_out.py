"""A program of which some lines are left out, and what becomes of its database: all other lines keep their
numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...analysis.index.facts import ModuleFacts
from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.effects.effects import Effects
from ...analysis.judge.turning.whole import Whole
from ...analysis.link.infer import Inference
from ...analysis.link.program import Key, Program
from ...analysis.syntax import Syntax
from ...catalogue import Catalogue
from ...databases import Conversion
from ...frameworks.fastapi import entry_points
from ..indexing import FileInfo, index_all
from ..settings.resolved import Settings
from .whole_database import converted


def converted_in(
    seen: Mapping[str, str],
    texts: Mapping[str, str],
    facts: Iterable[ModuleFacts],
    catalogue: Catalogue,
    settings: Settings,
    *,
    tests_stay: bool = False,
) -> tuple[Program, Conversion]:
    """What `native` makes of the texts as they are `seen`; `facts` are those of `texts`."""
    facts = list(facts)
    known = {each.path: each for each in facts if seen[each.path] == texts[each.path]}
    program = Program(index_all([info_of(each) for each in facts], seen, known)[0], catalogue)
    effects = Effects(Inference(program), settings.config.trusted)
    entries = entry_points(effects.inference)
    return program, converted(
        Callers(effects), Syntax(seen.__getitem__), entries, settings, tests_stay=tests_stay
    )


def info_of(facts: ModuleFacts) -> FileInfo:
    return FileInfo(facts.path, facts.module, facts.root, facts.is_package, facts.is_test)


def moved(whole: Whole, old: Program, new: Program) -> Whole:
    """The same functions in a program that has more in the same files, on the same lines."""
    by_span = {
        (path, scope.span): Key(path, number)
        for path, module in new.modules.items()
        for number, scope in enumerate(module.facts.scopes)
    }

    def keys(each: frozenset[Key]) -> frozenset[Key]:
        return frozenset(by_span[key.path, old.scope(key).span] for key in each)

    return Whole(
        keys(whole.functions),
        keys(whole.generators),
        keys(whole.replaced),
        keys(whole.off_loop),
        keys(whole.unreached),
        whole.handled,
        whole.rewritten,
        whole.awaited,
        whole.loaded_above,
    )
