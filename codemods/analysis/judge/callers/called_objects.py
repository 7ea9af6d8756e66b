"""Objects that are called like functions, by FastAPI above all: it awaits a `__call__` that is async.

class Allowed:                                          class Allowed:
    def __call__(self, db: Session = Depends(..)):  ->      async def __call__(self, db: AsyncSession = ..):
        ...                                                     ...

Depends(Allowed("admin"))                               Depends(Allowed("admin"))
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from heapq import heappop, heappush

from ...link.kinds import Obj, is_known
from ...link.libraries.injection import DEPENDS
from ...link.program import Key
from ...nodes import walk
from ...syntax import last_name
from ...view import View, Views

_WORD = re.compile(r"\w+")
_BOUND = (ast.Assign, ast.AnnAssign, ast.NamedExpr)


class CalledObjects:
    def __init__(self, views: Views) -> None:
        self.views = views
        self.program = views.inference.program
        self._by_name: dict[str, dict[str, list[ast.AST]]] = {}
        self._apart: dict[tuple[str, str], tuple[frozenset[str], list[ast.AST]]] = {}
        """Whatever class is asked for, most of what has a name is no object of the project."""

    def elsewhere(self, method: Key) -> Iterator[tuple[View, ast.expr]]:
        """Each place where such an object goes elsewhere but to FastAPI, by whatever name."""
        cls = self.program.enclosing_class(method)
        if cls is None:
            return
        classes = {cls, *self.views.inference.classes.subclasses.get(cls, ())}
        seen = {self.program.scope(each).name for each in classes}
        todo = sorted(seen)
        while todo:
            word = heappop(todo)
            for spelled in (word, *self.program.aliases.get(word, ())):
                for path in self._files_with.get(spelled, ()):
                    view = self.views.of(path)
                    further, objects = self._told_apart(view, spelled)
                    for node in objects:
                        names = self._further_names(view, node, classes)
                        further |= names or set()
                        if names is None and isinstance(node, ast.expr):
                            yield view, node
                    for name in further - seen:
                        seen.add(name)
                        heappush(todo, name)

    @cached_property
    def _files_with(self) -> dict[str, list[str]]:
        """Word -> the files that hold it."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.program.modules):
            for word in set(_WORD.findall(self.views.of(path).file.text)):
                found[word].append(path)
        return found

    def _named(self, view: View) -> dict[str, list[ast.AST]]:
        """What is read or called in the file, by its last name: a file is walked once for all of them."""
        if view.path not in self._by_name:
            found: dict[str, list[ast.AST]] = defaultdict(list)
            for node in walk(view.file.tree):
                found[last_name(node.func if isinstance(node, ast.Call) else node)].append(node)
            self._by_name[view.path] = {name: nodes for name, nodes in found.items() if name}
        return self._by_name[view.path]

    def _told_apart(self, view: View, word: str) -> tuple[frozenset[str], list[ast.AST]]:
        """The names that go on from what is no object of the project, and all else that has this name."""
        if (view.path, word) not in self._apart:
            names: set[str] = set()
            objects: list[ast.AST] = []
            for node in self._named(view).get(word, ()):
                if self._has_object(view, node):
                    objects.append(node)
                else:
                    names |= _typed_by(view, node)
            self._apart[view.path, word] = frozenset(names), objects
        return self._apart[view.path, word]

    def _has_object(self, view: View, node: ast.AST) -> bool:
        """Is it one, does it give one when it is called, or does a call of one give it?"""
        above, asked = view.file.parents[node], [node]
        if isinstance(above, ast.Call) and above.func is node:
            asked.append(above)
        if isinstance(node, ast.Call):
            asked.append(node.func)
        return any(isinstance(kind, Obj) for each in asked for kind in view.kinds(each))

    def _is_one(self, view: View, node: ast.AST, classes: set[Key]) -> bool:
        is_read = not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
        return is_read and any(isinstance(k, Obj) and k.key in classes for k in view.kinds(node))

    def _further_names(self, view: View, node: ast.AST, classes: set[Key]) -> set[str] | None:
        """None where the object is used for more than to be called."""
        above = view.file.parents[node]
        if not self._is_one(view, node, classes):
            return set() if self._is_settled(view, node, above, classes) else _typed_by(view, node)
        if isinstance(above, _BOUND) and above.value is node and all(map(last_name, _targets(above))):
            return set(map(last_name, _targets(above)))
        if isinstance(above, ast.Return):
            return {view.program.scope(view.owner(above)).name}
        is_called = isinstance(above, ast.Call) and above.func is node
        is_read = is_called or isinstance(above, (ast.Attribute, ast.Expr))
        return set() if is_read or self._is_injected(view, node, above) else None

    def _is_settled(self, view: View, node: ast.AST, above: ast.AST, classes: set[Key]) -> bool:
        """`Counter` of `Counter(3)` makes one: the call is looked at by itself. And `counter(..)` gives what
        is known, which is none."""
        if isinstance(above, ast.Call) and above.func is node and self._is_one(view, above, classes):
            return True
        is_asked = isinstance(node, ast.Call) and self._is_one(view, node.func, classes)
        return is_asked and is_known(view.kinds(node))

    def _is_injected(self, view: View, node: ast.AST, above: ast.AST) -> bool:
        """`Depends(check)`, `Depends(dependency=check)`, and `app.dependency_overrides[check] = ..`"""
        if isinstance(above, ast.Subscript):
            return above.slice is node and last_name(above.value) == "dependency_overrides"
        call = view.file.parents[above] if isinstance(above, ast.keyword) else above
        return isinstance(call, ast.Call) and view.external(call.func) in DEPENDS


def _targets(above: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> list[ast.expr]:
    return above.targets if isinstance(above, ast.Assign) else [above.target]


def _typed_by(view: View, node: ast.AST) -> set[str]:
    """What is annotated with the class, has it as its default in `Depends(Counter)`, or is another name for
    it."""
    below: ast.AST = node
    for above in view.file.above(node):
        if isinstance(above, ast.arg):
            return {above.arg}
        if isinstance(above, ast.arguments):
            plain = zip(reversed([*above.posonlyargs, *above.args]), reversed(above.defaults), strict=False)
            every = [*plain, *zip(above.kwonlyargs, above.kw_defaults, strict=True)]
            return {argument.arg for argument, default in every if default is below}
        if isinstance(above, _BOUND):
            return set(map(last_name, _targets(above))) - {""}
        if isinstance(above, ast.stmt):
            break
        below = above
    return set()
