"""The class of a response where its name is announced, in a text too.

response: "requests.Response | None" = None     ->      response: "httpx.Response | None" = None
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, FunctionNode, last_name, span_of
from ....model import Code, Edit, ImportNeed, ReplaceExpression, slot

_CLASSES = ("requests.Response", "requests.models.Response")
_ANYTHING = ("Any", "object")
_NAMED = re.compile(r"\brequests\.(?:models\.)?Response\b")


def classes_announced(
    file: FileSyntax, function: FunctionNode, name: str, library: str, own: ast.AST
) -> Iterator[Edit]:
    """`own` is the statement of the request: there no other class can be meant."""
    for node in walk(function):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            edits = [*_class_in(file, node, library)]
            yield from edits
            if node is own and not edits and last_name(node.annotation) not in _ANYTHING:
                code = Code(f"{slot(0)}.Response", (ImportNeed(library),))
                yield ReplaceExpression(span_of(node.annotation), code)


def _class_in(file: FileSyntax, statement: ast.AnnAssign, library: str) -> Iterator[Edit]:
    """Named by its module, in a text too."""
    need = (ImportNeed(library),)
    for node in ast.walk(statement.annotation):
        written = file.source(node) if isinstance(node, (ast.Attribute, ast.Constant)) else ""
        if isinstance(node, ast.Attribute) and written in _CLASSES:
            yield ReplaceExpression(span_of(node), Code(f"{slot(0)}.Response", need))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = _NAMED.sub(f"{slot(0)}.Response", written)
            if text != written:
                yield ReplaceExpression(span_of(node), Code(text, need))
