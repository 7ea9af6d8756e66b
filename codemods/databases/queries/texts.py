"""The text of a legacy query as a statement: `select(..)` in the place of `db.query(..)`."""

from __future__ import annotations

import ast

from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import ReplaceExpression, Span
from ..draft import Draft
from ..spelling import line_end
from ..words import SELECT
from .terminals import Statement


class Texts:
    def __init__(self, view: View, draft: Draft) -> None:
        self.view = view
        self.draft = draft

    def of(self, statement: Statement, node: ast.expr) -> str:
        """The chain up to `node` with `select(..)` in the place of `db.query(..)` and inner queries as
        they became."""
        changes = [(edit.span, edit.code.text) for edit in self.draft.take_inside(self.view, span_of(node))]
        changes += [(self.view.attribute_name(a), name) for a, name in statement.renames]
        if not statement.variable:
            changes.append((span_of(statement.root.func), SELECT))
            changes += self._options(statement)
        text = self.view.flat(node, self.view.spliced(span_of(node), changes))
        is_bracketed = isinstance(node, ast.IfExp) and isinstance(self.view.file.parents[node], ast.Attribute)
        return f"({text})" if is_bracketed else text

    def replace(self, node: ast.expr, text: str) -> None:
        self.draft.edit(self.view, ReplaceExpression(span_of(node), self.draft.code(text)))
        self.draft.awaited(self.view, node)

    def keep(self, statement: Statement, node: ast.expr) -> None:
        """The chain up to `node` stays a statement: only its start changes."""
        if statement.renames:
            text = self.of(statement, node)
            self.draft.edit(self.view, ReplaceExpression(span_of(node), self.draft.code(text)))
        elif not statement.variable and statement.options:
            root = statement.root
            changes = [
                (edit.span, edit.code.text) for edit in self.draft.take_inside(self.view, span_of(root))
            ]
            changes += [(span_of(root.func), SELECT), *self._options(statement)]
            text = self.view.outdented(root, self.view.spliced(span_of(root), changes))
            self.draft.edit(self.view, ReplaceExpression(span_of(root), self.draft.code(text)))
        elif not statement.variable:
            edit = ReplaceExpression(span_of(statement.root.func), self.draft.code(SELECT))
            self.draft.edit(self.view, edit)

    def _options(self, statement: Statement) -> list[tuple[Span, str]]:
        """What the query loads beside its entities, put right behind them."""
        root, end = statement.root, span_of(statement.root)[2:]
        text = f"{line_end(self.view, root)}.options({', '.join(statement.options)})"
        return [(Span(*end, *end), text)] if statement.options else []
