"""Text that is replaced as a whole must not hold anything that changes by itself, but for calls that it keeps
and that are awaited:

    db.query(User).filter(User.id == owner(db)).first()
->  await db.scalar(select(User).filter(User.id == await owner(db)).limit(1))
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..analysis.nodes import walk
from ..analysis.syntax import span_of
from ..analysis.view import View, Views
from ..model import AwaitExpression, Edit, ReplaceExpression, Span
from .draft import Draft

_SLOT = re.compile("[\ue000-\uf8ff]")


def check_overlaps(views: Views, draft: Draft) -> None:
    for path, edits in draft.edits.items():
        texts = [e for e in edits if isinstance(e, ReplaceExpression)]
        for edit in texts:
            for other in edits:
                span = getattr(other, "span", None)
                if other is not edit and span is not None and span != edit.span and edit.span.contains(span):
                    view = views.of(path)
                    node = _node(view, edit.span)
                    if not _keeps(view, node, edit, other):
                        text = "text that changes as a whole holds other work that must change too"
                        draft.obstacle(view, node, text)


def _node(view: View, span: Span) -> ast.AST:
    return next(n for n in walk(view.file.tree) if hasattr(n, "lineno") and span_of(n) == span)


def _keeps(view: View, node: ast.AST, edit: ReplaceExpression, other: Edit) -> bool:
    """Does the new text hold what is awaited as often as the old one does, in the same function?"""
    if not isinstance(other, AwaitExpression) or other.method:
        return False
    meant = ast.dump(_node(view, other.span))
    try:
        text = ast.parse(f"({_SLOT.sub('_', edit.code.text)})", mode="eval")
    except SyntaxError:
        return False
    before, after = (sum(ast.dump(each) == meant for each in _run(tree)) for tree in (node, text))
    return before == after == 1


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """What is computed where the expression is, and not awaited yet."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Lambda):
            continue
        if not isinstance(tree, ast.Await):
            yield child
        yield from _run(child)
