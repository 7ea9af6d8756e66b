"""Names for the functions that run in a thread: verb and object, as their first reader would call them."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Sequence

from ..analysis.scopes import local_names
from .frame import Frame
from .handles import is_opener
from .sites import Piece

_READS = frozenset({"read", "read_text", "read_bytes", "readline", "readlines"})
_WRITES = frozenset({"write", "write_text", "write_bytes", "writelines"})
_PROCESSES = ("subprocess.", "os.system", "os.popen")
_DOES = frozenset(
    """copy move save create make write send upload delete remove unlink run build convert resize render generate
    extract store update insert publish print encrypt compress sign hash export import process execute train
    replace rename start stop post put patch verify authenticate charge book reserve notify fetch""".split()
)
_LONGEST = 40
_LISTS = frozenset({"iterdir", "glob", "rglob", "iglob", "listdir", "scandir", "walk"})
_ANY_FILE = frozenset({"path", "p", "file", "filename", "fname", "fp", "f", "name", "src"})
_SUFFIX = re.compile(r"_(path|file|name|filename|dir)$")


class Namer:
    """Gives each function of one handler a name that is free."""

    def __init__(self, frame: Frame, taken: frozenset[str]) -> None:
        self._taken = {*taken, *local_names(frame.function), *dir(builtins)}
        self._taken |= {node.id for node in ast.walk(frame.function) if isinstance(node, ast.Name)}
        self._taken |= _module_names(frame)

    def name(self, frame: Frame, results: Sequence[str], pieces: Sequence[Piece]) -> str:
        """The name of a function that runs `pieces` and gives `results`."""
        verb = _verb(pieces, len(results))
        whole = _whole_name(pieces, verb) if not results else ""
        if whole:
            return self.free(whole)
        object_ = "_and_".join(results) or _path_name(pieces)
        if len(results) > 1 and len(verb) + len(object_) > _LONGEST:
            object_ = results[-1]
        if not object_:
            return self.free(f"run_{frame.function.name.strip('_')}")
        return self.free(f"{verb}_{'files' if (verb, object_) == ('list', 'file') else object_}")

    @property
    def mark(self) -> frozenset[str]:
        return frozenset(self._taken)

    def back_to(self, mark: frozenset[str]) -> None:
        """Give back the names taken since `mark`, because what they were for is not done."""
        self._taken = set(mark)

    def free(self, name: str) -> str:
        """`name`, or the next one that nothing else has; it is taken from then on."""
        base, number = name, 1
        while name in self._taken:
            name = f"{base}_in_thread" if number == 1 else f"{base}_in_thread_{number}"
            number += 1
        self._taken.add(name)
        return name


def _verb(pieces: Sequence[Piece], results: int) -> str:
    calls = [call for piece in pieces for call in _calls(piece)]
    if any(_mode(piece, call).strip("rbt+U") for piece in pieces for call in _calls(piece)):
        return "write"
    if any(_last_word(call) in _WRITES for call in calls):
        return "write"
    if any(piece.name.startswith(_PROCESSES) for piece in pieces):
        return "run"
    words = [word for piece in pieces if not is_opener(piece.name) for word in [_first_word(piece.name)] if word]
    # what comes last is what it is all for: look up, check, then save
    doing = next((word for word in reversed(words) if word in _DOES), "")
    if doing or not (results == 1 or any(is_opener(piece.name) for piece in pieces)):
        return doing or next(reversed(words), "run")
    return "read"


def _whole_name(pieces: Sequence[Piece], verb: str) -> str:
    """`delete_role` for a block that ends by calling a function or method of that name."""
    for piece in reversed(pieces):
        last = re.split(r"[.:]", piece.name)[-1].strip("_")
        if "_" in last and last.islower() and last.startswith(f"{verb}_") and last not in _READS | _WRITES:
            return last
    return ""


def _path_name(pieces: Sequence[Piece]) -> str:
    """The variable that the first call works on, without what only says that it is a path."""
    for piece in pieces:
        for call in _calls(piece):
            candidates = [*call.args[:1]]
            if isinstance(call.func, ast.Attribute) and _last_word(call) in _READS | _WRITES | _LISTS | {"open"}:
                candidates.append(call.func.value)
            for candidate in candidates:
                name = _variable(candidate)
                if name and name != "self":
                    name = _SUFFIX.sub("", name).strip("_") or name
                    return "file" if name in _ANY_FILE else name
    return ""


def _variable(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id if node.id.islower() else ""
    return node.attr if isinstance(node, ast.Attribute) and node.attr.islower() else ""


def _calls(piece: Piece) -> list[ast.Call]:
    if isinstance(piece.node, ast.With):
        tops: list[ast.expr] = [item.context_expr for item in piece.node.items]
    else:
        tops = [piece.node.iter if isinstance(piece.node, ast.For) else piece.node]
    return [node for top in tops for node in ast.walk(top) if isinstance(node, ast.Call)]


def _mode(piece: Piece, call: ast.Call) -> str:
    if not is_opener(piece.name) or _last_word(call) not in {"open", "fdopen"}:
        return ""
    for keyword in call.keywords:
        if keyword.arg == "mode":
            return _text(keyword.value)
    position = 0 if piece.name == "pathlib.Path.open" else 1
    return _text(call.args[position]) if len(call.args) > position else ""


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _last_word(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


def _first_word(name: str) -> str:
    """`shutil.copy2` -> copy, `app.mail:Mailer.sendAll` -> send."""
    last = re.split(r"[.:]", name)[-1].strip("_")
    found = re.match(r"[A-Z]?[a-z]+", last)
    return "list" if last in _LISTS else found.group().lower() if found else ""


def _module_names(frame: Frame) -> set[str]:
    names: set[str] = set()
    for node in ast.iter_child_nodes(frame.file.tree):
        for part in ast.walk(node) if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else [node]:
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.add(part.id)
            elif isinstance(part, ast.alias):
                names.add(part.asname or part.name.split(".")[0])
            elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(part.name)
    return names
