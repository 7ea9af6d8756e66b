"""What has to be awaited is awaited before a lambda that reads it, which cannot await.

return to_schema(load(db, 1), viewer)    ->    user = await load(db, 1)
                                               return await db.run_sync(lambda _: to_schema(user, viewer))

return find(db, id).as_dict()            ->    user = await find(db, id)
                                               return await db.run_sync(lambda _: user.as_dict())
"""

from __future__ import annotations

import ast

from msgspec.structs import replace

from ....analysis.handed_over import parameter_taking
from ....analysis.link.kinds import Obj, classes_in
from ....analysis.nodes import BINDINGS
from ....analysis.syntax import snake, span_of
from ....analysis.view import View, Views
from ....async_generators.bodies import free_name
from ....model import AwaitExpression, Code, InsertStatements, ReplaceExpression, Span
from ....offloading.subjects import plural
from ...draft import Draft
from .in_session import in_session

_PLAIN = (ast.Name, ast.Constant)
_STATEMENTS = (ast.Return, ast.Expr, *BINDINGS)


def await_before_lambdas(views: Views, draft: Draft) -> None:
    """Where it is the only thing to await in there, and nothing that counts is evaluated before it."""
    for path, span in sorted(draft.lazy):
        edits = draft.edits.get(path, [])
        made = next((e for e in edits if isinstance(e, ReplaceExpression) and e.span == span), None)
        inside = [e for e in edits if e is not made and span.contains(getattr(e, "span", Span(0, 0, 0, 0)))]
        if (
            made is None
            or len(inside) != 1
            or not isinstance(inside[0], (AwaitExpression, ReplaceExpression))
        ):
            continue
        edit, view = inside[0], views.of(path)
        call = next((n for n in view.file.of_kind(ast.Call) if span_of(n) == edit.span), None)
        name = _name_for(view, call, span) if call is not None else ""
        if call is None or not name or (isinstance(edit, AwaitExpression) and edit.method):
            continue
        old = view.source(call)
        code = edit.code if isinstance(edit, ReplaceExpression) else Code(f"await {old}")
        for each in (edit, made):
            draft.edits[path].remove(each)
        above = replace(code, text=f"{name} = {code.text}")
        draft.edit(view, InsertStatements(span_of(view.file.statement(call)), above))
        session, read = draft.lazy[path, span]
        near = view.file.statement(call)
        text = in_session(view, near, session, read.replace(old, name, 1), just_bound=name)
        draft.edit(view, replace(made, code=replace(made.code, text=text)))
        draft.handle(view, call, is_rewritten=True)


def _name_for(view: View, call: ast.Call, span: Span) -> str:
    """What the function that takes it calls it, several of what a loop calls one, or after its class where a
    method of it is called; empty where it is not the first thing that the statement does."""
    above = view.file.parents[call]
    below: ast.AST = call
    if isinstance(above, ast.keyword):
        below, above = above, view.file.parents[above]
    name: str | None = None
    if isinstance(above, ast.Call) and above.func is not call:
        given: list[ast.AST] = [*above.args, *above.keywords]
        before = [e.value if isinstance(e, ast.keyword) else e for e in given[: given.index(below)]]
        functions = view.functions_called(above)
        if all(isinstance(each, _PLAIN) for each in before):
            taking = parameter_taking(view, above, call, functions[0]) if len(functions) == 1 else None
            name = taking if functions else _after_class(view, call)
    elif isinstance(above, ast.Attribute):
        classes = [kind.key for kind in view.kinds(call) if isinstance(kind, Obj)]
        name = snake(view.program.scope(classes[0]).name) if len(classes) == 1 else None
        while isinstance(above, ast.Attribute) or getattr(above, "func", None) is below:
            below, above = above, view.file.parents[above]
        above = below
    elif isinstance(above, ast.comprehension):
        loop, above = above, view.file.parents[above]
        is_first = getattr(above, "generators", [None])[0] is loop
        name = _several(loop.target.id, call) if is_first and isinstance(loop.target, ast.Name) else None
    statement, function = view.file.parents[above], view.function(call)
    if not isinstance(statement, _STATEMENTS) or span_of(above) != span or function is None or not name:
        return ""
    return free_name(function, name)


def _after_class(view: View, call: ast.Call) -> str | None:
    """`users` for what gives users."""
    kinds = view.kinds(call)
    classes = {*classes_in(kinds)}
    name = snake(view.program.scope(classes.pop()).name) if len(classes) == 1 else None
    return name if name is None or any(isinstance(kind, Obj) for kind in kinds) else _several(name, call)


def _several(each: str, call: ast.Call) -> str:
    """`users` for `user`; for a letter, which has none (`as` is a word of Python), what is asked for."""
    name = plural(each)
    if name != each:
        return name
    query = next((given.id for given in call.args if isinstance(given, ast.Name)), "")
    asked = query.removesuffix("_query").removesuffix("_statement").removesuffix("_stmt")
    return plural(asked) if len(asked) > 1 and asked != query else "items"
