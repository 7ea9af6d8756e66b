"""Functions of the project that get a session, and of which nothing says so.

def get(db, key):                  # called at so many places that nobody looks at them all
    return db.get(Setting, key)    # is awaited only where `db` is known to be a session
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ...analysis.handed_over import parameter_taking
from ...analysis.link.kinds import Unknown
from ...analysis.view import View
from ..draft import Draft
from ..words import SESSIONS


def check_takers(view: View, draft: Draft, call: ast.Call, values: Iterable[ast.expr]) -> None:
    for key in view.functions_called(call):
        names = [each.name for each in view.program.scope(key).parameters]
        for node in values:
            taken = parameter_taking(view, call, node, key)
            if taken not in names or view.instance(node) not in SESSIONS:
                continue
            kinds = view.inference.parameter(key, names.index(taken))
            if kinds and all(isinstance(kind, Unknown) for kind in kinds):
                what = f"{view.in_a_line(call.func)} is handed {view.in_a_line(node)}"
                draft.obstacle(
                    view, call, f"{what}, and nobody knows what else {taken} may be", f"annotate {taken}"
                )
                return
