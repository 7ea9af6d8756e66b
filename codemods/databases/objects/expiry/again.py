"""The line that loads an object, or those of a list, again behind a commit, with what is asked before it.

await db.refresh(note)        if note is not None and note in db:        for each in notes:
                                  await db.refresh(note)                     await db.refresh(each)
"""

from __future__ import annotations

import ast

from ....analysis.handed_over import Arguments
from ....analysis.judge.callers.callers import Callers
from ....analysis.link.kinds import Inst, Kinds, Obj, Unknown
from ....analysis.link.program import Key
from ....analysis.presence import is_present
from ....analysis.syntax import FunctionNode
from ....analysis.view import View, Views
from ..mapped.relationships import Relationships
from ..values.belonging import Belonging
from ..values.gone import Gone
from ..values.missing import may_miss_members
from ..values.newborn import is_handed, makes_members
from .commits import Commits


class Again:
    def __init__(
        self,
        views: Views,
        callers: Callers,
        relationships: Relationships,
        entries: frozenset[Key],
        commits: Commits,
    ) -> None:
        self.views = views
        self.mapped = relationships.mapped
        self.commits = commits
        self.gone = Gone(views, relationships)
        self.belonging = Belonging(views, Arguments(views, callers, entries))

    def line(
        self, view: View, function: FunctionNode, statement: ast.stmt, name: str, kinds: Kinds, session: str
    ) -> str | None:
        objects = [k for k in kinds if isinstance(k, Obj) and k.key in self.mapped.classes]
        if objects and len(objects) == len(kinds):
            line = f"await {session}.refresh({name})"
            conditions = (
                [] if is_present(self.views, view, function, statement, name) else [f"{name} is not None"]
            )
            may_be_gone = self.gone.may_be(view, function, statement, frozenset(k.key for k in objects))
            is_deleted_here = is_handed(view, function, statement, name, "delete", itself=True)
            may_be_gone = may_be_gone or is_deleted_here or self.commits.may_delete(view, statement)
            may_be_gone = may_be_gone or self.commits.may_let_go(view, statement, name)
            if may_be_gone or self.belonging.may_be_foreign(view, function, statement, name):
                conditions.append(f"{name} in {session}")
            return f"if {' and '.join(conditions)}:\n    {line}" if conditions else line
        lists = [k for k in kinds if isinstance(k, Inst) and k.name == "builtins.list"]
        members = [each for k in lists for of in k.args for each in of if not isinstance(each, Unknown)]
        if len(lists) == len(kinds) and all(self.mapped.holds(frozenset({m}), depth=0) for m in members):
            held = frozenset(each.key for each in members if isinstance(each, Obj))
            may_be_gone = self.gone.may_be(view, function, statement, held, itself=True)
            conditions = ["each is not None"] if may_miss_members(view, function, name) else []
            may_be_gone = may_be_gone or bool(makes_members(view, function, name))
            if may_be_gone or self.belonging.may_be_foreign(view, function, statement, name):
                conditions.append(f"each in {session}")
            line = f"await {session}.refresh(each)"
            if conditions:
                line = f"if {' and '.join(conditions)}:\n        {line}"
            return f"for each in {name}:\n    {line}"
        return None
