"""Files that are open: of text or of bytes, to be written or only read, by the mode that they are opened
in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...index.expr import Await, Call, Const, Expr
from ...index.facts import CallSite
from ..kinds import Ext, Inst, Kinds, Member, one
from ..program import CallKey, Key

if TYPE_CHECKING:
    from ..infer import Inference

OPENS = {"builtins.open": 1, "io.open": 1, "pathlib.Path.open": 0}
"""Where the mode stands among the arguments."""
_WRITES = frozenset("wax+")
_OVER_BYTES = {"io.TextIOWrapper": "io.StringIO", "io.BufferedReader": "io.BytesIO"}
"""What reads from another file, and what it is like where that is in memory."""
_OVER_FILES = {
    "csv.reader": "csv.FileReader",
    "csv.DictReader": "csv.DictFileReader",
    "csv.writer": "csv.FileWriter",
    "csv.DictWriter": "csv.DictFileWriter",
}
"""What reads on while it is iterated, or writes each row, when it was given a real file."""
WRAPS = _OVER_BYTES.keys() | _OVER_FILES.keys()
IN_MEMORY = frozenset({"io.StringIO", "io.BytesIO"})
_FILES = ("io.", "tempfile._TemporaryFile")


def opened(site: CallSite, position: int) -> Kinds | None:
    """A file of bytes, or of nobody knows what; None for one of text."""
    written = _mode(site, position)
    if written is None or (isinstance(written, Const) and "b" not in written.text):
        return None
    return one(Inst("io.BufferedRandom" if isinstance(written, Const) else "io.IOBase"))


def only_reads(inference: Inference, where: Key, expr: Expr) -> bool:
    """`open(path)` and `await run_in_threadpool(open, path)`: nothing is left to write when it is closed."""
    call = expr.value if isinstance(expr, Await) else expr
    if not isinstance(call, Call):
        return False
    site = inference.program.call(CallKey(where.path, call.index))
    callees, ahead = inference.callees(CallKey(where.path, call.index)), 0
    if isinstance(expr, Await):
        callees, ahead = inference.kinds(where, site.args[0], site.span.line) if site.args else callees, 1
    names = {
        kind.name
        if isinstance(kind, Ext)
        else f"{kind.owner}.{kind.attr}"
        if isinstance(kind, Member)
        else ""
        for kind in callees
    }
    if not names or not names <= OPENS.keys():
        return False
    modes = [_mode(site, OPENS[name] + ahead) for name in names]
    return all(mode is None or (isinstance(mode, Const) and not _WRITES & set(mode.text)) for mode in modes)


def _mode(site: CallSite, position: int) -> Expr | None:
    return dict(site.keywords).get("mode") or (site.args[position] if len(site.args) > position else None)


def is_file(kind: object) -> bool:
    return isinstance(kind, Inst) and kind.name.startswith(_FILES) and kind.name not in IN_MEMORY


def wrapped(name: str, file: Kinds) -> Kinds | None:
    """`io.TextIOWrapper(io.BytesIO(content))` waits for nothing, `csv.writer(file)` for a file of the disk;
    None where the class alone says all."""
    if name in _OVER_FILES:
        return one(Inst(_OVER_FILES[name])) if any(map(is_file, file)) else None
    in_memory = bool(file) and all(isinstance(kind, Inst) and kind.name == "io.BytesIO" for kind in file)
    return one(Inst(_OVER_BYTES[name])) if in_memory else None
