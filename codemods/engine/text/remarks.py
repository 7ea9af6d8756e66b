"""Comments on the lines of an import: what tools are told goes with it, what people are told stays."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...analysis.nodes import walk_once
from .lines import split_lines
from .parsed import parsed

_TOLD_TO_TOOLS = re.compile(
    r"#\s*(?:type:\s*ignore|(?:pyright|mypy|pylint|ruff|isort|pragma|fmt):|noqa\b|nosec\b|nosonar\b)",
    re.IGNORECASE,
)


def remark(line: str) -> str:
    """The comment on a line of an import that outlives it; empty where there is none."""
    _, mark, text = line.rstrip("\r\n").partition("#")  # no name in an import holds a `#`
    comment = f"{mark}{text}".rstrip()
    return "" if _TOLD_TO_TOOLS.match(comment) else comment


def gone_with_imports(text: str) -> Iterator[str]:
    """The comments of a file that need not be there any more when the imports beside them are gone."""
    lines = split_lines(text)
    for node in walk_once(parsed(text)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for line in lines[node.lineno - 1 : node.end_lineno]:
                if "#" in line and not remark(line):
                    yield line[line.index("#") :].strip()
