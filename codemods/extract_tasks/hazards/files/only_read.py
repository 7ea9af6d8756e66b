"""Paths that a function is given and reads from: what it makes it writes to others.

def make_thumbnail(path: str) -> None:
    image = Image.open(path)                      # read
    image.thumbnail((64, 64))
    image.save(path.replace(".png", "_64.png"))   # another path is made of it
"""

from __future__ import annotations

import ast

from ....analysis.nodes import walk
from ....analysis.scopes import parameter_names
from ....analysis.syntax import FileSyntax, FunctionNode, last_name
from ...words import words
from .file_effects import opens_to_write

_READS = words("read_bytes read_text exists is_file is_dir stat")
_MAKES_OTHERS = words(
    "with_name with_suffix with_stem joinpath relative_to replace rsplit split rpartition partition"
)
_PARTS = words("name stem suffix suffixes parent parents parts anchor")
_OF_PATHS = words("splitext basename dirname")
_OPENS = words("open fopen imread load_workbook read_csv read_excel")


def only_read(file: FileSyntax, function: FunctionNode) -> frozenset[str]:
    """The parameters that are such paths, as far as they are used at all."""
    uses: dict[str, list[ast.Name]] = {name: [] for name in parameter_names(function.args)}
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id in uses:
            uses[node.id].append(node)
    return frozenset(
        name for name, found in uses.items() if found and all(_is_read(file, each) for each in found)
    )


def _is_read(file: FileSyntax, use: ast.Name) -> bool:
    above = file.parents[use]
    if not isinstance(use.ctx, ast.Load):
        return False
    if isinstance(above, ast.Call) and last_name(above.func) == "Path":
        above = file.parents[above]
    if isinstance(above, ast.Attribute):
        return _is_part(file, above)
    if isinstance(above, ast.BinOp):
        return True
    if isinstance(above, ast.FormattedValue):
        text = file.parents[above]
        return isinstance(text, ast.JoinedStr) and len(text.values) > 1
    if not isinstance(above, ast.Call) or use is not next(iter(above.args), None):
        return False
    name = last_name(above.func)
    return name in _OF_PATHS or (name in _OPENS and not opens_to_write(above))


def _is_part(file: FileSyntax, attribute: ast.Attribute) -> bool:
    outer = file.parents[attribute]
    is_called = isinstance(outer, ast.Call) and outer.func is attribute
    return attribute.attr in (_READS | _MAKES_OTHERS if is_called else _PARTS)
