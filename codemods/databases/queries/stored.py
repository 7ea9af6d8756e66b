"""Values that are written into columns: asyncpg sends each as what it is, and PostgreSQL converts nothing.

    User(age=form.age)                 # int column, str value
    user.age = form.age
    update(User).values(age=form.age)
    db.query(User).update({"age": form.age})
    User(**form.model_dump())

psycopg 3 casts them in the statement: `INSERT .. VALUES (%(age)s::INTEGER)`. Every kind of column tried with
asyncpg 0.32 and psycopg 3.3 under SQLAlchemy 2.0.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ...analysis.link.kinds import Inst, Obj
from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly, walk
from ...analysis.view import View
from ..draft import Draft
from .columns import LEFT_TO_IT, column_of

_STATEMENTS = ("sqlalchemy.insert", "sqlalchemy.update", "sqlmodel.insert", "sqlmodel.update")
_DUMPS = frozenset({"dict", "model_dump"})


def stored(view: View, mapped: Collection[Key]) -> Iterator[tuple[Key, str, ast.expr]]:
    """Class, column and value of everything that is stored under a name that is written down."""
    for node in walk(view.file.tree):
        if isinstance(node, ast.Call):
            cls = _class(view, node, mapped)
            for keyword in node.keywords if cls is not None else ():
                if cls is not None and keyword.arg is not None:
                    yield cls, keyword.arg, keyword.value
            yield from _of_dict(view, node, mapped)
        for target, value in bound_plainly(node):
            for kind in view.kinds(target.value) if isinstance(target, ast.Attribute) else ():
                if isinstance(target, ast.Attribute) and isinstance(kind, Obj) and kind.key in mapped:
                    yield kind.key, target.attr, value


def _class(view: View, call: ast.Call, mapped: Collection[Key]) -> Key | None:
    """`User(..)` and `insert(User).values(..)`: what the keywords are columns of."""
    made = [key for key in view.classes_named(call.func) if key in mapped]
    if isinstance(call.func, ast.Attribute) and call.func.attr == "values":
        made = _of_statement(view, call.func.value)
    return made[0] if len(made) == 1 and made[0] in mapped else None


def _of_statement(view: View, node: ast.expr) -> list[Key]:
    """The class of the `update(User)` that a chain of calls begins with."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if view.external(node.func) in _STATEMENTS:
            break
        node = node.func.value
    is_one = isinstance(node, ast.Call) and view.external(node.func) in _STATEMENTS and len(node.args) == 1
    return view.classes_named(node.args[0]) if is_one and isinstance(node, ast.Call) else []


def _of_dict(view: View, call: ast.Call, mapped: Collection[Key]) -> Iterator[tuple[Key, str, ast.expr]]:
    """`.update({"age": value})` of a query and `.values({User.age: value})`."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("update", "values"):
        return
    asked = [k.args[0] for k in view.kinds(call.func.value) if isinstance(k, Inst) and k.args]
    classes = [kind.key for kinds in asked for kind in kinds if isinstance(kind, Obj)]
    classes = classes or _of_statement(view, call.func.value)
    given = call.args[0] if call.args else None
    if len(classes) != 1 or classes[0] not in mapped or not isinstance(given, ast.Dict):
        return
    for key, value in zip(given.keys, given.values, strict=True):
        name = key.value if isinstance(key, ast.Constant) else getattr(key, "attr", None)
        if isinstance(name, str):
            yield classes[0], name, value


def check_dumped(view: View, draft: Draft, mapped: Collection[Key]) -> None:
    """`User(**form.model_dump())`: every field of the form that is a column as well."""
    for node in walk(view.file.tree):
        cls = _class(view, node, mapped) if isinstance(node, ast.Call) else None
        for keyword in node.keywords if isinstance(node, ast.Call) and cls is not None else ():
            dumped = keyword.value
            if keyword.arg is not None or not isinstance(dumped, ast.Call):
                continue
            func = dumped.func
            if (
                isinstance(func, ast.Attribute)
                and func.attr in _DUMPS
                and isinstance(func.value, ast.Name)
                and cls
            ):
                for name in sorted(view.program.modules[cls.path].names[cls.scope]):
                    _check(view, draft, dumped, cls, func.value.id, name)


def _check(view: View, draft: Draft, dumped: ast.Call, cls: Key, form: str, name: str) -> None:
    column = column_of(view, cls, name)
    kinds = {kind.name for kind in view.kinds_at(dumped, f"{form}.{name}") if isinstance(kind, Inst)}
    wrong = {"builtins.int"} if column == "str" else {"builtins.str"}
    if column and kinds == wrong:
        what = "text" if column != "str" else "a number"
        text = f"{form}.{name} is {what}, and its column is not: {LEFT_TO_IT}"
        draft.obstacle(view, dumped, text, f"declare {name} with the type of its column")
