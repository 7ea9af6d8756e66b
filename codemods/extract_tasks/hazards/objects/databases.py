"""What belongs to a database, by the catalogue."""

from __future__ import annotations

from ....analysis.link.kinds import Inst, Kind
from ....analysis.link.program import Program

DATABASES = ("database", "orm-session")


def commits(program: Program, kind: Kind) -> bool:
    """Is it a session or a connection?"""
    entry = program.catalogue.find_method(kind.name, "commit") if isinstance(kind, Inst) else None
    return entry is not None and entry.category in DATABASES
