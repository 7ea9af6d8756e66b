"""Constants at the top of a file, which nothing sets anew."""

from __future__ import annotations

import ast

from ..analysis.nodes import walk
from ..analysis.scopes import DEFERRED, FUNCTIONS, frame_nodes, local_names
from ..analysis.syntax import FileSyntax


def constant(file: FileSyntax, name: ast.Name) -> ast.expr | None:
    """What a name alone ever stands for: the value of one statement at the top of the file."""
    if any(isinstance(f, FUNCTIONS) and name.id in local_names(f) for f in file.above(name)):
        return None
    if any(isinstance(node, ast.Global) and name.id in node.names for node in walk(file.tree)):
        return None
    own = [node for statement in file.tree.body for node in frame_nodes(statement)]
    stores = [node for node in own if isinstance(node, ast.Name) and node.id == name.id]
    stores = [node for node in stores if not isinstance(node.ctx, ast.Load)]
    if len(stores) != 1 or any(isinstance(n, DEFERRED) and getattr(n, "name", "") == name.id for n in own):
        return None
    made = file.parents[stores[0]]
    if made not in file.tree.body or not isinstance(made, (ast.Assign, ast.AnnAssign)):
        return None
    return made.value
