"""Tests that have a loop for each of them, and connections that belong to one loop."""

from __future__ import annotations

from ...analysis.view import Views
from ..connections.drivers import ACROSS_LOOPS
from ..connections.engines import tests_set_sqlite
from ..draft import Draft


def bound_in_tests(views: Views, draft: Draft) -> frozenset[str]:
    """The drivers of such connections; none where tests put SQLite in the place of another database."""
    bound = draft.async_drivers.difference(ACROSS_LOOPS)
    may_be_sqlite = any(driver.startswith("sqlite") for driver in draft.new_drivers)
    return frozenset() if may_be_sqlite and tests_set_sqlite(views) else frozenset(bound)
