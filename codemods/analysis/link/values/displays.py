"""Tuples, lists, dictionaries, items and operators -> kinds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...index.bindings import Import
from ...index.expr import Binary, Const, DictDisplay, Display, Expr, Item, Name, Opaque, Starred
from .. import names
from ..hierarchy import arguments
from ..kinds import (
    NOTHING,
    Cls,
    Ext,
    Inst,
    Kinds,
    Obj,
    clipped,
    has_code,
    is_known,
    one,
    ordered,
    typed,
    union,
    unknown,
    without_none,
)
from ..libraries.rows import COLUMN_VALUE, COLUMNS
from ..program import Key, Program
from .containers import literal, without_stand_ins

if TYPE_CHECKING:
    from ..infer import Inference

_NUMBERS = ("builtins.int", "builtins.float")
_EXACT = ("decimal.Decimal", "fractions.Fraction", "builtins.complex")
"""Numbers that stay what they are beside plain ones."""
_KEPT_BY_BINARY = {
    "+": ("builtins.str", "builtins.bytes", "builtins.list"),
    "*": ("builtins.str", "builtins.bytes", "builtins.list"),
    "%": ("builtins.str", "builtins.bytes"),
    "-": ("builtins.set", "builtins.frozenset"),
    "&": ("builtins.set", "builtins.frozenset"),
    "^": ("builtins.set", "builtins.frozenset"),
}
"""What an operator gives when one of its sides is of such a class."""
_MOMENTS = ("datetime.datetime", "datetime.date")
_SPAN = "datetime.timedelta"
_OF_COLUMNS = COLUMNS | {kind.name for kind in COLUMN_VALUE if isinstance(kind, Inst)}
_LOADED = Ext("sys.modules")
_MAX_ITEMS = 32
ARITHMETIC = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "@": "matmul",
    "|": "or",
    "&": "and",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
    "**": "pow",
}
"""Operator -> the word in its dunders: `__add__`, `__radd__`, `__iadd__`."""


class Displays:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def display(self, key: Key, expr: Display | DictDisplay, line: int) -> Kinds:
        if isinstance(expr, DictDisplay):
            return self._dictionary(key, expr, line)
        parts = tuple(
            clipped(
                self.inference.iterated(self.inference.kinds(key, item.value, line))
                if isinstance(item, Starred)
                else self.inference.kinds(key, item, line)
            )
            for item in expr.items
        )
        has_star = any(isinstance(item, Starred) for item in expr.items)
        if expr.type == "tuple" and not has_star and len(parts) <= _MAX_ITEMS:
            return one(Inst("builtins.tuple", parts))
        name = "builtins.list" if expr.type == "tuple" else f"builtins.{expr.type}"
        numbered = () if has_star or expr.type == "set" else enumerate(parts)
        return one(Inst(name, (union(list(parts)),), _worth_telling_apart(numbered)))

    def _dictionary(self, key: Key, expr: DictDisplay, line: int) -> Kinds:
        keys = [literal(each) for each in expr.keys]
        values = [clipped(self.inference.kinds(key, value, line)) for value in expr.values]
        # `{**other}` has an opaque key
        whole = union(
            [
                self.inference.element(value, None) if isinstance(word, Opaque) else value
                for word, value in zip(expr.keys, values, strict=True)
            ]
        )
        named = [(word, value) for word, value in zip(keys, values, strict=True) if word is not None]
        is_whole = not any(isinstance(word, Opaque) for word in expr.keys)
        written = [word for word in expr.keys if not isinstance(word, (Const, Opaque))]
        held = union([self.inference.kinds(key, word, line) for word in written])
        return one(Inst("builtins.dict", (held, whole), _worth_telling_apart(named) if is_whole else ()))

    def item(self, key: Key, expr: Item, line: int) -> Kinds:
        owners = self.inference.kinds(key, expr.value, line)
        parts = []
        for owner in ordered(owners):
            if isinstance(owner, Cls) and not self.inference.containers.is_held_by(owner):
                given = tuple(self.inference.annotations.instances(key, each) for each in arguments(expr))
                parts.append(
                    one(Cls(owner.key, given))
                    if self.inference.classes.type_parameters(owner.key)
                    else one(owner)
                )
            elif owner == _LOADED:
                parts.append(self._loaded(key, expr.key, line))
            else:
                parts.append(self.inference.element(one(owner), expr.key))
        return without_stand_ins(union(parts))

    def _loaded(self, key: Key, name: Expr, line: int) -> Kinds:
        """`sys.modules[__name__]`, `sys.modules["package.module"]`"""
        own = self.inference.program.modules[key.path].facts.module
        texts = frozenset({own}) if name == Name("__name__") else self.inference.words.of(key, name, line)
        if texts is None:
            return unknown("a module of any name")
        program = self.inference.program
        found = [names.imported(program, Import(text), key.path) for text in sorted(texts)]
        return union([self.inference.of_module(each) for each in found])

    def binary(self, key: Key, expr: Binary, line: int) -> Kinds:
        # with None, no operator gives anything: it raises
        left = without_none(self.inference.kinds(key, expr.left, line))
        right = without_none(self.inference.kinds(key, expr.right, line))
        word = ARITHMETIC.get(expr.operator)
        for side, prefix in ((left, ""), (right, "r")):
            found = [
                self.inference.classes.method_result(kind, f"__{prefix}{word}__")
                for kind in side
                if isinstance(kind, Obj) and self.inference.classes.method(kind.key, f"__{prefix}{word}__")
            ]
            if found:
                return union(found)
            given_by_library = self._of_library(side, f"__{prefix}{word}__")
            if given_by_library:
                return given_by_library
        given = [kind for side in (left, right) for kind in side if isinstance(kind, Inst)]
        kept = [kind for kind in given if kind.name.startswith("pathlib.")]
        kept += [kind for kind in given if kind.name in _KEPT_BY_BINARY.get(expr.operator, ())]
        if kept and all(kind.name == "builtins.list" for kind in kept):
            return frozenset(kept)  # the items of both
        if kept:
            return one(kept[0])
        is_told = len(given) == len(left) + len(right)
        if is_told and any(kind.name in _OF_COLUMNS for kind in given):
            # an expression of SQL, or what an object holds in the column: a date, a number, a text
            is_value = not any(kind.name in COLUMNS for kind in given)
            return COLUMN_VALUE if is_value else one(Inst("sqlalchemy.ColumnElement"))
        if is_told and any(kind.name in (*_MOMENTS, _SPAN) for kind in given):
            return union([_of_times(expr.operator, a.name, b.name) for a in left for b in right])  # type: ignore[union-attr]
        if is_told and any(kind.name in (*_NUMBERS, *_EXACT) for kind in given):
            # `price * 2` is what `price` is: an amount, a table, a number
            others = frozenset(kind for kind in given if kind.name not in _NUMBERS)
            return others or one(given[0])
        return left if is_known(left) and expr.operator == "|" else unknown("the result of an operator")

    def _of_library(self, side: Kinds, dunder: str) -> Kinds:
        """What a table of the catalogue says that the operator gives: `{"context": retriever} | prompt`."""
        catalogue = self.inference.program.catalogue
        classes = (kind.name for kind in ordered(side) if isinstance(kind, Inst))
        for name in (each for each in classes if not each.startswith("builtins.")):
            for cls in (name, *catalogue.bases(name)):
                entry = catalogue.written(cls, dunder)
                if entry is not None and entry.returns:
                    return typed(entry.returns, entry.items)
        return NOTHING


def _of_times(operator: str, left: str, right: str) -> Kinds:
    """https://docs.python.org/3/library/datetime.html#datetime-objects: what their operators give."""
    if left in _MOMENTS and right in _MOMENTS and operator == "-":
        return one(Inst(_SPAN))
    for moment, other in ((left, right), (right, left)):
        if moment in _MOMENTS and other == _SPAN and operator in "+-":
            return one(Inst(moment))
    if _SPAN in (left, right) and {left, right} <= {_SPAN, *_NUMBERS}:
        return (
            one(Inst(_SPAN))
            if operator in ("+", "-", "*", "%") or left != right
            else one(Inst("builtins.float"))
        )
    return unknown("the result of an operator")


def _worth_telling_apart(items: Iterable[tuple[str | int, Kinds]]) -> tuple[tuple[str | int, Kinds], ...]:
    """The items of a table of functions, classes or objects, and those that are known beside others that are
    not; plain data is one heap."""
    found = tuple(items)
    if len(found) > _MAX_ITEMS:
        return ()
    known = [is_known(kinds) for _, kinds in found]
    is_mixed = any(known) and not all(known)
    return found if is_mixed or any(has_code(kind) for _, kinds in found for kind in kinds) else ()
