"""White space inside brackets: line ends, comments, indentation."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

Whitespace = cst.BaseParenthesizableWhitespace
NOTHING = cst.SimpleWhitespace("")
SPACE = cst.SimpleWhitespace(" ")


def is_broken(space: Whitespace) -> bool:
    """Whether a line ends here."""
    return isinstance(space, cst.ParenthesizedWhitespace)


def has_lines(node: cst.CSTNode) -> bool:
    """Whether the node is written on more than one line."""
    text = cst.Module([]).code_for_node(node)
    return "\n" in text or "\r" in text


def bare(space: Whitespace) -> Whitespace:
    """The same white space without its comments."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return space
    first = space.first_line.with_changes(whitespace=NOTHING, comment=None)
    return space.with_changes(first_line=first, empty_lines=[])


def line_break(margin: str) -> cst.ParenthesizedWhitespace:
    """The end of a line, and the margin of the next one within its block."""
    return cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(margin))


def deeper(node: cst.BaseExpression, unit: str) -> cst.BaseExpression:
    """The expression with its continuation lines indented by `unit` more; strings stay as they are."""
    return _moved(node, lambda margin: unit + margin)


def shallower(node: cst.BaseExpression, unit: str) -> cst.BaseExpression:
    """The expression with its continuation lines indented by `unit` less."""
    return _moved(node, lambda margin: margin.removeprefix(unit))


def _moved(node: cst.BaseExpression, move: Callable[[str], str]) -> cst.BaseExpression:
    moved = node.visit(_Moved(move))
    assert isinstance(moved, cst.BaseExpression)
    return moved


class _Moved(cst.CSTTransformer):
    def __init__(self, move: Callable[[str], str]) -> None:
        super().__init__()
        self._move = move

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        return updated_node.with_changes(
            last_line=self._moved(updated_node.last_line),
            empty_lines=[
                line.with_changes(whitespace=self._moved(line.whitespace)) if line.comment else line
                for line in updated_node.empty_lines
            ],
        )

    def _moved(self, space: cst.SimpleWhitespace) -> cst.SimpleWhitespace:
        return cst.SimpleWhitespace(self._move(space.value))
