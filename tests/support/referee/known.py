"""What is found after a migration and says nothing of it."""

from __future__ import annotations

import re

from .checkers import Finding

_RULES = frozenset(
    {
        # packages that are not installed here
        "import-untyped",
        "import-not-found",
        "unresolved-import",
        "reportMissingImports",
        "reportMissingModuleSource",
        # a dependency that yields inside of `async with` is what FastAPI asks for
        "ASYNC119",
        # a handler or a dependency that is `async def` needs no thread, also where it awaits nothing
        "RUF029",
        # a signature that is said again, in a task or a twin, is said as the project says it
        "UP006",
        "UP035",
        "UP045",
        # pyflakes asks for `noqa` at each of several imports below one package, ruff at the last
        "RUF100",
        # code of a handler without types, in a task that has them
        "func-returns-value",
        # `on_event` where the application has it already, and an iterator as the type of a context manager
        "deprecated",
        "reportDeprecated",
    }
)
_TEXTS = (
    # SQLModel declares a relationship as what it loads, SQLAlchemy's options take the attribute
    'Argument 1 to "selectinload"',
    'of type "_AttrType"',
    'Expected `Literal["*"] | QueryableAttribute[Any]`',
    # SQLAlchemy gives a CursorResult for DELETE and UPDATE and declares a Result
    'has no attribute "rowcount"',
    "has no attribute `rowcount`",
    'attribute "rowcount" for class "Result',
    # and a Sequence for the list that `all()` gives, and None for the condition of a query that has one
    "`Sequence[",
    'has incompatible type "Sequence[',
    "found `ColumnElement[Any] | None`",
    'type "ColumnElement[Any] | None"',
    # `sessionmaker(class_=AsyncSession)` is for SQLAlchemy 1.4, and the types are those of 2
    "`sessionmaker.__init__`",
    "`_S@sessionmaker`",
    # of an overloaded function that a thread runs ty takes all that it may give, mypy and pyright choose
    "TextIOWrapper[_WrappedBuffer]",
    "`Stream[ChatCompletionChunk]`",
    # ty and a query of a class that is a type variable
    "Expected `Select[Never]`",
    # a double of a test: what makes the session is declared as a class and used as a function
    'Argument "sync_session_class" to "AsyncSession"',
    "Argument to `AsyncSession.__init__`",
)
_ARGUMENTS = frozenset(
    {
        "invalid-argument-type",
        "no-matching-overload",
        "reportArgumentType",
        "reportCallIssue",
        "arg-type",
        "call-overload",
    }
)
"""A wrong argument is one still where the call has become one of `kiq` or of `run_in_threadpool`."""
_TYPES = "invalid-type-form"
"""`db: SessionLocal`, where a class should stand, names another factory now."""
_STYLE = re.compile(r"[A-Z]+(?<!F)\d+")


def is_same(old: Finding, new: Finding) -> bool:
    """Whether they say the same of the same code: it moved, or a name or a type in it has changed."""
    if (old.rule, old.text) == (new.rule, new.text):
        return True
    if old.path != new.path:
        return False
    if {old.rule, new.rule} <= _ARGUMENTS:
        return True
    return old.rule == new.rule and (new.rule == _TYPES or bool(_STYLE.fullmatch(new.rule)))


def is_known(finding: Finding) -> bool:
    return finding.rule in _RULES or any(text in finding.text for text in _TEXTS)
