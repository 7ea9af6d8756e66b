"""What a task imports inside: what would be circular at the top of its module, and what sets it up.

@broker.task
def send_welcome_task(to: str) -> None:
    import app.main  # for load_dotenv  # noqa: F401
    from app.mailer import send_welcome

    send_welcome(to)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model import ImportNeed
from .finding.work import Work
from .generated.code import import_line, member_order, natural, spelled
from .generated.layout import LINE_LENGTH

SET_UP = "  # noqa: F401\n"
"""The end of an import that is there for what it does."""


class StartsAgainError(Exception):
    """What a task needs, or what sets that up, cannot be imported; the text says why."""


def set_up_imports(work: Work, needs: Iterable[ImportNeed]) -> str:
    """The lines that run what the application runs when it starts, where the task needs it: a library is told
    its key, a `.env` file is read. Raises `StartsAgainError`."""
    needs = tuple(needs)
    found = sorted(work.context.set_up(needs))
    for module, text in (*found, *sorted((need.module, spelled(need)) for need in needs)):
        if started := work.context.starts(module):
            what = f"{module} calls {started} when it is imported"
            raise StartsAgainError(f"a worker needs {text}, and {what}")
    return "".join(f"    import {module}  # for {text}{SET_UP}" for module, text in found)


def late_imports(needs: Sequence[ImportNeed]) -> str:
    """The sorted lines with which the body of a task begins, one for each module where it is short enough."""
    modules: list[str] = []
    lines: list[str] = []
    for module in sorted({need.module for need in needs}, key=natural):
        members = {need.name for need in needs if need.module == module and need.name}
        names = sorted(members, key=member_order)
        together = f"    from {module} import {', '.join(names)}\n"
        is_short = len(names) < 2 or len(together) <= LINE_LENGTH
        whole = next((need for need in needs if need == ImportNeed(module)), None)
        modules += [f"    {import_line(module, spelled(whole))}\n"] if whole is not None else []
        lines += [together] if names and is_short else [f"    from {module} import {n}\n" for n in names]
    return "".join([*modules, *lines])
