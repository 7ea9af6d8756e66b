"""Files that the work uses, and that somebody changes, removes or looks at behind it: a worker comes later.

mail_file(to, path)
os.remove(path)          # so does Path(path).unlink(), a rename, background.add_task(os.remove, path)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ....analysis.nodes import walk
from ....analysis.syntax import last_name
from ....model import Reason
from ...blocks.parameters import Inputs
from ...blocks.runs import Run, mentions
from ...finding.work import Work
from ...sent.values import is_path_type
from ...sites import RESULT_USED
from ...words import FILE_KINDS, words
from ..objects.held import bound
from .files import FILE_TEXT, PATH_NAME, after, seen_later
from .removed import values_of

_FOLDER_NAME = re.compile(r"(^|_)(folder|dir|directory|attachment|upload|tmp|temp|tempfile)(_|$)")
_MAKES_PATHS = words(
    "join Path PurePath mktemp mkdtemp NamedTemporaryFile TemporaryDirectory with_suffix with_name"
)
_COPIES = words("copy copy2 copyfile copytree")


def changed_files(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    used = {node.id for node in run.nodes if isinstance(node, ast.Name)} & work.locals
    names = _related(work, {name for name in used if _is_path(work, name)})
    makes = any(run.holds(site.span) and site.category in FILE_KINDS for site in work.slow)
    later = seen_later(work, [*run.staying, *after(work, run)]) if names else []
    for call in dict.fromkeys(part for node in later for part in walk(node) if isinstance(part, ast.Call)):
        subject = call.args[-1] if last_name(call.func) in _COPIES and call.args else call
        if not mentions(subject, names):
            continue
        name = min(part.id for part in walk(subject) if isinstance(part, ast.Name) and part.id in names)
        if work.context.changes_files(call):
            text = f"{name}, which the work may read, is changed or removed afterwards"
            yield work.reason(RESULT_USED, text, call)
        elif makes and work.context.uses_files(call):
            text = f"{name}, which the work may write, is used afterwards"
            yield work.reason(RESULT_USED, text, call)


def removed_behind(work: Work, run: Run) -> Iterator[Reason]:
    """`background.add_task(os.remove, path)`, which ran behind the work and would be done before it."""
    used = {node.id for node in run.nodes if isinstance(node, ast.Name)} & work.locals
    names = _related(work, {name for name in used if _is_path(work, name)})
    for call in (part for node in after(work, run) for part in walk(node) if isinstance(part, ast.Call)):
        if last_name(call.func) == "add_task" and mentions(call, names) and work.context.changes_files(call):
            name = min(part.id for part in walk(call) if isinstance(part, ast.Name) and part.id in names)
            text = f"{name}, which the work may read, is changed or removed right behind it"
            yield work.reason(RESULT_USED, text, call)


def _related(work: Work, names: set[str]) -> set[str]:
    """With the folders that paths are made of, and what is made of them."""
    pairs = [
        (made, part.id)
        for made, value in bound(work.frame)
        for part in walk(value)
        if isinstance(part, ast.Name)
    ]
    size = -1
    while size != len(names):
        size = len(names)
        for made, of in pairs:
            if made in names and _is_path(work, of):
                names = names | {of}
            if of in names:
                names = names | {made}
    return names


def _is_path(work: Work, name: str) -> bool:
    annotation = work.types.name(name)
    is_typed = annotation is not None and is_path_type(annotation)
    if is_typed or PATH_NAME.search(name) or _FOLDER_NAME.search(name):
        return True
    return any(map(_makes_path, values_of(work.frame, name)))


def _makes_path(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return last_name(value.func) in _MAKES_PATHS
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div):
        return True
    parts = [part.value for part in walk(value) if isinstance(part, ast.Constant)]
    is_text = isinstance(value, (ast.JoinedStr, ast.Constant, ast.BinOp))
    return is_text and any(isinstance(part, str) and FILE_TEXT.search(part) for part in parts)
