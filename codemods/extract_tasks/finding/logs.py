"""Statements that only tell somebody who reads the logs, and answers that nobody else looks at."""

from __future__ import annotations

import ast
import re
from functools import cached_property

from ...analysis.nodes import BINDINGS, bound_plainly, target_of, walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FileSyntax, FunctionNode
from ..blocks.runs import mentions
from ..words import LOG_METHODS, REPORTS

_LOGGER_MAKERS = ("logging.getLogger", "getLogger")
_LOG_NAMES = re.compile(r"_*(log|logger|logging|LOG|LOGGER)\Z")


class Logs:
    def __init__(self, file: FileSyntax) -> None:
        self.file = file

    @cached_property
    def loggers(self) -> frozenset[str]:
        """Module-level names bound by `logging.getLogger(..)` in this file."""
        return frozenset(
            target.id
            for statement in self.file.tree.body
            for target, value in bound_plainly(statement)
            if isinstance(target, ast.Name)
            and isinstance(value, ast.Call)
            and ast.unparse(value.func) in _LOGGER_MAKERS
        )

    def is_log(self, statement: ast.stmt) -> bool:
        """`logger.info(..)`, `print(..)`, `sentry_sdk.capture_exception(..)`, `pass`."""
        if isinstance(statement, ast.Pass):
            return True
        if not isinstance(statement, ast.Expr):
            return False
        value = statement.value
        if isinstance(value, ast.Constant):
            return True
        if not isinstance(value, ast.Call):
            return False
        if isinstance(value.func, ast.Name):
            return value.func.id in {"print", *REPORTS}
        if not isinstance(value.func, ast.Attribute):
            return False
        if value.func.attr in REPORTS:
            return True
        root = value.func.value
        name = root.attr if isinstance(root, ast.Attribute) else root.id if isinstance(root, ast.Name) else ""
        return value.func.attr in LOG_METHODS and (bool(_LOG_NAMES.match(name)) or name in self.loggers)

    def keeps_failures(self, function: FunctionNode) -> bool:
        """`try: .. except Exception: logger.error(..)` around all that could fail in it."""
        body = [s for s in function.body if not (isinstance(s, ast.Return) and _is_fixed(s.value))]
        if not body or not isinstance(body[-1], ast.Try) or not all(map(_only_names, body[:-1])):
            return False
        attempt = body[-1]
        handled = [s for handler in attempt.handlers for s in handler.body]
        is_told = all(self.is_log(s) or (isinstance(s, ast.Return) and _is_fixed(s.value)) for s in handled)
        is_broad = any(map(_takes_all, attempt.handlers))
        return is_told and is_broad and not attempt.orelse and not attempt.finalbody

    def is_only_logged(self, value: ast.expr) -> bool:
        """`answer = requests.post(..)`, and all that is done with the answer is to log it."""
        statement = self.file.parents[value]
        target = target_of(statement)
        function = next((node for node in self.file.above(statement) if isinstance(node, FUNCTIONS)), None)
        if not isinstance(target, ast.Name) or function is None:
            return False
        users = [node for node in walk(function) if isinstance(node, ast.Name) and node.id == target.id]
        return all(use is target or self._logs(self.file.statement(use), target.id) for use in users)

    def _logs(self, statement: ast.stmt, name: str) -> bool:
        """A log, or `if answer.status_code >= 400:` with nothing but logs below."""
        if not isinstance(statement, ast.If):
            return self.is_log(statement)
        calls = any(isinstance(node, ast.Call) for node in ast.walk(statement.test))
        return (
            not calls
            and mentions(statement.test, {name})
            and all(
                self._logs(inner, name) if isinstance(inner, ast.If) else self.is_log(inner)
                for inner in (*statement.body, *statement.orelse)
            )
        )


def _takes_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id == "Exception")


def _is_fixed(value: ast.expr | None) -> bool:
    return value is None or isinstance(value, ast.Constant)


def _only_names(statement: ast.stmt) -> bool:
    """A docstring, or a name for what is there already: neither can fail."""
    value = statement.value if isinstance(statement, (ast.Expr, *BINDINGS)) else None
    parts = (ast.Name, ast.Constant, ast.Dict, ast.List, ast.Tuple, ast.expr_context)
    return value is not None and all(isinstance(node, parts) for node in walk(value))
