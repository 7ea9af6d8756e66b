"""Classes of the project as values: what they are, and whether one arrives as it was sent.

A pydantic model is sent as the JSON of its fields, by their own names, and validated anew by the task.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache

from ...analysis.index.expr import Name
from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.kinds import Cls, Ext, ordered
from ...analysis.link.libraries.relations import MAKERS
from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly
from ...analysis.syntax import Syntax, last_name, span_of
from ...model import Code
from ..sites import ValueKind
from ..words import LOST_TYPES
from .alike import Alike
from .columns import Columns
from .made_again import VALIDATORS, change_of_dataclass, change_of_model
from .unlike import Unlike
from .values import SECRET_FIELDS, type_names

_MODELS = ("pydantic.BaseModel", "pydantic.main.BaseModel")
_PLAIN_FIELDS = ("sqlmodel.SQLModel", "sqlmodel.main.SQLModel")
_MAPPED = ("sqlalchemy.orm.DeclarativeBase", *_PLAIN_FIELDS)
_ENUMS = ("enum.Enum",)
_DATACLASSES = ("dataclasses.dataclass", "pydantic.dataclasses.dataclass")
_RENAMES = ("alias", "validation_alias", "alias_generator")
_BY_NAME = ("populate_by_name", "validate_by_name", "allow_population_by_field_name")
_RUN_FIRST = ("BeforeValidator", "WrapValidator", "PlainValidator")

_COLUMNS = frozenset({"Column", "Field", "mapped_column"})


class Models:
    def __init__(self, reach: Reach, syntax: Syntax, *, is_of_old_pydantic: bool = False) -> None:
        self.is_of_old_pydantic = is_of_old_pydantic
        self.program = reach.effects.program
        self.inference = reach.effects.inference
        self.classes = reach.effects.inference.classes
        self.syntax = syntax
        self.columns = Columns(reach, syntax)
        self.kind = cache(self._kind)
        """What an instance of a class is."""
        self.loss = cache(self._loss)
        self.loss_of_form = cache(lambda cls: self._first(cls, self._loss_of))
        """The same by what its class declares, whatever is put into it."""
        self.alike = Alike(self)
        self.unlike = Unlike(self)

    def _kind(self, cls: Key) -> ValueKind:
        if any(self.classes.is_a(cls, base) for base in _ENUMS):
            return ValueKind.SCALAR
        if any(self.classes.is_a(cls, base) for base in _MAPPED):
            names = {name for step in self.steps(cls) for name, _ in self.program.scope(step).keywords}
            is_table = "table" in names or not any(self.classes.is_a(cls, base) for base in _MAPPED[1:])
            return ValueKind.ORM if is_table else ValueKind.MODEL
        if any(self.classes.is_a(cls, base) for base in _MODELS):
            return ValueKind.MODEL
        decorators = self.classes.decorators(cls)
        if any(isinstance(kind, Ext) and kind.name in _DATACLASSES for kind in decorators):
            return ValueKind.DATACLASS
        return ValueKind.UNKNOWN

    def is_checked(self, cls: Key) -> bool:
        """Does pydantic look at what an object is made with?"""
        of = (kind.name for kind in self.classes.decorators(cls) if isinstance(kind, Ext))
        return self.kind(cls) is ValueKind.MODEL or _DATACLASSES[1] in of

    def declarations(self, cls: Key, attribute: str) -> Iterator[ast.expr]:
        """The annotation of `email: str` in the body of the class."""
        for node in self._bodies(cls):
            for statement in node.body:
                if isinstance(statement, ast.AnnAssign) and last_name(statement.target) == attribute:
                    yield statement.annotation

    def primary_keys(self, cls: Key) -> Iterator[str]:
        """`id` of `id = Column(Integer, primary_key=True)`, of a class or of one that it derives from."""
        steps = [step for step in self.classes.mro(cls) if isinstance(step, Key)]
        for node in (node for step in steps for node in self._bodies(step)):
            for statement in node.body:
                if isinstance(statement, (ast.Assign, ast.AnnAssign)) and _is_primary(statement.value):
                    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
                    yield last_name(target)

    def loaded_with(self, cls: Key) -> frozenset[str]:
        """The attributes that a query for an object of the class loads with it."""
        is_plain = any(self.classes.is_a(cls, base) for base in _PLAIN_FIELDS)
        return self._declared(cls, lambda each: _is_column(each) or (is_plain and _is_field(each)))

    def relationships(self, cls: Key) -> frozenset[str]:
        """What is declared with `relationship(..)`, and a query can load when it is told to."""
        return self._declared(cls, _is_relationship)

    def steps(self, cls: Key) -> Iterator[Key]:
        """The class and those of the project that it derives from."""
        return (step for step in self.classes.mro(cls) if isinstance(step, Key))

    def statements(self, cls: Key) -> Iterator[ast.stmt]:
        """What stands in the body of the class itself."""
        return (statement for body in self._bodies(cls) for statement in body.body)

    def _declared(self, cls: Key, is_wanted: Callable[[ast.Assign | ast.AnnAssign], bool]) -> frozenset[str]:
        """The names in the bodies of the class and of those above it."""
        return frozenset(
            last_name(statement.targets[0] if isinstance(statement, ast.Assign) else statement.target)
            for step in self.steps(cls)
            for node in self._bodies(step)
            for statement in node.body
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and is_wanted(statement)
        )

    def _loss(self, cls: Key) -> str:
        """What is lost of an instance, or should not lie in a queue, in words behind its name."""
        unlike = self.loss_of_form(cls) or self._first(cls, self.unlike.of)
        return unlike or self.unlike.subclasses.under(cls)

    def _first(self, cls: Key, loss_of: Callable[[Key], str]) -> str:
        """Of the class, or of one of which it holds objects."""
        seen, stack = {cls}, [cls]
        while stack:
            current = stack.pop()
            if loss := loss_of(current):
                return loss if current == cls else f"holds a {self.program.scope(current).name}, which {loss}"
            inner = [key for key in self._classes_of_fields(current) if key not in seen]
            seen.update(inner)
            stack.extend(inner)
        return ""

    def _loss_of(self, cls: Key) -> str:
        kind = self.kind(cls)
        if kind not in (ValueKind.MODEL, ValueKind.DATACLASS):
            return "" if kind is ValueKind.SCALAR else "is an object of this process"
        fields = list(self._fields(cls))
        secret = next((name for name in SECRET_FIELDS if any(name == field for field, _ in fields)), "")
        if secret:
            return f"would be stored in the queue as a whole, with its {secret}"
        lost = next((name for name, types in fields if types & LOST_TYPES), "")
        if lost:
            return f"has a field {lost}, which cannot be sent"
        bodies = [body for step in self.steps(cls) for body in self._bodies(step)]
        if kind is ValueKind.DATACLASS:
            return change_of_dataclass(bodies)
        return self._loss_of_model(cls) or change_of_model(bodies)

    def _loss_of_model(self, cls: Key) -> str:
        words = [(k.arg or "", k.value) for node in self._calls(cls) for k in node.keywords]
        given = {name for name, value in words if not _is_false(value)}
        if "exclude" in given:
            return "would lose the fields that it excludes"
        keys = given | set(self._settings(cls))
        if keys & set(_RENAMES) and not keys & set(_BY_NAME):
            return "is not read back by the names of its fields"
        if any(map(self._runs_first, self._calls(cls))):
            return "would be validated again, by validators that expect what came from the client"
        return ""

    def _runs_first(self, call: ast.Call) -> bool:
        if last_name(call.func) in _RUN_FIRST:
            return True
        words = {k.arg: ast.unparse(k.value) for k in call.keywords}
        is_early = words.get("pre") == "True" or words.get("mode", "'after'") != "'after'"
        return last_name(call.func) in VALIDATORS and is_early

    def _fields(self, cls: Key) -> Iterator[tuple[str, frozenset[str]]]:
        """Each field with the names in its annotation."""
        for step in self.steps(cls):
            for node in self._bodies(step):
                for statement in node.body:
                    if isinstance(statement, ast.AnnAssign):
                        types = type_names(Code(ast.unparse(statement.annotation))) or frozenset()
                        yield last_name(statement.target), types

    def _classes_of_fields(self, cls: Key) -> Iterator[Key]:
        for step in self.steps(cls):
            names = {name for _, types in self._fields(step) for name in types}
            for name in sorted(names):
                kinds = self.inference.kinds(Key(step.path, 0), Name(name), 0)
                yield from (kind.key for kind in ordered(kinds) if isinstance(kind, Cls))

    def _settings(self, cls: Key) -> Iterator[str]:
        """Names that are set in `class Config:`, and keys of `model_config = {..}`."""
        for step in self.steps(cls):
            for node in (part for body in self._bodies(step) for part in ast.walk(body)):
                yield from (last_name(target) for target, _ in bound_plainly(node))
                if isinstance(node, ast.Dict):
                    yield from (str(k.value) for k in node.keys if isinstance(k, ast.Constant))

    def _calls(self, cls: Key) -> Iterator[ast.Call]:
        for step in self.steps(cls):
            for body in self._bodies(step):
                yield from (node for node in ast.walk(body) if isinstance(node, ast.Call))

    def _bodies(self, cls: Key) -> Iterator[ast.ClassDef]:
        span = self.program.scope(cls).span
        for node in self.syntax.file(cls.path).tree.body:
            if isinstance(node, ast.ClassDef) and span_of(node) == span:
                yield node


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value in (False, None)


def _is_primary(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and any(
        keyword.arg == "primary_key" and getattr(keyword.value, "value", None) is True
        for keyword in value.keywords
    )


def _is_relationship(statement: ast.Assign | ast.AnnAssign) -> bool:
    return isinstance(statement.value, ast.Call) and last_name(statement.value.func) in MAKERS


def _is_column(statement: ast.Assign | ast.AnnAssign) -> bool:
    """`name = Column(String)`, `name: Mapped[str]`; what is deferred is loaded later."""
    made = statement.value
    if isinstance(made, ast.Call):
        is_deferred = any(keyword.arg == "deferred" for keyword in made.keywords)
        return last_name(made.func) in _COLUMNS and not is_deferred
    annotation = statement.annotation if isinstance(statement, ast.AnnAssign) and made is None else None
    return isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Mapped"


def _is_field(statement: ast.Assign | ast.AnnAssign) -> bool:
    """`email: str`, `is_active: bool = True`: a column in a class of SQLModel."""
    if not isinstance(statement, ast.AnnAssign) or isinstance(statement.value, ast.Call):
        return False
    annotation = statement.annotation
    of = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return last_name(of) not in ("ClassVar", "InitVar")


def bare(annotation: ast.expr | None) -> ast.expr | None:
    """`T` of `Annotated[T, ...]` and `Mapped[T]`."""
    if isinstance(annotation, ast.Subscript):
        name = getattr(annotation.value, "attr", getattr(annotation.value, "id", ""))
        if name == "Annotated" and isinstance(annotation.slice, ast.Tuple):
            return annotation.slice.elts[0]
        if name == "Mapped":
            return annotation.slice
    return annotation
