"""Columns that are set in an object which a commit has expired: nobody asks for what was there before.

db.commit()
user.password = "hidden"    # loads nothing
return user                 # and sends the password alone, where no response model reads the others
"""

from __future__ import annotations

import ast

from ....analysis.index.bindings import How
from ....analysis.link.kinds import Kinds, Obj, classes_in
from ....analysis.link.program import Key
from ....analysis.view import View, Views
from ..mapped.said import says_primary

_COLUMNS = (".Column", ".mapped_column", "sqlmodel.Field")
_LOOKING = ("active_history", "validates", '"set"', "'set'")
"""Words of what looks at the old value, or at the object around it."""


def is_overwritten(views: Views, view: View, node: ast.Name, kinds: Kinds) -> bool:
    above = view.file.parents[node]
    if not isinstance(above, ast.Attribute) or not isinstance(above.ctx, ast.Store):
        return False
    if isinstance(view.file.parents[above], ast.AugAssign) or not all(isinstance(k, Obj) for k in kinds):
        return False
    classes = classes_in(kinds)
    return bool(classes) and all(_is_column(views, cls, above.attr) for cls in classes)


def _is_column(views: Views, cls: Key, name: str) -> bool:
    """One that the mapper asks nothing of before it is set, as it does of a primary key."""
    is_one = False
    for step in views.inference.classes.mro(cls):
        if not isinstance(step, Key):
            continue
        view = views.of(step.path)
        for binding in view.program.modules[step.path].names[step.scope].get(name, ()):
            call = view.bound_call(binding)
            if call is None:
                is_said = binding.how is How.ANNOTATION
            else:
                is_said = view.external(call.func).endswith(_COLUMNS)
            if not is_said or (call is not None and any(map(says_primary, call.keywords))):
                return False
            is_one = True
    return is_one and not any(map(views.mention, _LOOKING))
