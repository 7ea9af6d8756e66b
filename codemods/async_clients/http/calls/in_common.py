"""What a sync client of httpx and an async one have in common, beside their requests."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ....analysis.index.expr import Const, Display, Expr
from ....analysis.syntax import FileSyntax
from ...making.setup import simple
from ...twin import NoTwinError
from .session_settings import setting

ATTRIBUTES = frozenset({"auth", "params", "headers", "cookies", "timeout", "base_url", "is_closed"})
_AUTHENTICATIONS = ("BasicAuth", "DigestAuth")
_WHY = "auth of the client is neither a pair nor one that httpx has"


def check_auth(file: FileSyntax, auth: ast.expr | None) -> None:
    """A class of the project's own may know the flow of a sync client only, or wait in it. Raises
    `NoTwinError`."""
    if auth is None or isinstance(auth, (ast.Tuple, ast.Constant)):
        return
    if not isinstance(auth, ast.Call) or file.source(auth.func).rpartition(".")[2] not in _AUTHENTICATIONS:
        raise NoTwinError(_WHY)


def check_auth_passed_on(auth: Expr) -> None:
    """The same for one that comes in `**kwargs`."""
    if not isinstance(auth, Const) and not (isinstance(auth, Display) and auth.type == "tuple"):
        raise NoTwinError(_WHY)


def check_setup(file: FileSyntax, target: str, statements: Iterable[ast.stmt]) -> None:
    """What sets the client up, as `target`: the hooks of an async one are async. Raises `NoTwinError`."""
    for statement in simple(statements):
        name = setting(file, target, statement)
        if name not in ATTRIBUTES:
            raise NoTwinError(f"{name or 'something'} of the client has no equal in an async client")
        if name == "auth":
            check_auth(file, statement.value if isinstance(statement, ast.Assign) else None)
