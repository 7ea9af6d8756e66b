"""Functions of tests that a runner calls for their name, and does not await."""

from __future__ import annotations

from ..analysis.syntax import FunctionNode
from ..analysis.view import View

_OF_PYTEST = frozenset(
    f"{when}_{what}" for when in ("setup", "teardown") for what in ("module", "class", "method", "function")
)
"""https://docs.pytest.org/en/stable/how-to/xunit_setup.html"""
_OF_UNITTEST = frozenset(f"{when}{what}" for when in ("setUp", "tearDown") for what in ("Module", "Class"))
"""https://docs.python.org/3/library/unittest.html#class-and-module-fixtures"""


def is_xunit(view: View, function: FunctionNode | None) -> bool:
    return view.module.is_test and function is not None and function.name in _OF_PYTEST | _OF_UNITTEST
