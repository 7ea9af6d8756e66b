"""`float("inf")`, `math.nan`: numbers that JSON does not know, of which None arrives."""

from __future__ import annotations

import ast

from ...analysis.index.expr import Attr, Call, Const, Expr, Name
from ...analysis.link.program import CallKey, Program
from ...analysis.syntax import last_name
from .types import Types

_WORDS = frozenset({"inf", "infinity", "nan"})
_ATTRIBUTES = frozenset({"inf", "nan", "NaN", "Inf", "infty"})
_GIVE_ONE_OF = frozenset({"min", "max", "abs", "sum"})
_HOLD = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.IfExp, ast.BoolOp, ast.UnaryOp, ast.BinOp)
_DEPTH = 4
LOSS = "may be an endless number or none at all, of which None would arrive"


def is_endless(program: Program, path: str, value: Expr) -> bool:
    if isinstance(value, Attr):
        return value.attr in _ATTRIBUTES
    if not isinstance(value, Call):
        return False
    site = program.call(CallKey(path, value.index))
    given = site.args[0] if site.func == Name("float") and site.args else None
    return isinstance(given, Const) and _is_word(given.text)


def may_be_endless(types: Types, value: ast.expr, depth: int = _DEPTH) -> bool:
    """Is it, or does it hold, such a number? What a text is made of is a text."""
    if isinstance(value, ast.Attribute):
        return value.attr in _ATTRIBUTES
    if isinstance(value, ast.Name):
        sources = types.sources(value.id) if depth else ()
        return any(may_be_endless(types, source, depth - 1) for source in sources)
    if isinstance(value, ast.Call):
        name, given = last_name(value.func), value.args
        if name == "float":
            text = given[0].value if given and isinstance(given[0], ast.Constant) else None
            return isinstance(text, str) and _is_word(text)
        return name in _GIVE_ONE_OF and any(may_be_endless(types, each, depth) for each in given)
    if not isinstance(value, _HOLD):
        return False
    inside = (each for each in ast.iter_child_nodes(value) if isinstance(each, ast.expr))
    return any(may_be_endless(types, each, depth) for each in inside)


def _is_word(text: str) -> bool:
    return text.strip().lstrip("+-").lower() in _WORDS
