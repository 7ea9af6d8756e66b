"""The objects inside of what is sent, or encoded, as it is: all that is loaded of them goes along.

answer = {"notes": notes}
answer.update(page(db))            # def page(db): return {"users": db.query(User).all()}
return JSONResponse(jsonable_encoder(answer))
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.handed_over import Arguments
from ....analysis.link.kinds import Inst, Kinds, Obj
from ....analysis.nodes import walk
from ....analysis.view import View, Views
from ...names import ADDING, names_in
from .values import entries_of, functions_run, parts_of

ENCODERS = frozenset({"fastapi.encoders.jsonable_encoder", "builtins.vars"})
_LISTS = frozenset({"builtins.list", "builtins.set", "builtins.tuple"})


class Wholes:
    def __init__(self, views: Views, arguments: Arguments) -> None:
        self.views = views
        self.arguments = arguments

    def encoded(self, view: View) -> Iterator[ast.expr]:
        """`jsonable_encoder(note)`, `vars(note)`, `note.__dict__`"""
        if not any(map(view.file.mentions, ("jsonable_encoder", "vars", "__dict__"))):
            return
        for node in view.file.of_kind(ast.Call, ast.Attribute):
            if isinstance(node, ast.Attribute) and node.attr == "__dict__":
                yield node.value
            elif isinstance(node, ast.Call) and node.args and view.external(node.func) in ENCODERS:
                yield node.args[0]

    def parts(self, view: View, node: ast.expr) -> Iterator[tuple[View, ast.expr]]:
        """What may be an object, or several, in the value of `node`."""
        pending, seen = [(view, node)], set[ast.expr]()
        while pending:
            view, node = pending.pop()
            node = node.value if isinstance(node, ast.Await) else node
            if node in seen:  # `answer = {"more": answer}`
                continue
            seen.add(node)
            inner = self._displayed(view, node)
            if inner is not None:
                pending += [(view, value) for value in reversed(inner)]
            elif isinstance(node, ast.Constant) or self._are_objects(view.kinds(node)):
                yield view, node
            elif isinstance(node, ast.Call):
                pending += reversed([*self._given(view, node)])
            elif isinstance(node, ast.Name):
                pending += reversed([*self._held(view, node)])

    def _displayed(self, view: View, node: ast.expr) -> list[ast.expr] | None:
        if isinstance(node, ast.DictComp):
            return [node.value]
        entries = entries_of(view, node)
        return [value for _, value in entries] if entries is not None else parts_of(node)

    def _are_objects(self, kinds: Kinds) -> bool:
        """And nothing that holds them under a key."""
        return bool(kinds) and all(
            isinstance(kind, Obj)
            or (isinstance(kind, Inst) and kind.name in _LISTS and any(map(self._are_objects, kind.args)))
            for kind in kinds
        )

    def _given(self, view: View, call: ast.Call) -> Iterator[tuple[View, ast.expr]]:
        """What the functions of the project return; what a response or an encoder is given."""
        keys = functions_run(view, call)
        for key in keys:
            other = self.views.of(key.path)
            function = other.file.function(other.program.scope(key).span)
            for each in walk(function) if function is not None else ():
                if isinstance(each, ast.Return) and each.value is not None and other.owner(each) == key:
                    yield other, each.value
        if not keys and view.external(call.func).endswith(("Response", "encoder")):
            for value in (*call.args[:1], *(k.value for k in call.keywords if k.arg == "content")):
                yield view, value

    def _held(self, view: View, node: ast.Name) -> Iterator[tuple[View, ast.expr]]:
        """What the name is bound to, and what is put into its value; what callers hand over for it."""
        for given in self.arguments.of_name(view, node) or ():
            yield given.view, given.value
        function = view.function(node)
        for name in names_in(function, node.id) if function is not None else ():
            above = view.file.parents[name]
            around = view.file.parents[above]
            if isinstance(above, (ast.Assign, ast.AnnAssign)) and above.value is not None:
                if name is not above.value:
                    yield view, above.value
            elif isinstance(above, ast.Subscript) and isinstance(around, ast.Assign) and above.value is name:
                yield view, around.value
            elif isinstance(above, (ast.For, ast.comprehension)) and name is above.target:
                yield view, above.iter
            elif isinstance(above, ast.Attribute) and above.attr in ADDING and isinstance(around, ast.Call):
                for value in (*around.args, *(keyword.value for keyword in around.keywords)):
                    yield view, value
