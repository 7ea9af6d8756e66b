"""What a blocking call works on, in the words of its code: `os.unlink(file_path)` in a loop -> files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from ..analysis.nodes import LOOPS, walk
from ..analysis.scopes import COMPREHENSIONS, target_names
from ..analysis.syntax import holds, last_name
from .frame import Frame
from .places import bound_by
from .verbs import Action, words, words_of

_ANY_FILE = words(
    """
    path p file filename fname fp f name src dst filepath file_name file_path full_path
    """
)
_ANY_FOLDER = frozenset({"dir", "directory", "folder", "dirname", "dir_path"})
_A_FOLDER = re.compile(
    r"^(?:base|dest|destination|out|output|root|source|src|storage|target|temp|tmp|work|\w)_dir$|_(?:folder|directory)$"
)
"""What lies in it is not called after it."""
_OF_FOLDERS = frozenset({"makedirs", "mkdir", "rmdir", "rmtree"})
_SUFFIX = re.compile(r"_(path|file|name|filename|filepath|dir|id|ids|list|dict|obj)$")
_VAGUE = words(
    """
    self app client cls conn connection context ctx cur cursor request trans data value key args database
    db mdb mongo mongodb session id kwargs options params payload
    """
)
_PLACES = frozenset({"bucket", "cache", "collection", "container", "index", "store", "table", "vectorstore"})
_TAKEN_FROM = frozenset({"delete", "remove"})
"""`self.index.delete(ids=..)` deletes no index."""
_CONTAINER_CALLS = frozenset({"add", "append", "extend", "insert", "setdefault", "update"})
_MASS = ("ings", "media", "data", "s")
_NO_NOUNS = words(
    """
    all and async by down for from in many of off on out sync to up
    """
)
_PREPOSITIONS = frozenset({"by", "for", "from", "in", "into", "of", "on", "to", "with"})
_ARGUMENTS = re.compile(r"_(args|argv|cmd|command)$")
_FILE_NAME = re.compile(r"(?:^|/)([a-z][\w-]+?)\.(?:(log|lock|pid)|\w{2,5})$", re.ASCII)
"""`logs/audit.log`: audit, log; `settings.json`: settings."""
_JOINS = frozenset({"join", "joinpath", "Path"})
_COLLECTION = re.compile(r"([a-zA-Z]\w+)$", re.ASCII)
_KEY = re.compile(r"^([a-z]\w+):", re.ASCII)
"""`user:{number}`"""


def subject(frame: Frame, done: Action, run: Sequence[ast.AST]) -> str:
    """What the call works on; empty when its code has no word for it."""
    if done.rest:
        each = any(_changes(frame, done, argument, run) for argument in done.call.args)
        ends = [number for number, word in enumerate(done.rest) if number and word in _PREPOSITIONS]
        words = "_".join(done.rest[: min(ends, default=None)])
        return plural(words) if each and not _NO_NOUNS & {*done.rest} else words
    found, candidate, on_folder = "", None, done.callee in _OF_FOLDERS
    for candidate in _candidates(frame, done):
        name = _word(candidate)
        if name and not _says_nothing(name) and (done.is_about_files or name not in _ANY_FILE):
            found = name if name.endswith("_dir") and on_folder else _SUFFIX.sub("", name).strip("_") or name
            whole = next((each for each in done.call.args if holds(each, candidate)), candidate)
            if whole is not candidate and not on_folder and _A_FOLDER.search(name):
                found, candidate = "file", whole
            break
    if not found and done.is_opener:
        return "file"
    owner = done.piece.name.split(".")[-2:-1]
    if not found and owner and owner[0].istitle() and done.verb == "send":
        return owner[0].lower().removesuffix("s")  # `resend.Emails.send(params)`
    if found in _PLACES and candidate is not None and done.verb in _TAKEN_FROM:
        return f"from_{found}"
    if name_is_file := found in _ANY_FILE:
        found = "directory" if on_folder else "file"
    elif found in _ANY_FOLDER:
        found = "files" if done.verb == "list" else "directory"
    if done.verb == "list":
        return "files" if name_is_file else found
    return (
        plural(found) if found and candidate is not None and _changes(frame, done, candidate, run) else found
    )


def variable(frame: Frame, done: Action, run: Sequence[ast.AST]) -> str:
    """The variable that the call is given, where its code has no better word for what it works on."""
    for argument in done.call.args:
        if isinstance(argument, ast.Name) and argument.id.islower():
            is_short = argument.id in {"f", "fp", "p"}
            name = "file" if is_short else argument.id
            return plural(name) if _changes(frame, done, argument, run) else name
    return ""


def is_any_file(name: str) -> bool:
    """`path`, `filename`: a name that says nothing of what is in the file."""
    return name in _ANY_FILE


def containers(run: Sequence[ast.AST]) -> list[str]:
    """The things from before that the statements fill."""
    filled: dict[str, None] = {}
    bound = {
        name
        for top in run
        for node in ast.walk(top)
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.For, ast.withitem))
        for target in _targets(node)
        for name in target_names(target)
    }
    for top in run:
        for node in ast.walk(top):
            owner: ast.expr | None = None
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                owner = node.value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value if node.func.attr in _CONTAINER_CALLS else None
                owner = owner.value if isinstance(owner, ast.Subscript) else owner
            if isinstance(owner, ast.Name) and owner.id not in bound:
                filled[owner.id] = None
    return list(filled)


def globals_set(run: Sequence[ast.AST]) -> list[str]:
    """The names in capitals that the statements set: `TOTAL += 1`."""
    nodes = [node for top in run for node in ast.walk(top) if isinstance(node, ast.Name)]
    return list(dict.fromkeys(n.id for n in nodes if isinstance(n.ctx, ast.Store) and n.id.isupper()))


def attributes(run: Sequence[ast.AST]) -> tuple[str, ...]:
    """The attributes that the statements set, in order."""
    found: dict[str, None] = {}
    for top in run:
        for node in ast.walk(top):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found[node.attr.strip("_")] = None
    return tuple(found)


def command(call: ast.Call) -> str:
    """`sort` for `subprocess.run(["sort", "-u", path])`."""
    first = call.args[0] if call.args else None
    if isinstance(first, (ast.List, ast.Tuple)) and first.elts:
        first = first.elts[0]
    if isinstance(first, ast.JoinedStr) and first.values:
        first = first.values[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        program = first.value.split()[0] if first.value.split() else ""
        return "_".join(words_of(program.rpartition("/")[2].partition(".")[0]))
    name = _word(first) if first is not None else ""
    return _ARGUMENTS.sub("", name) if name not in {"cmd", "args", "argv"} else "command"


def plural(name: str) -> str:
    if len(name) == 1 or (name.endswith(_MASS) and not name.endswith("ss")):
        return name
    if name.endswith("y") and name[-2:-1] not in set("aeiou"):
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("ss", "x", "ch", "sh")) else "s")


def _candidates(frame: Frame, done: Action) -> Iterator[ast.expr]:
    call = done.call
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    if done.piece.name.startswith("pathlib.") and receiver is not None:
        yield from _deep(frame, receiver)
    given = call.args[:2] or [each.value for each in call.keywords[:1] if done.puts]
    for argument in given:
        yield from _deep(frame, argument)
    is_module = receiver is not None and frame.file.source(receiver) == done.piece.name.rpartition(".")[0]
    if receiver is not None and not done.puts and not is_module and not _is_module(frame, receiver):
        yield from _deep(frame, receiver)


def _deep(frame: Frame, node: ast.expr) -> Iterator[ast.expr]:
    """`Path(recording["path"])` -> recording; `upload.file` -> file, upload."""
    yield node
    if isinstance(node, ast.Subscript) or (
        isinstance(node, ast.Attribute) and (node.attr in _ANY_FILE | _ANY_FOLDER or _says_nothing(node.attr))
    ):
        yield from _deep(frame, node.value)
    elif isinstance(node, ast.BinOp):
        if isinstance(node.right, ast.Constant):
            yield node.right  # `FOLDER / "audit.log"`
        yield from _deep(frame, node.left)
    elif isinstance(node, ast.Call) and not node.args and isinstance(node.func, ast.Attribute):
        yield node.func.value  # `user.model_dump()`
    elif isinstance(node, ast.Call) and not frame.file.source(node.func).startswith("self."):
        joined = node.args[-1:] if last_name(node.func) in _JOINS else []
        yield from (argument for argument in joined if isinstance(argument, ast.Constant))
        for argument in node.args[:1]:
            yield from _deep(frame, argument)


def _word(node: ast.expr | None) -> str:
    if isinstance(node, ast.Attribute) and node.attr not in _ANY_FILE | _ANY_FOLDER:
        return node.attr.lower().strip("_")
    if isinstance(node, ast.Name) and (node.id.islower() or node.id.isupper()):
        return node.id.lower().strip("_")
    if isinstance(node, ast.Name) and node.id[:1].islower():
        return "_".join(words_of(node.id))  # `finalChunk`
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        parts = (part for found in _FILE_NAME.finditer(node.value) for part in found.groups() if part)
        return "_".join(parts).replace("-", "_")
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in _VAGUE:
        # `db["audit.events"]`
        key = node.slice.value if isinstance(node.slice, ast.Constant) else ""
        found = _COLLECTION.search(key) if isinstance(key, str) else None
        return found[1].lower() if found is not None else ""
    if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        return "".join(_KEY.findall(str(node.values[0].value)))
    return ""


def _says_nothing(name: str) -> bool:
    """`data`, or `c` of a canvas, but not `p` of a path."""
    return name in _VAGUE or (len(name) == 1 and name not in _ANY_FILE)


def _is_module(frame: Frame, receiver: ast.expr) -> bool:
    """Whether the receiver is nothing that the function or its module has made: `os`, `cv2`, `Image`."""
    while isinstance(receiver, (ast.Attribute, ast.Call, ast.Subscript)):
        receiver = receiver.func if isinstance(receiver, ast.Call) else receiver.value
    return isinstance(receiver, ast.Name) and receiver.id in _imported(frame)


def _imported(frame: Frame) -> set[str]:
    return {
        alias.asname or alias.name.split(".")[0]
        for node in walk(frame.file.tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }


def _changes(frame: Frame, done: Action, subject: ast.expr, run: Sequence[ast.AST]) -> bool:
    """Whether the statements make the call for each of several things."""
    inside = {node for top in run for node in ast.walk(top)}
    bound = {
        name
        for above in frame.within(done.call)
        if above in inside and isinstance(above, (*LOOPS, *COMPREHENSIONS))
        for node in ast.walk(above)
        for name in bound_by(node)
    }
    return any(isinstance(node, ast.Name) and node.id in bound for node in ast.walk(subject))


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, ast.withitem):
        return [node.optional_vars] if node.optional_vars is not None else []
    return [node.target]  # type: ignore[attr-defined]
