"""What reads otherwise where it moves, as what the task awaits raises the errors of its twin.

try:                                          try:
    push(device)                     ->           await push(device)
except requests.RequestException:             except (httpx.HTTPError, httpx.InvalidURL):
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ...analysis.syntax import span_of
from ...model import Code
from ..finding.work import Work
from ..generated.code import plain
from ..generated.layout import UnusualLayoutError
from .runs import Run


def changed_in(work: Work, run: Run) -> Mapping[str, Code]:
    """The texts of such expressions. Raises `UnusualLayoutError` where one text has several meanings."""
    found: dict[str, Code | None] = {}
    for node in run.nodes if work.changed else ():
        if isinstance(node, ast.expr):
            text, code = work.file.source(node), work.changed.get(span_of(node))
            is_part = code is None and any(span_of(each) in work.changed for each in _around(work, node))
            if not is_part and found.setdefault(text, code) != code:
                raise UnusualLayoutError
    return {text: code for text, code in found.items() if code is not None}


def is_left_out(work: Work, node: ast.AST) -> bool:
    """Is it a name that no longer stands there?"""
    code = next(filter(None, (work.changed.get(span_of(each)) for each in _around(work, node))), None)
    return code is not None and isinstance(node, ast.Name) and node.id not in _names(code)


def _around(work: Work, node: ast.AST) -> list[ast.expr]:
    return [each for each in (node, *work.file.above(node)) if isinstance(each, ast.expr)]


def _names(code: Code) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(plain(code), mode="eval")) if isinstance(node, ast.Name)}
