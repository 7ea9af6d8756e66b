"""Files that the work removes, and that the request looks for behind it: it saw them gone, and a worker comes
later.

send_file(to, path)
path.unlink()
return {"left": path.exists()}
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ....analysis.nodes import walk
from ....model import Reason
from ...blocks.parameters import Inputs
from ...blocks.runs import Run, mentions
from ...finding.handed_on import out_of_thread
from ...finding.work import Work, called
from ...sites import RESULT_USED
from ...words import words
from ..objects.held import bound
from .files import LOOKS, after, seen_later
from .removed import removed_by

_ASKS = words(
    "exists lexists isfile is_file isdir is_dir stat lstat getsize open read_text read_bytes FileResponse"
)


def gone_files(work: Work, run: Run, _: Inputs) -> Iterator[Reason]:
    removed = [removed_by(node) for node in run.nodes if isinstance(node, ast.Call)]
    named = [part for each in removed if each is not None for part in walk(each)]
    if named:
        yield from looked_for(work, run, named)


def removes_files(nodes: Iterable[ast.AST]) -> bool:
    return any(isinstance(node, ast.Call) and removed_by(node) is not None for node in nodes)


def looked_for(work: Work, run: Run, named: Iterable[ast.AST]) -> Iterator[Reason]:
    """`named`: nodes with the names of what is removed."""
    names = {node.id for node in named if isinstance(node, ast.Name)} & work.locals
    names = _with_their_parts(work, names)
    for node in (part for each in seen_later(work, [*run.staying, *after(work, run)]) for part in walk(each)):
        call = out_of_thread(node) if isinstance(node, ast.Call) else None
        if call is not None and _looks(work, call, names):
            text = f"{ast.unparse(call.func)}() looks at files afterwards, of which the work removes one"
            yield work.reason(RESULT_USED, text, call)


def _looks(work: Work, call: ast.Call, names: set[str]) -> bool:
    if called(call) in LOOKS or (called(call) in _ASKS and mentions(call, names)):
        return True
    is_about = mentions(call, names) or not mentions(call, set(work.locals))
    return is_about and work.context.reads_files(call)


def _with_their_parts(work: Work, names: set[str]) -> set[str]:
    """And what the paths are made of: `name` of `path = Path(name)`."""
    made_of = {
        made: {part.id for part in walk(value) if isinstance(part, ast.Name)}
        for made, value in bound(work.frame)
    }
    found: set[str] = set()
    more = names
    while more:
        found |= more
        more = {part for made in more for part in made_of.get(made, ()) if part in work.locals} - found
    return found
