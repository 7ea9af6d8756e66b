"""What a `backref` puts on the other class is there when the mappers are configured. `db.query(User)` did
that, `select(User)` does not, and `User.notes` is asked for before anything runs.

    class Note(Base):                                      class Note(Base):
        owner = relationship("User", backref="notes")          owner = relationship("User", backref="notes")
                                                     ->

                                                           configure_mappers()

https://docs.sqlalchemy.org/en/20/orm/mapping_api.html#sqlalchemy.orm.configure_mappers
"""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import PurePosixPath

from ....analysis.link.import_graph import ImportGraph
from ....analysis.link.libraries.rows import QUERY
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly
from ....analysis.syntax import span_of
from ....analysis.view import View, Views
from ....model import Code, ImportNeed, InsertStatements, slot
from ...draft import Draft
from ...scripts import makes_application
from ...words import SESSIONS
from .relationships import Path, Relationship, Relationships

_CONFIGURE = ImportNeed("sqlalchemy.orm", "configure_mappers")
_BASES = frozenset({"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"})
_TABLES = frozenset({"__tablename__", "__table__"})
_IMPORTS = (ast.Import, ast.ImportFrom)


class Backrefs:
    def __init__(self, views: Views, relationships: Relationships, draft: Draft) -> None:
        self.views = views
        self.program = views.inference.program
        self.relationships = relationships
        self.draft = draft
        self._needed: set[Relationship] = set()

    def may_name(self, path: Path) -> bool:
        """Can a query name these attributes before anything has run?"""
        return not any(map(self._is_made, path)) or self._is_configured or self._place is not None

    def name(self, path: Path) -> None:
        """A query does so from now on."""
        self._needed.update(filter(self._is_made, path))

    def check(self, view: View) -> None:
        """Legacy queries of the file that name such attributes themselves."""
        if self._is_configured or not view.file.mentions("query"):
            return
        for node in view.file.of_kind(ast.Attribute):
            named = self._named_in_query(view, node) if node.attr in self.relationships.names else None
            if named is not None:
                self._needed.add(named)
                if self._place is None:
                    text = f"{view.source(node)} is there when the mappers are configured, as db.query() does"
                    self.draft.obstacle(
                        view, node, text, "call configure_mappers() when all models are imported"
                    )

    def finish(self) -> None:
        if self._needed and not self._is_configured and self._place is not None:
            view, statement = self._place
            names = sorted(f"{self.program.scope(step.owner).name}.{step.name}" for step in self._needed)
            comment = f"# what backref says is there from here on: {', '.join(names)}"
            above = "\n" if isinstance(statement, _IMPORTS) else ""
            code = Code(f"{above}{comment}\n{slot(0)}()", (_CONFIGURE,))
            self.draft.edit(view, InsertStatements(span_of(statement), code, after=True))

    def _is_made(self, step: Relationship) -> bool:
        """By the other side, without a word of its own class?"""
        return self.relationships.made(step) is None

    def _named_in_query(self, view: View, node: ast.Attribute) -> Relationship | None:
        found = [self.relationships.of(cls).get(node.attr) for cls in view.classes_named(node.value)]
        made = next((step for step in found if step is not None and self._is_made(step)), None)
        for above in view.file.above(node) if made is not None else ():
            member = view.member(above) if isinstance(above, ast.Call) else None
            if member is not None and (member.owner == QUERY or member.owner in SESSIONS):
                return made
            if isinstance(above, ast.stmt):
                break
        return None

    @cached_property
    def _is_configured(self) -> bool:
        return any(_CONFIGURE.name in self.views.of(path).file.text for path in self._application)

    @cached_property
    def _application(self) -> list[str]:
        modules = self.program.modules
        return sorted(path for path, module in modules.items() if not module.facts.is_test)

    @cached_property
    def _place(self) -> tuple[View, ast.stmt] | None:
        """Behind all the mapped classes: those of one file, what a package imports, or the application."""
        mapped = {cls.path for cls in self.relationships.mapped.classes if not self._is_base(cls)}
        mapped &= set(self._application)
        if len(mapped) == 1:
            view = self.views.of(mapped.pop())
            classes = [each for each in view.file.tree.body if isinstance(each, ast.ClassDef)]
            return (view, classes[-1]) if classes else None
        graph = ImportGraph(self.program)
        for path in [*_packages(mapped), *self._applications()]:
            if path in self.program.modules and mapped <= graph.behind([path]):
                view = self.views.of(path)
                kinds = (*_IMPORTS, ast.ClassDef) if path in mapped else _IMPORTS
                return view, [each for each in view.file.tree.body if isinstance(each, kinds)][-1]
        return None

    def _is_base(self, cls: Key) -> bool:
        """`class Base(DeclarativeBase)`, which has no table"""
        above = self.views.inference.classes.mro(cls)[1:]
        has_table = not _TABLES.isdisjoint(b.name for b in self.program.scope(cls).bindings)
        is_derived = any(isinstance(each, Key) for each in above)
        return not has_table and not is_derived and not _BASES.isdisjoint(above)

    def _applications(self) -> list[str]:
        """The one file that makes the application when it is loaded."""
        found = [
            path
            for path in self._application
            for statement in self.views.of(path).file.tree.body
            for value in {value for _, value in bound_plainly(statement)}
            if isinstance(value, ast.Call) and makes_application(self.views.of(path), value)
        ]
        return found if len(found) == 1 else []


def _packages(paths: set[str]) -> list[str]:
    """The packages that hold all of them, the inner ones first: who imports one of them loads these."""
    above = [set(map(str, PurePosixPath(path).parents)) for path in paths]
    shared = set.intersection(*above) - {"."} if above else set()
    return [f"{folder}/__init__.py" for folder in sorted(shared, key=len, reverse=True)]
