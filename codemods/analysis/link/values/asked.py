"""Which dunders each form of code asks of its operands: tables without any logic of the program."""

from __future__ import annotations

from collections.abc import Iterator

from ...index.expr import Expr
from ...index.facts import Implicit
from .displays import ARITHMETIC

METHODS = {
    "with": ("__enter__", "__exit__"),
    "async with": ("__aenter__", "__aexit__"),
    "for": ("__iter__", "__next__"),
    "async for": ("__aiter__", "__anext__"),
    "[]": ("__getitem__", "__missing__"),
    "[]=": ("__setitem__",),
    "del": ("__delitem__",),
    "unpack": ("keys", "__iter__", "__getitem__"),
    "await": ("__await__",),
    "format": ("__format__", "__str__"),
    "bool": ("__bool__", "__len__"),
    "neg": ("__neg__",),
    "pos": ("__pos__",),
    "invert": ("__invert__",),
    "==": ("__eq__",),
    "!=": ("__ne__", "__eq__"),
    "<": ("__lt__",),
    "<=": ("__le__",),
    ">": ("__gt__",),
    ">=": ("__ge__",),
}
_MIRRORED = {"<": "__gt__", ">": "__lt__", "<=": "__ge__", ">=": "__le__", "==": "__eq__", "!=": "__ne__"}
FUNCTIONS = {
    # builtin -> dunders of its arguments
    "len": ("__len__",),
    "str": ("__str__",),
    "repr": ("__repr__",),
    "print": ("__str__",),
    "format": ("__format__", "__str__"),
    "bool": ("__bool__", "__len__"),
    "int": ("__int__",),
    "float": ("__float__",),
    "bytes": ("__bytes__",),
    "hash": ("__hash__",),
    "abs": ("__abs__",),
    "round": ("__round__",),
    "iter": ("__iter__",),
    "next": ("__next__",),
    "reversed": ("__reversed__",),
    "list": ("__iter__", "__next__"),
    "tuple": ("__iter__", "__next__"),
    "set": ("__iter__", "__next__"),
    "dict": ("__iter__", "__next__", "__getitem__"),
    "sorted": ("__iter__", "__next__", "__lt__"),
    "sum": ("__iter__", "__next__", "__add__"),
    "min": ("__iter__", "__next__", "__lt__"),
    "max": ("__iter__", "__next__", "__lt__"),
    "any": ("__iter__", "__next__"),
    "all": ("__iter__", "__next__"),
    "enumerate": ("__iter__", "__next__"),
    "zip": ("__iter__", "__next__"),
    "map": ("__iter__", "__next__"),
    "filter": ("__iter__", "__next__"),
}
_LOGS = ("critical", "debug", "error", "exception", "info", "log", "warning")
_SHOWN = ("__str__", "__repr__")
"""`logger.info("sent %s", message)`"""
ELSEWHERE = {
    # function -> what it is called in full, dunders of its arguments
    "DataFrame": ("pandas.DataFrame", ("__iter__", "__next__")),
    "dumps": ("bson.json_util.dumps", ("__iter__", "__next__")),
    "copy": ("copy.copy", ("__copy__",)),
    "deepcopy": ("copy.deepcopy", ("__deepcopy__",)),
    "fspath": ("os.fspath", ("__fspath__",)),
    **{name: (f"logging.{name}", _SHOWN) for name in _LOGS},
}
STACKS = ("contextlib.ExitStack", "contextlib.AsyncExitStack")
OF_MEMBERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # method -> the classes outside the project that have it, dunders of its arguments
    "enter_context": (STACKS, ("__enter__", "__exit__")),
    "push": (STACKS, ("__exit__",)),
    "format": (("builtins.str",), ("__format__", "__str__")),
    "join": (("builtins.str", "builtins.bytes"), ("__iter__", "__next__")),
    "extend": (("builtins.list", "collections.deque"), ("__iter__", "__next__")),
    "sort": (("builtins.list",), ("__lt__",)),
    "update": (("builtins.dict", "builtins.set"), ("keys", "__iter__", "__next__")),
    **dict.fromkeys(_LOGS, (("logging.Logger", "logging.LoggerAdapter"), _SHOWN)),
}
_MAPPED = ("__iter__", "__getitem__")
MIXED_IN = {
    # method that a base class brings along -> what it asks of the object itself
    "append": ("insert",),
    "clear": ("__iter__", "__getitem__", "__delitem__"),
    "count": _MAPPED,
    "extend": ("insert",),
    "get": ("__getitem__",),
    "index": _MAPPED,
    "items": _MAPPED,
    "keys": ("__iter__",),
    "pop": ("__getitem__", "__delitem__"),
    "popitem": (*_MAPPED, "__delitem__"),
    "remove": ("__delitem__", "discard"),
    "setdefault": ("__getitem__", "__setitem__"),
    "update": ("__setitem__",),
    "values": _MAPPED,
}
VIEWS = frozenset({"items", "keys", "values"})
"""They ask when somebody goes through what they give."""
MIXING = frozenset(
    f"{module}.{name}"
    for module in ("collections.abc", "typing")
    for name in (
        "Mapping",
        "MutableMapping",
        "MutableSequence",
        "MutableSet",
        "Sequence",
        "Set",
        "AbstractSet",
    )
)
"""Classes that bring them: https://docs.python.org/3/library/collections.abc.html"""
OF_ELEMENTS = ("__lt__", "__add__")


def operands(implicit: Implicit) -> Iterator[tuple[Expr, tuple[str, ...]]]:
    """Each operand with the dunders that may run on it."""
    word = ARITHMETIC.get(implicit.kind)
    if word is not None:
        yield implicit.expr, (f"__{word}__", f"__i{word}__")
        if implicit.right is not None:
            yield implicit.right, (f"__r{word}__",)
    elif implicit.kind == "in":
        if implicit.right is not None:
            yield implicit.right, ("__contains__", "__iter__", "__next__")
    elif implicit.kind in METHODS:
        yield implicit.expr, METHODS[implicit.kind]
        if implicit.kind in _MIRRORED and implicit.right is not None:
            yield implicit.right, (_MIRRORED[implicit.kind],)
