"""Comments between a query and the method that takes its rows."""

from __future__ import annotations

import ast
import re

from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import Span


def remarks_behind(view: View, method: ast.Attribute) -> str:
    """They stay behind the query, on the lines where they are; empty where there are none.

    .filter(Order.id == order_id)  # one     ->      .filter(Order.id == order_id)  # one
    .first()                                         .limit(1)
    """
    query, name = span_of(method.value), view.attribute_name(method)
    between = view.spliced(Span(query.end_line, query.end_col, name.line, name.col), ())
    if "#" not in between:
        return ""
    return view.outdented(method, re.sub(r"(#[^\n]*)|[).\\]", r"\1", between))
