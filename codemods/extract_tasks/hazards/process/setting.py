"""Statements that set a library up for all of the process, as code writes them: what they set, and of whom.

resend.api_key = settings.resend_key
firebase_admin.initialize_app(credentials)
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from ....analysis.link.kinds import Ext
from ....analysis.nodes import BINDINGS, bound_plainly
from ....analysis.syntax import last_name
from ....analysis.view import View
from ...finding.handed_on import IN_THREAD
from ...words import words

ENVIRONMENT = "os"
_OF_THE_ENVIRONMENT = {"dotenv": ENVIRONMENT, "environs": ENVIRONMENT}
"""What they set is read through another module."""
_OF_THE_PROCESS = {
    "locale.setlocale": words("calendar datetime locale time"),
    "mimetypes.add_type": words("mimetypes"),
    "socket.setdefaulttimeout": words("ftplib http imaplib poplib smtplib socket urllib"),
}
"""What is set for all of the process -> who works by it."""
_FRAMEWORKS = frozenset({"fastapi", "starlette", "taskiq", "uvicorn"})
_SETS = words("configure init initialize initialize_app login setup")
"""What they give is often kept; what `config("KEY")` gives is a value."""
_IN_THE_DATABASE = words("create_all drop_all")
"""`SQLModel.metadata.create_all(engine)` sets up what a worker comes to as well."""
_PUTS_AWAY = re.compile(r"^(close|disconnect|dispose|shutdown|stop|terminate)(_|$)")
"""`close_all_sessions()` sets up nothing."""


def set_by(view: View, statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """The library that somebody installs, and what the statement sets of it."""
    subject = first = _changed_by(statement)
    while isinstance(first, ast.Attribute):
        first = first.value
    if subject is None or not isinstance(first, ast.Name) or _sets_nothing_up(last_name(subject)):
        return
    for root in _OF_THE_PROCESS.get(view.external(subject), ()):
        yield root, ast.unparse(subject)
    for kind in view.kinds(first):
        root = kind.name.partition(".")[0] if isinstance(kind, Ext) else ""
        if root and root not in sys.stdlib_module_names and root not in _FRAMEWORKS:
            yield _OF_THE_ENVIRONMENT.get(root, root), ast.unparse(subject)


def _sets_nothing_up(name: str) -> bool:
    return name in _IN_THE_DATABASE or bool(_PUTS_AWAY.match(name))


def is_setting(statement: ast.stmt) -> bool:
    """`resend.api_key = KEY`, `cloudinary.config(..)`: in a function most calls do what it is for."""
    called = _called(statement.value) if isinstance(statement, ast.Expr) else None
    is_call = called is not None and last_name(called) in (*_SETS, "config")
    return is_call or isinstance(statement, BINDINGS)


def _changed_by(statement: ast.stmt) -> ast.expr | None:
    """`stripe.api_key` of an assignment, `cloudinary.config` of a call."""
    bound = bound_plainly(statement)
    if bound and isinstance(bound[0][0], ast.Attribute):
        return bound[0][0]
    value = bound[0][1] if bound else statement.value if isinstance(statement, ast.Expr) else None
    called = _called(value) if value is not None else None
    is_kept = bool(bound) and called is not None and last_name(called) not in _SETS
    return None if is_kept else called


def _called(value: ast.expr) -> ast.expr | None:
    """`init` of `init(key)`, and of `await run_in_threadpool(init, key)`"""
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return None
    return call.args[0] if last_name(call.func) in IN_THREAD and call.args else call.func
