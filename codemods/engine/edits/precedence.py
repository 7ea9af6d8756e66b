"""How tightly an expression binds, and how tightly its place asks it to: where parentheses are needed."""

from __future__ import annotations

from enum import IntEnum

import libcst as cst


class Level(IntEnum):
    """From loose to tight, as in the grammar of Python."""

    ANY = 0
    """A tuple, `yield` or `:=`."""
    LAMBDA = 1
    CONDITIONAL = 2
    OR = 3
    AND = 4
    NOT = 5
    COMPARISON = 6
    BIT_OR = 7
    BIT_XOR = 8
    BIT_AND = 9
    SHIFT = 10
    SUM = 11
    PRODUCT = 12
    SIGN = 13
    POWER = 14
    AWAIT = 15
    PRIMARY = 16


_OPERATORS: dict[type[cst.CSTNode], Level] = {
    cst.BitOr: Level.BIT_OR,
    cst.BitXor: Level.BIT_XOR,
    cst.BitAnd: Level.BIT_AND,
    cst.LeftShift: Level.SHIFT,
    cst.RightShift: Level.SHIFT,
    cst.Add: Level.SUM,
    cst.Subtract: Level.SUM,
    cst.Power: Level.POWER,
}
_LOOSE = (cst.Tuple, cst.GeneratorExp, cst.NamedExpr, cst.Yield, cst.StarredElement)


def level(node: cst.BaseExpression) -> Level:
    """Of the expression without its own parentheses."""
    if isinstance(node, _LOOSE):
        return Level.ANY
    if isinstance(node, cst.Lambda):
        return Level.LAMBDA
    if isinstance(node, cst.IfExp):
        return Level.CONDITIONAL
    if isinstance(node, cst.BooleanOperation):
        return Level.OR if isinstance(node.operator, cst.Or) else Level.AND
    if isinstance(node, cst.UnaryOperation):
        return Level.NOT if isinstance(node.operator, cst.Not) else Level.SIGN
    if isinstance(node, cst.Comparison):
        return Level.COMPARISON
    if isinstance(node, cst.BinaryOperation):
        return _OPERATORS.get(type(node.operator), Level.PRODUCT)
    return Level.AWAIT if isinstance(node, cst.Await) else Level.PRIMARY


def demanded(parent: cst.CSTNode | None, node: cst.CSTNode) -> Level:
    """What may stand in the place of `node` without parentheses: anything that binds as tightly as this."""
    if isinstance(parent, (cst.Attribute, cst.Subscript)):
        return Level.PRIMARY if parent.value is node else Level.LAMBDA
    if isinstance(parent, (cst.Await, cst.Call)):
        return Level.PRIMARY
    if isinstance(parent, cst.UnaryOperation):
        return level(parent)
    if isinstance(parent, (cst.BinaryOperation, cst.BooleanOperation)):
        return _operand(parent, is_left=parent.left is node)
    if isinstance(parent, (cst.Comparison, cst.ComparisonTarget)):
        return Level.BIT_OR
    if isinstance(parent, cst.IfExp):
        return Level.LAMBDA if parent.orelse is node else Level.OR
    if isinstance(parent, (cst.CompFor, cst.CompIf)):
        return Level.OR
    if isinstance(parent, cst.Arg):
        return Level.BIT_OR if parent.star else Level.LAMBDA
    if isinstance(parent, (cst.StarredElement, cst.StarredDictElement)):
        return Level.BIT_OR
    if isinstance(parent, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
        return Level.CONDITIONAL
    if isinstance(parent, _TAKES_ANYTHING):
        return Level.ANY
    return Level.LAMBDA


_TAKES_ANYTHING = (cst.Expr, cst.Assign, cst.AugAssign, cst.AnnAssign, cst.Return, cst.For, cst.Match)


def _operand(parent: cst.BinaryOperation | cst.BooleanOperation, *, is_left: bool) -> Level:
    own = level(parent)
    if own is Level.POWER:
        # `await f() ** 2` would do; the parentheses tell the reader what is awaited
        return Level.PRIMARY if is_left else Level.SIGN
    return own if is_left else Level(own + 1)


def parenthesized(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.with_changes(lpar=[cst.LeftParen(), *node.lpar], rpar=[*node.rpar, cst.RightParen()])


def fitted(node: cst.BaseExpression, place: Level) -> cst.BaseExpression:
    """`node`, in parentheses when it has none and its place asks for them."""
    return node if node.lpar or level(node) >= place else parenthesized(node)


def operand(node: cst.BaseExpression, place: Level) -> cst.BaseExpression:
    """`node` without its own parentheses, but for those that it needs in the new place."""
    if level(node) < place:
        return fitted(node, place)
    return node.with_changes(lpar=[], rpar=[])
