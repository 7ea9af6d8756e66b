"""What templates read of the objects that they are given is loaded before.

    {% for note in user.notes %}

    user = db.get(User, id)                 user = await db.get(User, id, options=[selectinload(User.notes)])
    return TemplateResponse(        ->      return TemplateResponse(
        "user.html", {"user": user})            "user.html", {"user": user})

Which template it is does not count: where any of the project's templates reads a relationship of what it has
under that name, it is read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.kinds import Inst, Kinds, Obj, Unknown
from ...analysis.link.program import Key
from ...analysis.syntax import last_name
from ...analysis.template_names import TemplateNames
from ...analysis.view import View, Views
from ..draft import Draft
from .loading import Loading
from .needs import Need
from .readers import Readers
from .relationships import Path, Relationships
from .template_contexts import TemplateContexts

_RESPONSES = frozenset({"TemplateResponse", "template_response"})
_TEMPLATES = ("jinja2.Template", "jinja2.environment.Template")
_RENDERS = frozenset({"render", "render_async", "generate", "stream"})
_WORDS = _RESPONSES | _RENDERS
_DEPTH = 3


class Templates:
    def __init__(
        self,
        views: Views,
        relationships: Relationships,
        loading: Loading,
        draft: Draft,
        names: TemplateNames,
    ) -> None:
        self.views = views
        self.relationships = relationships
        self.readers = Readers(views, relationships)
        self.loading = loading
        self.draft = draft
        self.names = names
        self.contexts = TemplateContexts(views, loading.arguments)

    def read(self, path: str) -> None:
        """All that a file gives to templates."""
        view = self.views.of(path)
        if view.module.is_test or not self.names.texts or not any(map(view.file.mentions, _WORDS)):
            return
        for node in view.file.of_kind(ast.Call):
            if self._fills(view, node):
                by_name = last_name(node.func) in _RENDERS
                for names, at, value in self.contexts.values(view, node, by_name=by_name):
                    self._value(at, value, self._read_of(names))

    def _fills(self, view: View, call: ast.Call) -> bool:
        name = last_name(call.func)
        if name not in _RENDERS:
            return name in _RESPONSES
        member = view.member(call)
        return member is not None and member.owner in _TEMPLATES

    def _read_of(self, names: frozenset[str]) -> frozenset[str]:
        return frozenset().union(*map(self.names.read_of, names)) if names else self.names.words

    def _value(self, view: View, node: ast.expr, read: frozenset[str]) -> None:
        statement = view.file.statement(node)
        for cls in sorted(self._classes(view.kinds(node))):
            for path in self._paths(cls, read, (), _DEPTH):
                self.loading.need(Need(view, node, statement, cls, path))
        if isinstance(node, (ast.Name, ast.Call)) and self._is_unknown(view, node, read):
            text = f"a template is given {view.in_a_line(node)}, and reads relationships of what it is given"
            self.draft.obstacle(view, node, text, "annotate the value with its class")

    def _is_unknown(self, view: View, node: ast.expr, read: frozenset[str]) -> bool:
        """Nobody knows what it is, and there are relationships which templates read."""
        kinds = view.kinds(node)
        is_dict = view.instance(node) == "builtins.dict"  # that nobody knows who fills
        if kinds and not is_dict and not any(isinstance(kind, Unknown) for kind in kinds):
            return False
        return bool(read & self.relationships.names)

    def _classes(self, kinds: Kinds, depth: int = _DEPTH) -> set[Key]:
        found = {k.key for k in kinds if isinstance(k, Obj)} & self.relationships.mapped.classes
        for kind in kinds:
            if isinstance(kind, Inst) and depth:
                found |= {cls for inner in kind.args for cls in self._classes(inner, depth - 1)}
        return found

    def _paths(self, cls: Key, read: frozenset[str], passed: tuple[Key, ...], depth: int) -> Iterator[Path]:
        """Relationships that are read, and those that are read of them, back to no class that was passed."""
        for name, relationship in sorted(self.relationships.of(cls).items()):
            if name not in read or not depth:
                continue
            target = relationship.target
            behind: list[Path] = []
            if target is not None and target not in (cls, *passed):
                behind = list(self._paths(target, self.names.read_of(name), (cls, *passed), depth - 1))
            if relationship.loads_when_read or behind:
                yield from ((relationship, *path) for path in behind or [()])
        for name in sorted(read & self.readers.names):
            yield from self.readers.paths(cls, name)
