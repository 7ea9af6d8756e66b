"""What an object is not any more when a task has made it anew from its fields.

class Note(BaseModel):                            @dataclass
    text: str                                     class Period:
    _seen: bool = PrivateAttr(False)                  days: int
                                                      def __post_init__(self):
    @field_validator("text")                              self.days += 1
    def quoted(cls, value): return f"<{value}>"
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from ...analysis.syntax import last_name
from ..finding.work import root_name
from ..words import words

VALIDATORS = frozenset({"field_validator", "model_validator", "validator", "root_validator"})
_SERIALIZERS = frozenset(
    {"field_serializer", "model_serializer", "PlainSerializer", "WrapSerializer", "json_encoders"}
)
_LIMITS = words(
    """gt ge lt le multiple_of min_length max_length min_items max_items pattern regex max_digits
    decimal_places strict"""
)
_WRITES = frozenset({"model_dump", "model_dump_json", "dict", "json"})
_SAME_AGAIN = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "casefold"})
_TWICE = "would be made again, by a {} that changes what it gets"


def change_of_model(bodies: Sequence[ast.ClassDef]) -> str:
    """In words behind its name; empty for none."""
    statements = [statement for body in bodies for statement in body.body]
    targets = [last_name(each.target) for each in statements if isinstance(each, ast.AnnAssign)]
    given = [each.value for each in statements if isinstance(each, (ast.Assign, ast.AnnAssign))]
    made = [last_name(value.func) for value in given if isinstance(value, ast.Call)]
    if "PrivateAttr" in made or any(name.startswith("_") for name in targets):
        return "would lose its private attributes"
    said = {word for body in bodies for node in ast.walk(body) for word in _words(node)}
    if _SERIALIZERS & said:
        return "would arrive as its own serializer writes it"
    if {"computed_field", "forbid"} <= said:
        return "would be refused by its model, for what is computed"
    for each in statements:
        if isinstance(each, ast.FunctionDef) and each.name in _WRITES:
            return f"would arrive as its own {each.name}() writes it"
        if isinstance(each, ast.FunctionDef):
            of = [last_name(d.func if isinstance(d, ast.Call) else d) for d in each.decorator_list]
            if VALIDATORS.intersection(of) and (_sets(each) or not _gives_it_back(each)):
                return _TWICE.format("validator")
    return ""


def checked_fields(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """Those of which pydantic asks more than their type, `*` for all."""
    found: set[str] = set()
    for each in statements:
        if isinstance(each, ast.AnnAssign):
            said = {k.arg for n in ast.walk(each) if isinstance(n, ast.Call) for k in n.keywords}
            if _LIMITS & said:
                found.add(last_name(each.target))
        elif isinstance(each, ast.FunctionDef):
            for made in (d for d in each.decorator_list if isinstance(d, ast.Call)):
                if last_name(made.func) in VALIDATORS:
                    named = [a.value for a in made.args if isinstance(a, ast.Constant)]
                    found.update(map(str, named or ["*"]))
    return frozenset(found)


def change_of_dataclass(bodies: Sequence[ast.ClassDef]) -> str:
    """The same for a dataclass."""
    for node in (node for body in bodies for node in ast.walk(body)):
        if isinstance(node, ast.keyword) and node.arg == "init" and ast.unparse(node.value) == "False":
            return "has a field that nothing but the class itself sets"
        if isinstance(node, ast.FunctionDef) and node.name == "__post_init__" and _sets(node):
            return _TWICE.format("__post_init__()")
    return ""


def _words(node: ast.AST) -> Iterator[object]:
    """`forbid` of `extra="forbid"`, `ConfigDict(extra=..)` and of a dictionary."""
    yield node.value if isinstance(node, ast.Constant) else last_name(node)
    yield getattr(node, "arg", None)


def _sets(function: ast.FunctionDef) -> bool:
    """Does it set anything of what it was given, or give its name to something else?"""
    names = {each.arg for each in function.args.args}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and last_name(node.func) in ("__setattr__", "setattr"):
            return True
        if not isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
            continue
        if isinstance(node.ctx, (ast.Store, ast.Del)) and root_name(node) in names:
            return True
    return False


def _gives_it_back(function: ast.FunctionDef) -> bool:
    names = {each.arg for each in function.args.args}
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    return all(_is_same(value, names) for value in returned if value is not None)


def _is_same(value: ast.expr, names: set[str]) -> bool:
    """`value`, `value.strip().lower()`, `value.strip() if value else None`: twice is as good as once."""
    if isinstance(value, ast.IfExp):
        return _is_same(value.body, names) and _is_same(value.orelse, names)
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr not in _SAME_AGAIN:
            return False
        value = value.func.value
    is_none = isinstance(value, ast.Constant) and value.value is None
    return is_none or (isinstance(value, ast.Name) and value.id in names)
