"""Bodies that stay sync and run below an async session: they need no rule for what they do on it.

    def read(id: int, db: SessionDep):               def read(id: int, db: AsyncSessionDep):
        return crud.get_user(db, id)         ->          return db.run_sync(_read, id)


                                                     def _read(db: Session, id: int):
                                                         return crud.get_user(db, id)

A dependency that others have as well stays as it is, and its twin runs it. `native` adds the `async` and the
`await`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from ..analysis.link.kinds import Inst
from ..analysis.nodes import walk
from ..analysis.syntax import span_of
from ..analysis.view import View
from ..databases.words import SESSIONS
from ..model import Code, Edit, ImportNeed, InsertStatements, ReplaceExpression, ReplaceStatements, Span, slot


class Body(msgspec.Struct, frozen=True):
    """A function whose body works on the session that it is handed as `session`."""

    node: ast.FunctionDef
    session: str
    kind: str
    """The class of the session."""
    answers: tuple[ReplaceExpression, ...] = ()
    """Edits by which the response model reads the objects inside; and of what it is said to return."""

    @property
    def first(self) -> ast.stmt:
        """The first statement behind the docstring."""
        return self.node.body[_has_docstring(self.node)]

    def holds(self, node: ast.AST) -> bool:
        line = getattr(node, "lineno", 0)
        return self.first.lineno <= line <= (self.node.end_lineno or 0)

    @property
    def head(self) -> Span:
        """All of the function that stands above the body."""
        line = min([self.node.lineno, *(d.lineno for d in self.node.decorator_list)])
        return Span(line, 0, self.first.lineno, self.first.col_offset)

    def call(self, callee: str, *, reordered: bool) -> str:
        """`return db.run_sync(callee, a, key=key)`; as `reordered`, the session is its first parameter."""
        plain = [argument.arg for argument in (*self.node.args.posonlyargs, *self.node.args.args)]
        keywords = [argument.arg for argument in self.node.args.kwonlyargs]
        if reordered or plain[0] == self.session:
            given = [name for name in plain if name != self.session]
            given += [f"{name}={name}" for name in keywords if name != self.session]
            return f"return {self.session}.run_sync({', '.join([callee, *given])})"
        given = [*plain, *(f"{name}={name}" for name in keywords)]
        return f"return {self.session}.run_sync(lambda {self.session}: {callee}({', '.join(given)}))"

    def moved(self, view: View, name: str, twins: Sequence[tuple[Span, Code]]) -> Sequence[Edit]:
        """The body under another name, below the function that calls it from now on; `twins` are names in the
        annotations of its parameters, and how they are spelled there."""
        needs = [ImportNeed(*self.kind.rsplit(".", 1))]
        changes: list[tuple[Span, str]] = []
        said = [edit for edit in self.answers if self._is_said(edit.span)]
        for edit in [each for each in self.answers if each not in said]:
            changes.append((edit.span, edit.code.text.replace(slot(0), slot(len(needs)))))
            needs += edit.code.needs
        last = self.node.body[-1]
        inner = Span(self._start(view), 0, last.end_lineno or last.lineno, last.end_col_offset or 0)
        spelled: list[tuple[Span, str]] = []
        for span, code in twins:
            spelled.append((span, slot(len(needs)) if code.needs else code.text))
            needs += code.needs
        spelled += [(edit.span, edit.code.text) for edit in said]
        text = f"{self._signature(view, name, spelled)}\n{view.spliced(inner, changes)}"
        returned = Code(self.call(name, reordered=True))
        return (
            *said,
            ReplaceStatements(span_of(self.first), span_of(last), returned),
            InsertStatements(span_of(self.node), Code(text, tuple(needs)), after=True),
        )

    def _is_said(self, span: Span) -> bool:
        return self.node.returns is not None and span == span_of(self.node.returns)

    def _start(self, view: View) -> int:
        """The first line of the body; the comments above its first statement belong to it."""
        lines, line = view.file.text.split("\n"), self.first.lineno
        while lines[line - 2].lstrip().startswith("#"):
            line -= 1
        return line

    def _signature(self, view: View, name: str, spelled: Sequence[tuple[Span, str]]) -> str:
        def written(annotation: ast.expr) -> str:
            whole = span_of(annotation)
            return view.spliced(whole, [each for each in spelled if whole.contains(each[0])])

        def shown(argument: ast.arg) -> str:
            return (
                argument.arg
                if argument.annotation is None
                else f"{argument.arg}: {written(argument.annotation)}"
            )

        args = self.node.args
        plain = [shown(each) for each in (*args.posonlyargs, *args.args) if each.arg != self.session]
        keywords = [shown(each) for each in args.kwonlyargs if each.arg != self.session]
        given = [f"{self.session}: {slot(0)}", *plain, *(["*"] if keywords else []), *keywords]
        returns = f" -> {written(self.node.returns)}" if self.node.returns is not None else ""
        return f"def {name}({', '.join(given)}){returns}:"


def body_of(view: View, node: ast.stmt) -> Body | None:
    """None for a function that is not handed one session, or is no plain function."""
    if not isinstance(node, ast.FunctionDef) or len(node.body) <= _has_docstring(node):
        return None
    args = node.args
    if args.vararg or args.kwarg or any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in walk(node)):
        return None
    found = [
        (argument.arg, kind.name)
        for argument in (*args.posonlyargs, *args.args, *args.kwonlyargs)
        for kind in view.kinds_at(node.body[0], argument.arg)
        if isinstance(kind, Inst) and kind.name in SESSIONS
    ]
    body = Body(node, *found[0]) if len(found) == 1 else None
    is_below = (
        body is not None and body.first.lineno > node.lineno and body.first.col_offset > node.col_offset
    )
    on_own_line = (
        body is not None
        and not view.spliced(Span(body.first.lineno, 0, body.first.lineno, body.first.col_offset), []).strip()
    )
    return body if is_below and on_own_line else None


def _has_docstring(node: ast.FunctionDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None
