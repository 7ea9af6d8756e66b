"""What the calls in the body of a mapped class say: `relationship(..)`, `mapped_column(..)`, `Field(..)`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

import msgspec

from ....analysis.index.bindings import How, Import
from ....analysis.syntax import last_name
from ....analysis.view import View, Views

_OPTIONS = "sa_relationship_kwargs"
_WHOLE = "sa_relationship"
_LINKS = frozenset({"secondary", "link_model", "sa_relationship_args"})
"""SQLModel hands its arguments on behind the class: the first one is the table between."""
_COMPARED = frozenset({"primaryjoin", "foreign_keys"})
HIDDEN = "**"
"""Stands for what is said by options that are not seen."""
Place = tuple[View, ast.expr]


class Said(msgspec.Struct, frozen=True):
    """What `relationship()` or `backref()` is told, or SQLModel to hand on to it."""

    options: Mapping[str, Place] = {}
    made_at: Place | None = None
    """The call, where it stands for this side of the relationship."""

    def get(self, name: str, default: object = None) -> object:
        """Its literal value."""
        place = self.options.get(name)
        return getattr(place[1], "value", default) if place is not None else default

    def names(self, option: str) -> bool:
        return option in self.options

    @property
    def is_linked(self) -> bool:
        """Does a table stand between the two classes?"""
        return not _LINKS.isdisjoint(self.options)

    @property
    def other_side(self) -> str:
        """The name under which the target has the owner."""
        for word in ("back_populates", "backref"):
            node = self.options[word][1] if word in self.options else None
            named = node.args[0] if isinstance(node, ast.Call) and node.args else node
            if isinstance(named, ast.Constant) and isinstance(named.value, str):
                return named.value
        return ""

    def of_backref(self, own: Said) -> Said:
        """What the other side is told: the same of how the tables are joined."""
        joined = {name: self.options[name] for name in self.options if name in _LINKS | _COMPARED}
        return Said({**joined, **own.options}, None)


def said_of(views: Views, view: View, call: ast.Call) -> Said:
    found: dict[str, Place] = {}
    if len(call.args) > 1:
        found["secondary"] = (view, call.args[1])
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg == _WHOLE and isinstance(value, ast.Call):
            found |= said_of(views, view, value).options
        elif keyword.arg in (None, _OPTIONS):
            found |= _of_dict(views, *meant(views, view, value))
        elif keyword.arg is not None:
            found[keyword.arg] = meant(views, view, value)
    return Said(found, (view, call))


def _of_dict(views: Views, view: View, node: ast.expr) -> dict[str, Place]:
    items: Iterable[tuple[object, ast.expr]] = [(HIDDEN, node)]
    if isinstance(node, ast.Dict):
        items = ((getattr(k, "value", HIDDEN), v) for k, v in zip(node.keys, node.values, strict=True))
    elif isinstance(node, ast.Call) and view.external(node.func) == "builtins.dict" and not node.args:
        items = ((keyword.arg or HIDDEN, keyword.value) for keyword in node.keywords)
    return {str(name): meant(views, view, value) for name, value in items}


def meant(views: Views, view: View, node: ast.expr, depth: int = 6) -> Place:
    """What a name at the top of a file stands for, there or where it is imported from; else itself."""
    need = view.module_of(node) if isinstance(node, ast.Attribute) else None
    if isinstance(node, ast.Name):
        module, name = view.path, node.id
    elif need is not None:
        module, name = views.inference.program.module_path(need.module, view.path) or "", need.name
    else:
        return view, node
    return _at_top(views, module, name, depth) or (view, node)


def _at_top(views: Views, path: str, name: str, depth: int) -> Place | None:
    program = views.inference.program
    bound = program.modules[path].names[0].get(name, ()) if path and depth else ()
    bound = tuple(binding for binding in bound if binding.how is not How.ANNOTATION)
    if len(bound) != 1:
        return None
    value, line = bound[0].value, bound[0].line
    if isinstance(value, Import):
        home = program.module_path(program.absolute(value, path), path)
        return _at_top(views, home or "", value.name, depth - 1)
    view = views.of(path)
    for statement in view.file.tree.body:
        is_it = isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.lineno == line
        if is_it and getattr(statement, "value", None) is not None:
            return meant(views, view, statement.value, depth - 1)  # type: ignore[attr-defined]
    return None


def points(node: ast.AST) -> bool:
    """`ForeignKey("users.id")`, `Field(foreign_key="user.id")`"""
    if isinstance(node, ast.keyword):
        return node.arg == "foreign_key"
    return isinstance(node, (ast.Name, ast.Attribute)) and last_name(node) == "ForeignKey"


def says_primary(keyword: ast.keyword) -> bool:
    return keyword.arg == "primary_key" and ast.unparse(keyword.value) == "True"
