"""Text that is replaced as a whole must not hold anything that changes by itself."""

from __future__ import annotations

from ..analysis.nodes import walk
from ..analysis.syntax import span_of
from ..analysis.view import Views
from ..model import ReplaceExpression
from .draft import Draft


def check_overlaps(views: Views, draft: Draft) -> None:
    for path, edits in draft.edits.items():
        texts = [e for e in edits if isinstance(e, ReplaceExpression)]
        for edit in texts:
            for other in edits:
                span = getattr(other, "span", None)
                if other is not edit and span is not None and span != edit.span and edit.span.contains(span):
                    view = views.of(path)
                    node = next(
                        n for n in walk(view.file.tree) if hasattr(n, "lineno") and span_of(n) == edit.span
                    )
                    draft.obstacle(
                        view, node, "text that changes as a whole holds other work that must change too"
                    )
