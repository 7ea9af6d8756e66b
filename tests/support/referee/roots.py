"""The folders of a tree from which its own modules are imported."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path


def import_roots(tree: Path) -> tuple[Path, ...]:
    """Of each import the nearest folder above the file that has what is imported."""
    roots: set[Path] = set()
    for file in tree.rglob("*.py"):
        above = [folder for folder in file.parents if folder == tree or tree in folder.parents]
        for name in _imported(file):
            found = (at for at in above if (at / name).is_dir() or (at / f"{name}.py").is_file())
            roots.update(list(found)[:1])
    return tuple(sorted(roots))


def _imported(file: Path) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (SyntaxError, ValueError):
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
