"""`apply --verify COMMAND`: what the user's tests say of the change groups, and which of them have to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from ...codemods.engine import pipeline
from ...codemods.engine.trial.bisect import Broken
from ...codemods.engine.trial.suite import Outcome, Suite, SuiteError
from ...codemods.engine.trial.verify import Verified, verify
from ...codemods.engine.write.transaction import WriteError
from ...codemods.model import ChangeGroup, Reason
from ..shared.guard import fail, state
from ..shared.interrupts import interruptible
from ..shared.paper import line
from ..shared.run import progress
from ..shared.words import count

_SHOWN = 25
"""Lines of output under a change group that breaks something."""


def sifted(run: pipeline.Run, groups: Sequence[ChangeGroup], command: str, messages: Console) -> Verified:
    """The tree is as it was afterwards, and at every way out of here."""
    state.outcome = "the files are as they were"
    try:
        with interruptible(), progress(messages) as phase:
            return verify(run, [group.id for group in groups], Suite(command, Path.cwd()), phase)
    except (SuiteError, WriteError) as error:
        fail(str(error))


def broke(found: Verified) -> dict[str, Reason]:
    return {
        group: Reason("AF933", f"change group {group} breaks {_names(broken)}")
        for group, broken in found.guilty.items()
    }


def tell(out: Console, found: Verified, groups: Sequence[ChangeGroup]) -> None:
    titles = {group.id: group.title for group in groups}
    line(out, ("What the tests say", "bold underline"))
    line(out, f"before: {_result(found.before)}", indent=2, hang=4)
    if found.after is not None:
        line(out, f"now:    {_result(found.after)}", indent=2, hang=4)
    for name in found.unsteady:
        text = f"{name or 'the command'} failed once and passed with the same files: it does not count"
        line(out, (text, "yellow"), indent=2, hang=4)
    for group, broken in found.guilty.items():
        head = f"change group {group} ({titles[group]}) was taken out: it breaks {_names(broken)}"
        line(out, (head, "red"), indent=2, hang=4)
        for text in _excerpt(broken):
            line(out, ("| ", "dim"), text, indent=4, hang=2)
    out.print()


def _result(outcome: Outcome) -> str:
    if outcome.passed is None:
        return f"exit code {outcome.code}"
    bad = f", {len(outcome.failed)} not" if outcome.failed else ""
    return f"{count(len(outcome.passed), 'test')} passed{bad}"


def _names(broken: Broken) -> str:
    names = [name or "the command" for name in broken]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _excerpt(broken: Mapping[str, str]) -> list[str]:
    """The end of what the first test says: that is where the error stands."""
    text = next(iter(broken.values())).rstrip().splitlines()
    return text[-_SHOWN:]
