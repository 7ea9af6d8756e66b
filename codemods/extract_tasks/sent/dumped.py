"""What a pydantic model gives as a dictionary, where all of it is JSON, which arrives as it was sent.

class Order(BaseModel):
    id: int                           make_invoice(order.model_dump())
    lines: list[Line] = []
                                      await make_invoice_task.kiq(order.model_dump())
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ...analysis.index.expr import Attr, Name
from ...analysis.link.kinds import Cls, Kinds, Obj
from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import last_name
from ...model import Code
from ..sites import ValueKind
from ..words import JSON_TYPES
from .models import Models, bare

_DUMPS = frozenset({"dict", "model_dump"})
_CHOICES = frozenset(
    {"include", "exclude", "by_alias", "exclude_unset", "exclude_defaults", "exclude_none", "round_trip"}
)
"""Options that say which fields there are; others say what becomes of them."""
_SERIALIZERS = frozenset({"computed_field", "field_serializer", "model_serializer"})
_TEXTS = frozenset({"EmailStr", "constr"})
_ROOTS = frozenset({"root", "__root__"})
_LISTS, _DICTS = frozenset({"list", "List"}), frozenset({"dict", "Dict"})


class Dumped:
    def __init__(self, models: Models) -> None:
        self.models = models
        self.program = models.program
        self.inference = models.inference
        self._types: dict[Key, frozenset[str]] = {}

    def of_call(self, call: CallKey) -> Code | None:
        """The type of `order.model_dump()`; None where it may hold anything but JSON."""
        site = self.program.call(call)
        func = site.func
        if not isinstance(func, Attr) or func.attr not in _DUMPS or site.args:
            return None
        if any(name not in _CHOICES for name, _ in site.keywords):
            return None
        owners = self.inference.kinds(Key(call.path, site.scope), func.value, site.span[0])
        found = [self._of(kind.key, is_exact=kind.is_exact) for kind in owners if isinstance(kind, Obj)]
        return Code(found[0]) if len(found) == len(owners) == 1 and found[0] else None

    def _of(self, cls: Key, *, is_exact: bool = False) -> str:
        """`dict[str, int | str]`: what objects of the class, and of those that derive from it, may give."""
        family = [cls, *(() if is_exact else self.inference.classes.subclasses.get(cls, ()))]
        found = [self._of_class(each) for each in family]
        return f"dict[str, {_union(frozenset().union(*found))}]" if all(found) else ""

    def _of_class(self, cls: Key) -> frozenset[str]:
        """The types of its fields; none where one of them is not all JSON."""
        if cls not in self._types:
            self._types[cls] = frozenset()  # as long as it is looked at: a tree of models
            self._types[cls] = self._of_fields(cls)
        return self._types[cls]

    def _of_fields(self, cls: Key) -> frozenset[str]:
        if self.models.kind(cls) is not ValueKind.MODEL or self.models.loss_of_form(cls):
            return frozenset()
        parts: set[str] = set()
        for step in self.models.steps(cls):
            for statement in self.models.statements(step):
                if _changes_what_is_given(statement):
                    return frozenset()
                if isinstance(statement, ast.AnnAssign) and last_name(statement.annotation) != "ClassVar":
                    parts.update(self._parts(step, bare(statement.annotation)))
                    parts.update({"None"} if _is_none(statement.value) else ())
        if "float" in parts and self.models.unlike.of(cls):
            parts.add("int")
        return frozenset() if "" in parts else frozenset(parts)

    def _parts(self, cls: Key, annotation: ast.expr | None) -> Iterator[str]:
        """The alternatives of the type of a field; one of them empty where it is not all JSON."""
        annotation = bare(annotation)
        if isinstance(annotation, ast.Constant) and annotation.value is None:
            yield "None"
        elif isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
            yield from self._parts(cls, annotation.left)
            yield from self._parts(cls, annotation.right)
        elif isinstance(annotation, ast.Subscript):
            yield from self._of_subscript(cls, annotation)
        elif isinstance(annotation, ast.Name):
            kinds = self.inference.kinds(Key(cls.path, 0), Name(annotation.id), 0)
            yield self._of_name(annotation.id, kinds)
        else:
            yield ""

    def _of_name(self, name: str, kinds: Kinds) -> str:
        own = [kind for kind in kinds if isinstance(kind, Cls)]
        if own:
            return self._of(own[0].key) if len(kinds) == 1 else ""
        return "str" if name in _TEXTS else name if name in JSON_TYPES else ""

    def _of_subscript(self, cls: Key, annotation: ast.Subscript) -> Iterator[str]:
        name, inner = last_name(annotation.value), annotation.slice
        inside = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if name in ("Optional", "Union"):
            yield from ["None"] if name == "Optional" else []
            for each in inside:
                yield from self._parts(cls, each)
        elif name == "Literal":
            values = [each.value if isinstance(each, ast.Constant) else b"" for each in inside]
            yield from (type(value).__name__ if isinstance(value, (str, int)) else "" for value in values)
        elif name in _LISTS or (name in _DICTS and ast.unparse(inside[0]) == "str"):
            parts = set(self._parts(cls, inside[-1]))
            whole = "list" if name in _LISTS else "dict"
            yield "" if "" in parts else f"{whole}[{'str, ' if whole == 'dict' else ''}{_union(parts)}]"
        else:
            yield ""


def _changes_what_is_given(statement: ast.stmt) -> bool:
    """A serializer, a method that is called like those of pydantic, or fields that nobody declares."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        decorators = (each.func if isinstance(each, ast.Call) else each for each in statement.decorator_list)
        return statement.name in _DUMPS | {"__iter__"} or bool(_SERIALIZERS & set(map(last_name, decorators)))
    if isinstance(statement, ast.AnnAssign):
        return last_name(statement.target) in _ROOTS
    words = {getattr(each, "attr", getattr(each, "value", None)) for each in ast.walk(statement)}
    return "allow" in {word for word in words if isinstance(word, str)}


def _is_none(value: ast.expr | None) -> bool:
    """`= None`, `= Field(None)`, `= Field(default=None)`: pydantic does not look at defaults."""
    if isinstance(value, ast.Call):
        given = [*value.args[:1], *(each.value for each in value.keywords if each.arg == "default")]
        return any(map(_is_none, given))
    return isinstance(value, ast.Constant) and value.value is None


def _union(parts: Collection[str]) -> str:
    return " | ".join(sorted(parts, key=lambda each: (each == "None", each)))
