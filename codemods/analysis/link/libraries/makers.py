"""Which functions of libraries give values of their own: what is called on these is code of the library, and
was never an object of the project, unless the library was given one.

acme.connect(url).channel("orders").publish(text)
"""

from __future__ import annotations

from collections.abc import Callable

from ..kinds import Ext, Inst, Kind, Member, Unknown, describe

_PASSES_ON = frozenset(
    {
        "_thread", "abc", "asyncio", "atexit", "attr", "attrs", "bisect", "builtins", "cachetools",
        "cloudpickle", "codecs", "collections", "concurrent", "contextlib", "contextvars", "copy",
        "ctypes", "dataclasses", "dependency_injector", "dill", "enum", "fastapi", "functools", "gc",
        "heapq", "importlib", "injector", "inspect", "itertools", "joblib", "kink", "lagom", "logging",
        "marshal", "more_itertools", "multiprocessing", "operator", "pickle", "pkgutil", "punq",
        "pydantic", "queue", "random", "runpy", "sched", "shelve", "signal", "sqlalchemy", "sqlmodel",
        "starlette", "svcs", "sys", "threading", "toolz", "types", "typing", "typing_extensions",
        "unittest", "warnings", "weakref", "wireup", "wrapt",
    }
)  # fmt: skip
"""Libraries that give back what they are given, or find objects of the project by themselves."""


def of_call(callee: Ext | Inst | Member) -> str:
    """What gave a value that was called for; nothing where that may be an object of the project."""
    name = holder(callee)
    return f"{name}()" if name else ""


def holder(kind: Ext | Inst | Member) -> str:
    """What a value comes out of; nothing where that may be an object of the project."""
    name = describe(kind).removesuffix("()")
    return "" if name.partition(".")[0] in _PASSES_ON else name


def is_of_stranger(knows_root: Callable[[str], bool], kind: Kind) -> bool:
    """Is it of a library of which the catalogue knows nothing?"""
    name = kind.maker if isinstance(kind, Unknown) else ""
    if isinstance(kind, (Ext, Inst, Member)):
        name = holder(kind)
    return bool(name) and not knows_root(name.partition(".")[0].removesuffix("()"))
