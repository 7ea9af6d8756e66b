"""One `with` over what becomes async and what does not becomes statements in each other.

with pytest.raises(Conflict), get_session() as db:   ->   with pytest.raises(Conflict):
    ...                                                       async with get_session() as db: ...
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import groupby

from ..analysis.syntax import span_of
from ..analysis.view import View
from ..model import SplitWith


def may_be_split(view: View, statement: ast.With) -> bool:
    """In tests, where no thread is asked for what else it enters, and with no comment in its header."""
    lines = view.file.text.splitlines()[statement.lineno - 1 : statement.body[0].lineno - 1]
    return view.module.is_test and bool(lines) and not any("#" in line for line in lines)


def split(statement: ast.With, are_async: Sequence[bool]) -> SplitWith:
    runs = [(each, len([*group])) for each, group in groupby(are_async)]
    return SplitWith(span_of(statement), tuple(count for _, count in runs), tuple(each for each, _ in runs))
