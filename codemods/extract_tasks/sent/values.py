"""Which values survive the way through a queue, and the type that brings each back as it was."""

from __future__ import annotations

import ast
import re

from ...analysis.nodes import walk
from ...model import Code, ImportNeed, slot
from ..generated.code import plain, spelled
from ..sites import LIMIT, NOT_SENDABLE, ORM_OBJECT, ValueKind
from ..words import (
    BARE_CONTAINERS,
    CONTAINERS,
    JSON_CONTAINERS,
    JSON_TYPES,
    LOST_TYPES,
    RESTORED_TYPES,
)

_WORDS = {
    ValueKind.ORM: "belongs to its database session",
    ValueKind.SESSION: "is a database session",
    ValueKind.REQUEST: "is the request",
    ValueKind.BACKGROUND: "are the background tasks of the request",
    ValueKind.UPLOAD: "is an uploaded file, which is closed with the request",
    ValueKind.FILE: "is an open file",
    ValueKind.SECRET: "is a secret, of which only asterisks would arrive",
    ValueKind.CALLABLE: "is a function, which no worker can be sent",
    ValueKind.BYTES: "is raw bytes",
    ValueKind.UNKNOWN: "is of a type that cannot be told",
}
_FOLDER = "name a folder that workers share: `uploads` in the config"
HINTS = {
    ValueKind.BYTES: f"refuse what is larger than {LIMIT // 1024} KiB, or {_FOLDER}",
    ValueKind.UPLOAD: _FOLDER,
}
ANYTHING = Code(slot(0), (ImportNeed("typing", "Any"),))
"""The type of parsed JSON, which arrives as it was sent whatever is in it."""
SENDABLE_KINDS = frozenset({ValueKind.SCALAR, ValueKind.MODEL, ValueKind.DATACLASS, ValueKind.COLLECTION})
_OTHER_KEYS = re.compile(r"dict\[(?!str\b)")
_OPTIONAL = re.compile(r"optional\[(.+)\]|(.+) \| none")
_BEGINS = {
    **dict.fromkeys(("dict", "dict[str, any]", "dict[str, object]"), "dict["),
    **dict.fromkeys(("list", "list[any]", "list[object]"), "list["),
    **dict.fromkeys(("list[dict]", "list[dict[str, any]]"), "list[dict["),
}
"""How the type of what arrives unchanged as such a one begins."""
_SECRETS = re.compile(
    r"(^|_)(password|passwd|secret|token|api_?key|private_key|otp|pin|credit_card|iban)(_|$)"
)
SECRET_FIELDS = (
    "password",
    "password_hash",
    "hashed_password",
    "secret",
    "token",
    "access_token",
    "refresh_token",
    "api_key",
    "card_number",
)


def why_not(kind: ValueKind) -> tuple[str, str]:
    """Code and words for a value that cannot be sent as a whole; empty words when it can."""
    if kind in SENDABLE_KINDS:
        return "", ""
    code = ORM_OBJECT if kind in (ValueKind.ORM, ValueKind.SESSION) else NOT_SENDABLE
    return code, _WORDS[kind]


def type_names(annotation: Code) -> frozenset[str] | None:
    """The last parts of the names in an annotation; None when it cannot be read."""
    try:
        tree = ast.parse(written_out(annotation), mode="eval")
        found: set[str] = set()
        for node in walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and not _in_literal(tree, node):
                tree_of_text = ast.parse(node.value, mode="eval")
                found.update(part.id for part in ast.walk(tree_of_text) if isinstance(part, ast.Name))
            elif isinstance(node, ast.Constant) and node.value is None:
                found.add("None")
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Name) and not _is_qualifier(tree, node):
                found.add(node.id)
    except SyntaxError:
        return None
    return frozenset(found)


def written_out(annotation: Code) -> str:
    text = annotation.text
    for index, need in enumerate(annotation.needs):
        text = text.replace(slot(index), spelled(need))
    return text


def _in_literal(tree: ast.AST, constant: ast.Constant) -> bool:
    return any(
        isinstance(node, ast.Subscript)
        and getattr(node.value, "id", getattr(node.value, "attr", "")) == "Literal"
        and any(part is constant for part in ast.walk(node.slice))
        for node in walk(tree)
    )


def _is_qualifier(tree: ast.AST, name: ast.Name) -> bool:
    return any(isinstance(node, ast.Attribute) and node.value is name for node in walk(tree))


def is_lost(annotation: Code) -> bool:
    """Whether a value of this type would not arrive."""
    names = type_names(annotation)
    return names is None or bool(names & LOST_TYPES)


def is_restored(annotation: Code, own: frozenset[str] = frozenset()) -> bool:
    """Whether values of this type are known to arrive as they were sent; `own` types of the project do."""
    names = type_names(annotation)
    if names is None or not names <= JSON_TYPES | RESTORED_TYPES | CONTAINERS | own:
        return False
    return not is_vague(annotation)


def is_vague(annotation: Code) -> bool:
    """`dict`, `list`, `dict[str, Any]`: what is inside is not said."""
    names = type_names(annotation)
    if names is None:
        return True
    text = annotation.text.strip()
    return "Any" in names or "object" in names or text in BARE_CONTAINERS or _holds_bare(text)


def _holds_bare(text: str) -> bool:
    """A container without brackets somewhere in the annotation: `dict | None`, `list[dict]`."""
    return any(re.search(rf"\b{name}\b(?!\s*\[)", text) for name in ("list", "dict", "List", "Dict"))


def is_turned(own: Code, wanted: Code) -> bool:
    """May a value of the one type become another one where it is read as the other?"""
    names, others = type_names(own), type_names(wanted)
    return names is not None and others is not None and bool(names - others - CONTAINERS - {"None"})


def is_json(annotation: Code) -> bool:
    """Whether it arrives unchanged even without an annotation."""
    names = type_names(annotation)
    return names is not None and names <= JSON_TYPES | {"list", "dict"} and not is_vague(annotation)


def arrives_as_bare(annotation: Code, bare: Code) -> bool:
    """Whether `dict[str, int]` arrives unchanged as a `dict` or `dict[str, Any]`, too: JSON makes texts of
    all keys."""
    own, wanted = annotation.text.lower(), written_out(bare).lower().replace("typing.", "")
    if optional := _OPTIONAL.fullmatch(wanted):
        own, wanted = own.removesuffix(" | none"), optional[1] or optional[2]
    begin = _BEGINS.get(wanted, "")
    return bool(begin) and own.startswith(begin) and own.endswith("]") and not _OTHER_KEYS.search(own)


def may_be_json(annotation: Code) -> bool:
    """`dict`, `list[Any]`: whatever is in it, a client can send it as JSON."""
    names = type_names(annotation)
    return names is not None and names <= JSON_TYPES | JSON_CONTAINERS


def is_path_type(annotation: Code) -> bool:
    return bool((type_names(annotation) or frozenset()) & {"Path", "PurePath", "PosixPath"})


def is_secret_name(name: str) -> bool:
    return bool(_SECRETS.search(name.lower()))


def spread(code: Code | None) -> tuple[Code | None, Code | None]:
    """Keys and values of `**settings`."""
    parts = alternatives(code.text[5:-1], ",") if code is not None and code.text.startswith("dict[") else []
    if code is None or len(parts) != 2 or len(alternatives(code.text)) > 1:
        return None, None
    return Code(parts[0], code.needs), Code(parts[1], code.needs)


def or_none(annotation: Code) -> Code:
    """`int | None`; `Optional[int]` has it already."""
    parts = alternatives(plain(annotation))
    if any(part == "None" or part.removeprefix("typing.").startswith("Optional[") for part in parts):
        return annotation
    return Code(f"{annotation.text} | None", annotation.needs)


def alternatives(text: str, between: str = "|") -> list[str]:
    """`list[int | None]` and `None` of `list[int | None] | None`."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == between and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [part.strip() for part in found]
