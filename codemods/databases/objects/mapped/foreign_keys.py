"""Which mapped classes hold the keys of which others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ....analysis.index.expr import Const
from ....analysis.link.libraries.relations import MAKERS
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import last_name
from ....analysis.view import View, Views
from .said import meant, points

_NESTED = re.compile(r"\b(?:JSONB?|ARRAY|HSTORE)\b")
_NAMES_OF_TABLE = frozenset({"__table_args__", "__table__"})


class ForeignKeys:
    def __init__(self, views: Views) -> None:
        self._views = views
        self._program = views.inference.program
        self._pointed: dict[Key, frozenset[str | Key]] = {}

    def point(self, owner: Key, target: Key) -> bool:
        """Does the owner hold keys of the table of the target?"""
        return any(not self._tables(target).isdisjoint(self._pointed_by(step)) for step in self.steps(owner))

    def die_together(self, owner: Key, target: Key) -> bool:
        """Does the database delete rows of the owner with those of the target: `ondelete="CASCADE"`?"""
        told = (node for step in self.steps(owner) for _, made in self._made(step) for node in walk(made))
        is_told = any(isinstance(node, ast.keyword) and node.arg == "ondelete" for node in told)
        return is_told and self.point(owner, target)

    def steps(self, cls: Key) -> list[Key]:
        """The class, and those of its bases that the project has."""
        return [step for step in self._views.inference.classes.mro(cls) if isinstance(step, Key)]

    def are_kin(self, cls: Key, other: Key) -> bool:
        """Do their objects stand in one table, in part at least?"""
        shared = set(self.steps(cls)) & set(self.steps(other))
        return any(step in (cls, other) or self._named_table(step) for step in shared)

    def one_of(self, cls: Key, owner: Key, target: Key) -> Key | None:
        """Whose body is it? None where it is that of both, and they are not the same."""
        found = [each for each in (owner, target) if cls in self.steps(each)]
        return found[0] if len(found) == 1 or (found and self.are_kin(owner, target)) else None

    def named(self, name: str, owner: Key, target: Key) -> Key | None:
        steps = {step for each in (owner, target) for step in self.steps(each)}
        found = {self.one_of(step, owner, target) for step in steps if self._program.scope(step).name == name}
        return found.pop() if len(found) == 1 else None

    def _named_table(self, cls: Key) -> str:
        made = (b.value for b in self._program.scope(cls).bindings if b.name == "__tablename__")
        return next((value.text for value in made if isinstance(value, Const)), "")

    def _tables(self, cls: Key) -> frozenset[str | Key]:
        """What keys of the class name: its table, or the class itself."""
        steps = self.steps(cls)
        table = next(filter(None, map(self._named_table, steps)), "")
        if table:
            return frozenset({table, *steps})
        name = self._program.scope(cls).name.lower()
        return frozenset({name, f"{name}s", *steps})

    def _pointed_by(self, cls: Key) -> frozenset[str | Key]:
        """`users` of `Column(ForeignKey("users.id"))`, `User` of `Column(ForeignKey(User.id))`, whatever else
        its attributes are made of."""
        if cls not in self._pointed:
            found: set[str | Key] = set()
            for view, made in self._made(cls):
                for node in walk(made):
                    text = getattr(node, "value", None)
                    if isinstance(text, str):
                        found.add(text.rpartition(".")[0].split(".")[-1])
                    elif isinstance(node, ast.Call) and points(node.func):
                        parts = (part for each in node.args for part in walk(each))
                        owners = (part.value for part in parts if isinstance(part, ast.Attribute))
                        found.update(key for owner in owners for key in view.classes_named(owner))
            self._pointed[cls] = frozenset(found)
        return self._pointed[cls]

    def _made(self, cls: Key, name: str = "") -> Iterator[tuple[View, ast.AST]]:
        """What the columns of a class are made of, those of its table, and what their annotations stand for:
        `owner_id: Mapped[user_key]`."""
        view = self._views.of(cls.path)
        body = view.file.class_(self._program.scope(cls).span)
        for statement in body.body if body is not None else ():
            targets = getattr(statement, "targets", [getattr(statement, "target", None)])
            names = {last_name(target) for target in targets if target} | {getattr(statement, "name", "")}
            if name and name not in names:
                continue
            if isinstance(statement, ast.AnnAssign):
                for word in walk(statement.annotation):
                    if isinstance(word, ast.Name):
                        place = meant(self._views, view, word)
                        yield from [place] if place[1] is not word else []
            if isinstance(statement, ast.FunctionDef):
                is_column = any(last_name(each) == "declared_attr" for each in statement.decorator_list)
                values: list[ast.expr] = [n for n in walk(statement) if isinstance(n, ast.Call) and is_column]
            else:
                value = getattr(statement, "value", None)
                is_read = isinstance(value, ast.Call) or bool(names & _NAMES_OF_TABLE)
                values = [value] if value is not None and is_read else []
            for value in values:
                if not isinstance(value, ast.Call) or last_name(value.func) not in MAKERS:
                    yield view, value

    def hold(self, cls: Key, name: str) -> bool:
        """Is it a column that says which object of another class is meant?"""
        return any(points(node) for made in self._columns(cls, name) for node in walk(made))

    def are_no_keys(self, cls: Key, name: str) -> bool:
        """Is it a column that is seen, and names no other one?"""
        return any(True for _ in self._columns(cls, name)) and not self.hold(cls, name)

    def is_nested(self, cls: Key, name: str) -> bool:
        """Is it a column of JSON, or of arrays?"""
        made = (ast.unparse(made) for made in self._columns(cls, name))
        return any(_NESTED.search(text) for text in made)

    def has(self, cls: Key, name: str) -> bool:
        return any(name in self._program.modules[step.path].names[step.scope] for step in self.steps(cls))

    def _columns(self, cls: Key, name: str) -> Iterator[ast.AST]:
        return (made for step in self.steps(cls) for _, made in self._made(step, name))
