"""Texts and numbers that a block makes of what cannot be sent: the function makes them, and sends them.

message.set_content(f"{len(self.rows)} rows")    ->    await send_report_task.kiq(f"{len(self.rows)} rows")
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import msgspec

from ...analysis.nodes import bound_plainly, walk
from ...analysis.scopes import COMPREHENSIONS
from ...analysis.syntax import FileSyntax, last_name
from ...model import Code
from ..finding.work import Work
from ..hazards.objects.objects import changed_by, root_of
from ..sites import ValueKind
from .runs import Run

_AT_ONCE = (
    ast.Expr,
    ast.Assign,
    ast.AnnAssign,
    ast.With,
    ast.AsyncWith,
    ast.withitem,
    ast.Call,
    ast.keyword,
    ast.Await,
    ast.Attribute,
    ast.Subscript,
    ast.Dict,
    ast.List,
    ast.Tuple,
    ast.BinOp,
    ast.UnaryOp,
    ast.JoinedStr,
    ast.FormattedValue,
)
"""Around what is always evaluated when the statement runs."""
_TEXT = Code("str")
_OF_A_DATABASE = (ValueKind.ORM, ValueKind.SESSION)


class Told(msgspec.Struct, frozen=True):
    expression: ast.expr
    annotation: Code
    parameter: str

    def words(self) -> list[str]:
        """The names in it."""
        return [last_name(node) for node in walk(self.expression) if last_name(node)]

    def is_in(self, file: FileSyntax, node: ast.AST) -> bool:
        return node is self.expression or self.expression in file.above(node)


def told_instead(
    work: Work, run: Run, name: str, taken: set[str], told: Sequence[Told]
) -> Sequence[Told] | None:
    """`told`, and what is sent in the place of `name`, if the run reads it for nothing else."""
    found = list(told)
    for use in run.nodes:
        if isinstance(use, ast.Name) and use.id == name:
            made = _made_of(work, run, use)
            annotation = work.types.of(made) if made is not None else None
            if made is None or annotation is None:
                return None
            source = work.file.source(made)
            same = next((each for each in found if work.file.source(each.expression) == source), None)
            found.append(Told(made, annotation, same.parameter if same else _named(work, made, taken)))
    above = [set(work.file.above(each.expression)) for each in found]
    parts = [n for n, around in enumerate(above) if any(each.expression in around for each in found)]
    return [each for number, each in enumerate(found) if number not in parts]


def _made_of(work: Work, run: Run, use: ast.Name) -> ast.expr | None:
    """The largest expression around the name that can be sent, and that is made whenever the run is."""
    best: ast.expr | None = None
    for node in (use, *work.file.above(use)):
        if isinstance(node, ast.expr) and _may_be_sent(work, run, node):
            best = node
        elif not isinstance(node, _AT_ONCE):
            best = None
        if node in run.moved:
            break
    above = work.file.parents[best] if best is not None else None
    is_named = above is not None and any(isinstance(t, ast.Name) for t, _ in bound_plainly(above))
    return best if not is_named else None


def _may_be_sent(work: Work, run: Run, node: ast.expr) -> bool:
    code = work.types.of(node) if not isinstance(node, ast.Name) else None
    if code is None or not work.is_restored(code) or "#" in work.file.source(node):
        return False
    inside = list(walk(node))
    own = {n.id for n in inside if isinstance(n, ast.Name)}
    made = {n.id for part in inside if isinstance(part, COMPREHENSIONS) for n in _targets(part)}
    stored = {n.id for n in run.nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    changed = {root_of(changed_by(each)) for each in run.nodes}
    is_early = not (own - made) & (stored | changed)
    is_there = not any(work.context.kind(each) in _OF_A_DATABASE for each in (own - made) & work.locals)
    is_plain = not any(isinstance(each, (ast.Await, ast.NamedExpr, ast.Lambda)) for each in inside)
    is_plain = is_plain and not any(last_name(each) == "get_secret_value" for each in inside)
    return is_early and is_there and is_plain and work.is_cheap(node)


def _targets(comprehension: ast.AST) -> Iterator[ast.Name]:
    for generator in getattr(comprehension, "generators", ()):
        yield from (each for each in ast.walk(generator.target) if isinstance(each, ast.Name))


def _named(work: Work, made: ast.expr, taken: set[str]) -> str:
    """After what it is given to, or looked up by: `subject` of `message["Subject"] = ..`, and of
    `mail["subject"]`, `html` of `send(html=..)`."""
    above = work.file.parents[made]
    given = above.targets[0] if isinstance(above, ast.Assign) else made
    key = given.slice if isinstance(given, ast.Subscript) else None
    name = str(key.value).lower() if isinstance(key, ast.Constant) else last_name(made)
    if isinstance(above, ast.keyword) and above.arg:
        name = above.arg
    if not name.isidentifier():
        name = "text" if work.types.of(made) == _TEXT else "value"
    while name in taken:
        name += "_value"
    taken.add(name)
    return name
