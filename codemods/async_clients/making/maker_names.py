"""The name of the function that makes a client, below the one that FastAPI calls."""

from __future__ import annotations

from ...analysis.syntax import FileSyntax, FunctionNode
from ..twin import is_named


def maker_name(file: FileSyntax, function: FunctionNode) -> str:
    """`openai_client` for `get_openai`; `shared_client` where `client` is something else already."""
    short = function.name.removeprefix("get_")
    name = short if short.endswith("client") and short != function.name else f"{short}_client"
    return f"shared_{name}" if is_named(file, name) else name
