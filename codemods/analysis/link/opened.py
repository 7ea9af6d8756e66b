"""Files that are open: of text or of bytes, by the mode that they are opened in."""

from __future__ import annotations

from ..index.expr import Const
from ..index.facts import CallSite
from .kinds import Inst, Kinds, one

OPENS = {"builtins.open": 1, "io.open": 1, "pathlib.Path.open": 0}
"""Where the mode stands among the arguments."""
WRAPS = {"io.TextIOWrapper": "io.StringIO", "io.BufferedReader": "io.BytesIO"}
"""What reads from another file, and what it is like where that is in memory."""
IN_MEMORY = frozenset({"io.StringIO", "io.BytesIO"})


def opened(site: CallSite, position: int) -> Kinds | None:
    """A file of bytes, or of nobody knows what; None for one of text."""
    written = dict(site.keywords).get("mode") or (site.args[position] if len(site.args) > position else None)
    if written is None or (isinstance(written, Const) and "b" not in written.text):
        return None
    return one(Inst("io.BufferedRandom" if isinstance(written, Const) else "io.IOBase"))


def is_file(kind: object) -> bool:
    return isinstance(kind, Inst) and kind.name.startswith("io.") and kind.name not in IN_MEMORY


def wrapped(name: str, file: Kinds) -> Kinds | None:
    """`io.TextIOWrapper(io.BytesIO(content))` waits for nothing; None for what reads a file of the disk."""
    in_memory = bool(file) and all(isinstance(kind, Inst) and kind.name == "io.BytesIO" for kind in file)
    return one(Inst(WRAPS[name])) if in_memory else None
