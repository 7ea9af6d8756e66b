"""Where errors of a call are raised after it, by what it gives.

response = requests.get(url)
try:
    response.raise_for_status()         here
    return response.json()              and here
except requests.RequestException:
    ...
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, FunctionNode
from .error_families import Family


def raising_uses(
    file: FileSyntax, function: FunctionNode, call: ast.AST, family: Family
) -> Iterator[ast.Attribute]:
    """`response.raise_for_status` of the name that holds what the call gives."""
    name = _name_of(file, call)
    for node in walk(function) if name and family.raised_by else ():
        if not (isinstance(node, ast.Name) and node.id == name):
            continue
        parent = file.parents[node]
        if isinstance(parent, ast.Attribute) and parent.attr in family.raised_by:
            yield parent


def _name_of(file: FileSyntax, call: ast.AST) -> str:
    parent = file.parents[call]
    target: ast.AST | None = None
    if isinstance(parent, ast.Assign):
        target = parent.targets[0]
    elif isinstance(parent, (ast.AnnAssign, ast.NamedExpr)):
        target = parent.target
    elif isinstance(parent, ast.withitem):
        target = parent.optional_vars
    return target.id if isinstance(target, ast.Name) else ""
