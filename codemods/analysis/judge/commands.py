"""What commands outside the code run: they await nothing.

[project.scripts]
seed = "app.seed:main"                            python -c "from app.db import init; init()"
"""

from __future__ import annotations

from ...model import Reason
from ..index.unread import Unread
from ..link.program import Key, Program


def why_not(program: Program, unread: Unread, function: Key) -> Reason | None:
    """A function that a command may call, or a method of a class that it may make."""
    qualname = program.scope(function).qualname
    path = unread.runner(program.modules[function.path].facts.module, qualname.partition(".")[0])
    text = f"{qualname} may be run by {path}, where nothing would await it"
    return Reason("AF911", text, program.location(function)) if path else None
