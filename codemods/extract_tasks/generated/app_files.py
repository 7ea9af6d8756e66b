"""A file that makes an application, and the statements that are to run when that starts and stops."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

import msgspec

from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, span_of
from ...model import Argument, Code, Location, Reason, ReplaceCall
from ..sites import NO_LIFESPAN
from .apps import App
from .code import plain


class First(Code, frozen=True):
    """Runs at start-up before the application's own statements, which may need it."""


class BeforeTeardown(Code, frozen=True):
    """Runs at shut-down before the application's own statements: what it waits for may need all the rest."""


def no_lifespan(file: FileSyntax, node: ast.AST, text: str, hint: str = "") -> Reason:
    return Reason(NO_LIFESPAN, text, Location(file.path, getattr(node, "lineno", 1), 1), hint=hint)


class AppFile(msgspec.Struct):
    file: FileSyntax
    startup: tuple[Code, ...]
    shutdown: tuple[Code, ...]

    def missing(self, node: ast.AST) -> tuple[list[Code], list[Code], list[Code]]:
        """What is not there yet: at start-up, before the teardown, after it."""
        present = ast.unparse(node)

        def lacks(codes: Iterable[Code]) -> list[Code]:
            return [
                code
                for code in codes
                if _dedented(ast.unparse(ast.parse(plain(code)))) not in _dedented(present)
            ]

        before = [code for code in self.shutdown if isinstance(code, BeforeTeardown)]
        after = [code for code in self.shutdown if not isinstance(code, BeforeTeardown)]
        return lacks(self.startup), lacks(before), lacks(after)

    def kept(self, app: App, without: set[str]) -> list[Argument]:
        count = len(app.call.args)
        places = [*range(count)]
        places += [count + n for n, keyword in enumerate(app.call.keywords) if keyword.arg not in without]
        return [Argument(index=place) for place in places]

    def call(self, app: App, arguments: Sequence[Argument]) -> ReplaceCall:
        return ReplaceCall(span_of(app.call), Code(self.file.source(app.call.func)), tuple(arguments))

    def top(self, node: ast.AST) -> ast.stmt:
        """The top-level statement that holds the node."""
        chain = [node, *self.file.above(node)]
        top = chain[-2]
        assert isinstance(top, ast.stmt)
        return top

    def free(self, *names: str) -> str:
        bound = {n.id for n in walk(self.file.tree) if isinstance(n, ast.Name)}
        bound |= {
            n.name for n in walk(self.file.tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
        bound |= {
            (alias.asname or alias.name).partition(".")[0]
            for n in walk(self.file.tree)
            if isinstance(n, (ast.Import, ast.ImportFrom))
            for alias in n.names
        }
        return next((name for name in names if name not in bound), f"{names[-1]}_again")


def _dedented(text: str) -> str:
    """Statements at any depth compare by their own lines."""
    return "\n".join(line.strip() for line in text.splitlines())
