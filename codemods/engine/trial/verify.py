"""`apply --verify`: the user's tests before and after, and the change groups that break one taken out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

import msgspec

from ...model import FileResult
from .. import pipeline
from ..run import Progress, Run
from ..write.transaction import Change, trial
from .bisect import Broken, sift
from .suite import Outcome, Suite, broken, limit_for


class Verified(msgspec.Struct, frozen=True):
    before: Outcome
    after: Outcome | None
    """With the groups that are kept; None when there are none."""
    guilty: Mapping[str, Broken]
    """Change group -> what it breaks."""
    unsteady: tuple[str, ...]
    """Tests that failed once and passed with the very same files."""
    runs: int


class _Trials(msgspec.Struct):
    run: Run
    suite: Suite
    before: Outcome
    progress: Progress
    number: int = 1
    """How often the command was run; the first time was before any change."""
    unsteady: set[str] = msgspec.field(default_factory=set)
    outcomes: dict[frozenset[str], Outcome] = msgspec.field(default_factory=dict)
    """Of whole runs."""
    whole: dict[frozenset[str], Broken] = msgspec.field(default_factory=dict)

    def all_of(self, chosen: frozenset[str]) -> Broken:
        """What breaks with these groups; a failure counts when it comes again."""
        if chosen not in self.whole:
            found = self.some_of(chosen)
            if found:
                again = self.some_of(chosen)
                self.unsteady.update(found.keys() ^ again.keys())
                found = {name: words for name, words in again.items() if name not in self.unsteady}
            self.whole[chosen] = found
        return self.whole[chosen]

    def some_of(self, chosen: frozenset[str], only: Collection[str] = ()) -> Broken:
        """At first sight; the tree is as it was when this returns, however it returns."""
        report = pipeline.apply(self.run, lambda group: group.id in chosen)
        self.number += 1
        self.progress(f"running {self.suite.command} with {len(chosen)} change groups (run {self.number})")
        with trial(self.run.project.root, changes(report.files)):
            outcome = self.suite.run(limit_for(self.before), only)
        if not only:
            self.outcomes[chosen] = outcome
        found = broken(self.before, outcome, only)
        return {name: words for name, words in found.items() if name not in self.unsteady}


def verify(run: Run, groups: Sequence[str], suite: Suite, progress: Progress) -> Verified:
    """Raises `SuiteError` and `WriteError`. The tree is as it was afterwards."""
    progress(f"running {suite.command} before any change")
    trials = _Trials(run, suite, suite.before(), progress)
    kept, guilty = tuple(groups), dict[str, Broken]()
    while kept and (found := trials.all_of(frozenset(kept))):
        sifted = sift(kept, found, partial(trials.some_of, only=frozenset(found)), trials.all_of)
        if not sifted.guilty:  # the failing tests pass when they are run alone
            sifted = sift(kept, found, trials.all_of, trials.all_of)
        if not sifted.guilty:
            break
        kept = sifted.kept
        guilty.update(sifted.guilty)
    unsteady = tuple(sorted(trials.unsteady))
    return Verified(trials.before, trials.outcomes.get(frozenset(kept)), guilty, unsteady, trials.number)


def changes(results: Sequence[FileResult]) -> Mapping[str, Change]:
    return {result.path: Change(result.old, result.new or b"") for result in results}
