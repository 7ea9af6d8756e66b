"""What shows that a name means a mapped class where nobody says which one.

def find(db: Session, model: type[T], id: int):
    return db.query(model).filter(model.slug == id).first()    # a column has no `slug`
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.link.kinds import Ext, Mod, Obj
from ....analysis.nodes import bound_plainly, walk
from ....analysis.scopes import parameter_names
from ....analysis.syntax import last_name
from ....analysis.view import View

_OF_CLASSES = frozenset(
    {
        "builtins.type",
        "typing.Type",
        "sqlalchemy.ext.declarative.DeclarativeMeta",
        "sqlalchemy.orm.DeclarativeMeta",
        "sqlalchemy.orm.decl_api.DeclarativeMeta",
    }
)
_OF_COLUMNS = frozenset(
    {
        "adapt_to_entity", "all_", "and_", "any", "any_", "as_", "asc", "astext", "between", "bitwise_and",
        "bitwise_or", "bool_op", "cast", "class_", "collate", "collation", "comparator", "concat",
        "contained_by", "contains", "default", "desc", "description", "distinct", "doc", "element",
        "endswith", "entity", "expression", "extension_type", "foreign_keys", "get_history", "has",
        "has_all", "has_any", "has_key", "icontains", "iendswith", "ilike", "impl", "in_", "index", "info",
        "is_", "is_attribute", "is_distinct_from", "is_instance", "is_not", "is_not_distinct_from",
        "isnot", "istartswith", "key", "label", "like", "local_remote_pairs", "mapper", "match", "name",
        "not_ilike", "not_in", "not_like", "notilike", "notin_", "notlike", "nulls_first", "nulls_last",
        "nullsfirst", "nullslast", "of_type", "op", "operate", "or_", "over", "parent", "primary_key",
        "prop", "property", "regexp_match", "regexp_replace", "remote_side", "reverse_operate", "self_group",
        "server_default", "startswith", "table", "timetuple", "type", "unique", "value", "within_group",
    }
)  # fmt: skip
"""Names that attributes of mapped classes and columns have themselves, read from SQLAlchemy 2.0."""
_OF_MAPPED = frozenset({"__mapper__", "__mapper_args__", "__table__", "__table_args__", "__tablename__"})
_BY_NAME = frozenset({"builtins.getattr", "builtins.hasattr"})


def is_mapped_class(view: View, node: ast.expr) -> bool:
    """Certainly a class, and no column: by its definition, its annotation, or what is done with it."""
    if view.classes_named(node):
        return True
    if not isinstance(node, (ast.Name, ast.Attribute)) or _may_be_module(view, node):
        return False
    is_said = _is_annotated(view, node) or _is_annotated_as_object(view, node)
    return is_said or any(_shows_class(view, use) for use in _uses(view, node))


def is_column(view: View, node: ast.Attribute) -> bool:
    """`model.name` of what is certainly a class; an object whose attributes are read may hold a class."""
    return bool(view.classes_named(node.value)) or _is_annotated(view, node.value)


def _may_be_module(view: View, node: ast.expr) -> bool:
    function = view.function(node)
    if isinstance(node, ast.Name) and function is not None and node.id in parameter_names(function.args):
        return False
    return any(isinstance(kind, (Ext, Mod)) for kind in view.kinds(node))


def _uses(view: View, node: ast.expr) -> Iterator[ast.expr]:
    """The same name everywhere in the function, the same attribute of `self` in the class."""
    place: ast.AST | None = view.function(node)
    kind, name, spelled = type(node), last_name(node), ast.unparse(node)
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
        place = _class_around(view, node) or place
    for other in walk(place) if place is not None else ():
        if type(other) is kind and last_name(other) == name and ast.unparse(other) == spelled:
            yield other


def _shows_class(view: View, use: ast.expr) -> bool:
    """`model.slug`, `model()`, `getattr(model, field)`: columns are not asked by a name from elsewhere."""
    above = view.file.parents[use]
    if isinstance(above, ast.Attribute):
        name = above.attr
        is_own = name not in _OF_COLUMNS and not name.startswith("__")
        return above.value is use and (is_own or name in _OF_MAPPED)
    if not isinstance(above, ast.Call):
        return False
    if len(above.args) > 1 and above.args[0] is use and view.external(above.func) in _BY_NAME:
        return not isinstance(above.args[1], ast.Constant)
    return above.func is use


def _is_annotated_as_object(view: View, node: ast.expr) -> bool:
    """`model: Base`, where the class is meant: objects cannot be asked for."""
    kinds = view.kinds(node)
    return bool(kinds) and all(isinstance(kind, Obj) for kind in kinds)


def _is_annotated(view: View, node: ast.expr) -> bool:
    return any(_means_class(view, annotation) for annotation in _annotations(view, node))


def _annotations(view: View, node: ast.expr) -> Iterator[ast.expr]:
    """Of a parameter, or of the parameter that the constructor keeps in `self.model`."""
    if isinstance(node, ast.Name):
        yield from _of_parameters(view.function(node), node.id)
        return
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"):
        return
    cls = _class_around(view, node)
    for statement in cls.body if cls is not None else ():
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == node.attr:
            yield statement.annotation
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            for each in walk(statement):
                for target, value in bound_plainly(each):
                    if ast.unparse(target) == f"self.{node.attr}":
                        yield from _of_parameters(statement, ast.unparse(value))


def _class_around(view: View, node: ast.AST) -> ast.ClassDef | None:
    return next((above for above in view.file.above(node) if isinstance(above, ast.ClassDef)), None)


def _of_parameters(function: ast.AST | None, name: str) -> Iterator[ast.expr]:
    if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        arguments = function.args
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if each.arg == name and each.annotation is not None:
                yield each.annotation


def _means_class(view: View, annotation: ast.expr) -> bool:
    whole = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return view.external(whole) in _OF_CLASSES
