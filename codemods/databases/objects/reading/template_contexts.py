"""The values that a template is given, and the names that it has for them, wherever they are put together.

def render(request, name, **context):
    context.setdefault("flash", request.session.pop("flash", None))
    return templates.TemplateResponse(request, name, context)

return render(request, "post.html", post=post)          # `post`
return render(request, "post.html", **common(user))     # and what `common` gives
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.handed_over import Arguments
from ....analysis.link.kinds import is_known
from ....analysis.link.names import Parameter, lookup
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import last_name, span_of
from ....analysis.view import View, Views
from ....model import Span
from ...injected import injected

Named = tuple[str, View, ast.expr]
"""A key of a dictionary, empty where it is not known, and its value."""
Value = tuple[frozenset[str], View, ast.expr]
"""All keys on the way to it: a template may ask for it by the last, or go through what another holds."""
_ADDS = frozenset({"update", "setdefault"})


class TemplateContexts:
    def __init__(self, views: Views, arguments: Arguments) -> None:
        self.views = views
        self.arguments = arguments

    def values(self, view: View, call: ast.Call, *, by_name: bool) -> Iterator[Value]:
        """What the call that fills a template hands over; `by_name`: its keywords are keys."""
        for name, value in _handed(call):
            names = frozenset({name} if by_name and name else ())
            yield from self._parts(names, view, value, frozenset())

    def _parts(
        self, names: frozenset[str], view: View, node: ast.expr, passed: frozenset[tuple[str, Span]]
    ) -> Iterator[Value]:
        mark = (view.path, span_of(node))
        if mark in passed:
            return
        parts = self._inside(view, node)
        if parts is None:
            yield names, view, node
        for own, other, part in parts or ():
            yield from self._parts(names | ({own} if own else set()), other, part, passed | {mark})

    def _inside(self, view: View, node: ast.expr) -> list[Named] | None:
        """What a dictionary is made of; None for what is no dictionary, or where nobody knows."""
        if isinstance(node, ast.Dict):
            return [(_text(key), view, value) for key, value in zip(node.keys, node.values, strict=True)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return [("", view, node.left), ("", view, node.right)]
        if isinstance(node, ast.Call) and last_name(node.func) == "dict":
            return [(name, view, value) for name, value in _handed(node)]
        if isinstance(node, ast.Call) and view.instance(node) == "builtins.dict":
            given = [each for key in view.functions_called(node) for each in self._returned(key)]
            return given or None
        if not isinstance(node, ast.Name):
            return None
        parameter = lookup(view.program, view.owner(node), node.id)
        is_dict = view.instance(node) == "builtins.dict"
        if not is_dict and (is_known(view.kinds(node)) or not isinstance(parameter, Parameter)):
            return None
        handed = self._handed_over(view, parameter) if isinstance(parameter, Parameter) else []
        if handed is None:
            return None
        return [*handed, *((name, view, value) for name, value in _put_into(view, node))]

    def _returned(self, function: Key) -> Iterator[Named]:
        view = self.views.of(function.path)
        node = view.file.function(view.program.scope(function).span)
        for each in walk(node) if node is not None else ():
            if (
                isinstance(each, (ast.Return, ast.Yield))
                and each.value is not None
                and view.owner(each) == function
            ):
                yield "", view, each.value

    def _handed_over(self, view: View, parameter: Parameter) -> list[Named] | None:
        """By all callers, or by FastAPI; None where not every one is known."""
        if self.arguments.is_uncalled(parameter.function):
            return []
        if parameter.function in self.arguments.entries:
            provider = injected(self.views, view, parameter)
            return list(self._returned(provider)) if provider is not None else []  # a client has no objects
        kind = self.arguments.program.scope(parameter.function).parameters[parameter.position].kind
        given = self.arguments.rest(parameter) if kind == "**" else self.arguments.of(parameter)
        return [(each.name, each.view, each.value) for each in given] if given is not None else None


def _put_into(view: View, name: ast.Name) -> Iterator[tuple[str, ast.expr]]:
    """`context = {..}`, `context["user"] = user`, `context |= {..}`, `context.update(user=user)`."""
    function = view.function(name)
    for node in walk(function) if function is not None else ():
        if isinstance(node, ast.Assign) and _is_about(node.targets[0], name.id):
            yield _text(getattr(node.targets[0], "slice", None)), node.value
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)) and _is_about(node.target, name.id):
            yield from [("", node.value)] if node.value is not None else ()
        elif isinstance(node, ast.Call) and _adds_to(node.func, name.id):
            first = _text(node.args[0]) if node.args else ""
            yield from ((first or own, value) for own, value in _handed(node))


def _adds_to(called: ast.expr, name: str) -> bool:
    return isinstance(called, ast.Attribute) and called.attr in _ADDS and _is_about(called.value, name)


def _handed(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    yield from (("", argument) for argument in call.args)
    yield from ((keyword.arg or "", keyword.value) for keyword in call.keywords)


def _text(key: ast.expr | None) -> str:
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""


def _is_about(target: ast.expr, name: str) -> bool:
    target = target.value if isinstance(target, ast.Subscript) else target
    return isinstance(target, ast.Name) and target.id == name
