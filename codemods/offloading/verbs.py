"""What a blocking call does, in one English verb, and how much of a function's purpose that is."""

from __future__ import annotations

import ast
import re
from enum import IntEnum

import msgspec

from ..analysis.syntax import FunctionNode
from .enclosing import Piece
from .frame import Frame
from .handles import is_opener
from .sql import statement


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Weight(IntEnum):
    """What a function is named after: it does rather than reads, reads rather than looks whether it can."""

    CHECKS = 0
    LISTS = 1
    PREPARES = 2
    READS = 3
    MAKES = 4
    REMOVES = 5
    DOES = 6


class Action(msgspec.Struct, frozen=True):
    """One blocking call: `verb` and the words behind it in the callee's own name."""

    verb: str
    weight: Weight
    rest: tuple[str, ...]
    callee: str
    """The last part of the callee's name."""
    call: ast.Call
    piece: Piece

    @property
    def puts(self) -> bool:
        """Whether the receiver is where something goes: `table.insert(row)`."""
        return self.verb in _TO_A_PLACE

    @property
    def is_about_files(self) -> bool:
        return self.is_opener or self.piece.name.startswith(_FILES)

    @property
    def is_opener(self) -> bool:
        return is_opener(self.piece.name)


_HOW = frozenset({"auto", "basic", "bulk", "force", "maybe", "safe", "safely", "try"})
"""`auto_classify_items`, `basic_publish`, `try_send`: said before the verb."""
_WRITTEN_AS_ONE = {
    "login": ["log", "in"],
    "logout": ["log", "out"],
    "sendall": ["send"],
    "sendfile": ["send", "file"],
    "sendmail": ["send", "mail"],
    "sendto": ["send"],
    "writeheader": ["write", "header"],
    "writerow": ["write", "row"],
    "writerows": ["write", "rows"],
}
"""Verbs whose words nothing separates."""
_HOW_MANY = frozenset({"one", "many", "iter"})
"""`users.delete_many(..)`: said of the receiver, after which it is to be named."""
_READS = frozenset({"read", "read_text", "read_bytes", "readline", "readlines"})
_WRITES = frozenset({"write", "write_text", "write_bytes", "writelines", "writestr", "dump", "save"})
_FILES = ("os.", "pathlib.", "shutil.", "glob.", "tempfile.", "aiofiles.")
_PROCESSES = ("subprocess.", "os.system", "os.popen")
_FORMATS = words("csv excel feather hdf html json latex markdown orc parquet pdf pickle sql stata xml")
"""What `to_excel(path)` writes; `to_excel()` without a place makes it."""
_LIBRARY = {
    "copy2": "copy",
    "copyfile": "copy",
    "copyfileobj": "copy",
    "copytree": "copy",
    "getmtime": "read",
    "getsize": "read",
    "glob": "list",
    "iglob": "list",
    "imdecode": "decode",
    "imencode": "encode",
    "imread": "read",
    "imwrite": "write",
    "iterdir": "list",
    "listdir": "list",
    "makedirs": "create",
    "mkdir": "create",
    "mkdtemp": "create",
    "mkstemp": "create",
    "rename": "rename",
    "rglob": "list",
    "rmdir": "remove",
    "rmtree": "remove",
    "scandir": "list",
    "touch": "create",
    "unlink": "remove",
    "urlopen": "fetch",
    "urlretrieve": "fetch",
    "walk": "list",
}
_CHECKS = words(
    """
    access exists lexists isdir isfile islink ismount is_dir is_file is_symlink samefile stat lstat
    realpath resolve absolute expanduser has is check ensure validate contains
    """
)
_ASKS = frozenset({"already", "exist", "exists"})
_ASIDE = frozenset({"aclose", "close", "flush", "seek", "sleep", "tell"})
_SEEKS = frozenset({"cv2.VideoCapture.set"})
AROUND = frozenset({"acquire", "commit", "connect", "release", "rollback"})
"""What stands around the work rather than being it."""
_GETS = words(
    """
    get read load request fetch find query search list lookup select retrieve parse open scan count
    collect
    """
)
_MAKES = words(
    """
    analyse analyze apply build calculate classify compile compress compute convert crawl create
    crop cut decode decompress decrypt deserialize detect download draw dump embed encode encrypt
    evaluate export extract filter format generate hash import infer inspect join make measure merge
    normalize parse predict prepare probe process rank render resize resolve rewrite rotate sanitize
    scale score scrape segment serialize sign split summarize tokenize train transcribe transform
    translate unpack verify
    """
)
_TO_A_PLACE = words(
    """
    add append emit insert notify place post push put publish receive record send upsert write
    """
)
_DOES = words(
    """
    acquire add approve archive assign attach authenticate book cancel charge clear commit configure
    connect copy deploy detach disable emit empty enable evict execute index initialize insert
    install invite kill launch lock log mark merge migrate move notify patch perform ping place post
    preload print publish push put receive record refresh refund register release rename replace
    reserve reset restart restore retry revoke run save schedule send set spawn start stop store
    submit subscribe sync terminate train trigger uninstall unlock unsubscribe update upload upsert
    warm write
    """
)
_REMOVES = frozenset({"delete", "drop", "remove", "purge", "unlink", "cleanup"})


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]{3,}\d{2,}|[A-Z]?[a-z]+")
_WITH_DIGITS = re.compile(r"[a-z]+\d[a-z\d]*", re.ASCII)


def action(piece: Piece, call: ast.Call, name: str, function: FunctionNode) -> Action:
    """`name` is that of the callee, as the analysis or the source gives it."""
    said = statement(call, function)
    if said is not None:
        verb, table = said
        return Action(verb, _weight(verb, verb), (table,), "execute", call, piece)
    *above, last = re.split(r"[.:]", name)
    if last == "__init__" and above:
        made = words_of(above[-1])
        return Action("make", Weight.MAKES, tuple(made), "_".join(made), call, piece)
    callee = last.strip("_")
    words = _WRITTEN_AS_ONE.get(callee) or words_of(callee)
    while len(words) > 1 and words[0] in _HOW:
        words = words[1:]
    if not _ASKS.isdisjoint(words):
        # `file_already_exists`
        words = ["check", *(word for word in words if word not in _ASKS and word not in _CHECKS)]
    verb = words[0] if words else "run"
    if is_opener(name) or (callee == "open" and _mode(call, 1)):
        writes = bool(set(_mode(call, 0 if name == "pathlib.Path.open" else 1)) & set("wax+"))
        return Action(
            "write" if writes else "read", Weight.DOES if writes else Weight.READS, (), callee, call, piece
        )
    if callee in _WRITES:
        verb = verb if verb == "save" else "write"
        return Action(verb, Weight.DOES, (), callee, call, piece)
    if callee in _READS:
        return Action("read", Weight.READS, (), callee, call, piece)
    if name in _SEEKS:
        return Action("seek", Weight.CHECKS, (), callee, call, piece)
    if name.startswith(_PROCESSES):
        return Action("run", Weight.DOES, (), callee, call, piece)
    if len(words) == 2 and words[0] == "to" and words[1] in _FORMATS:
        verb = "write" if call.args else "make"
        return Action(verb, _weight(verb, verb), (words[1],), callee, call, piece)
    if callee in _LIBRARY:
        return Action(_LIBRARY[callee], _weight(_LIBRARY[callee], callee), (), callee, call, piece)
    says_how_many = len(words) == 2 and words[1] in _HOW_MANY
    rest = () if says_how_many else tuple(words[1:])
    return Action(verb, _weight(verb, callee), rest, callee, call, piece)


def _weight(verb: str, callee: str) -> Weight:
    if callee in {"makedirs", "mkdir", "mkstemp", "touch"}:
        return Weight.PREPARES
    if callee in _CHECKS or verb in _CHECKS or callee in _ASIDE:
        return Weight.CHECKS
    if verb == "list":
        return Weight.LISTS
    if verb in _REMOVES:
        return Weight.REMOVES
    if verb in _DOES:
        return Weight.DOES
    return Weight.MAKES if verb in _MAKES else Weight.READS


def is_verb(word: str) -> bool:
    """Whether a function's name may begin with it."""
    return (
        word in _DOES | _MAKES | _REMOVES | _GETS
        or word in _LIBRARY.values()
        or word in {"check", "ensure", "validate"}
    )


def words_of(name: str) -> list[str]:
    """`sendAll` -> send, all; `put_s3_file` -> put, s3, file; `copy2` -> copy."""
    found: list[str] = []
    for part in name.split("_"):
        if found and _WITH_DIGITS.fullmatch(part):
            found.append(part)
        else:
            found += _WORDS.findall(part)
    return [word.lower() for word in found]


def _mode(call: ast.Call, position: int) -> str:
    for keyword in call.keywords:
        if keyword.arg == "mode":
            return _text(keyword.value)
    return _text(call.args[position]) if len(call.args) > position else ""


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def actions_of(frame: Frame, piece: Piece) -> list[Action]:
    """What the piece does: the call that is named, else the first one."""
    if isinstance(piece.node, ast.With):
        tops: list[ast.AST] = [item.context_expr for item in piece.node.items]
    else:
        tops = [piece.node.iter if isinstance(piece.node, ast.For) else piece.node]
    calls = [node for top in tops for node in ast.walk(top) if isinstance(node, ast.Call)]
    last = re.split(r"[.:]", piece.name)[-1]
    own = [
        call for call in calls if words_of(frame.file.source(call.func).rpartition(".")[2]) == words_of(last)
    ]
    return [action(piece, call, piece.name, frame.function) for call in own[:1] or calls[:1]]
