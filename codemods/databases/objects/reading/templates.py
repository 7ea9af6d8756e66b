"""What templates read of the objects that they are given is loaded before.

    {% for note in user.notes %}

    user = db.get(User, id)                 user = await db.get(User, id, options=[selectinload(User.notes)])
    return TemplateResponse(        ->      return TemplateResponse(
        "user.html", {"user": user})            "user.html", {"user": user})

Where it is not told which template that is, any of the project's counts that reads a relationship of what it
has under that name.
"""

from __future__ import annotations

import ast

from ....analysis.link.kinds import Unknown
from ....analysis.syntax import last_name
from ....analysis.template_names import TemplateNames
from ....analysis.view import View
from ..loading.needs import Need
from .followed import Followed
from .template_contexts import TemplateContexts
from .template_paths import TemplatePaths

_RESPONSES = frozenset({"TemplateResponse", "template_response"})
_TEMPLATES = ("jinja2.Template", "jinja2.environment.Template")
_RENDERS = frozenset({"render", "render_async", "generate", "stream"})
_WORDS = _RESPONSES | _RENDERS
_GETTERS = frozenset({"get_template", "select_template"})


class Templates:
    def __init__(self, followed: Followed, names: TemplateNames) -> None:
        self.followed = followed
        self.views = followed.views
        self.names = names
        self.contexts = TemplateContexts(followed.views, followed.loading.arguments)

    def read(self, path: str) -> None:
        """All that a file gives to templates."""
        view = self.views.of(path)
        if view.module.is_test or not self.names.templates or not any(map(view.file.mentions, _WORDS)):
            return
        for node in view.file.of_kind(ast.Call):
            if self._fills(view, node):
                by_name = last_name(node.func) in _RENDERS
                names = self._filled_by(node)
                for keys, at, value in self.contexts.values(view, node, by_name=by_name):
                    self._value(at, value, names, keys)

    def _fills(self, view: View, call: ast.Call) -> bool:
        name = last_name(call.func)
        if name not in _RENDERS:
            return name in _RESPONSES
        member = view.member(call)
        return member is not None and member.owner in _TEMPLATES

    def _filled_by(self, call: ast.Call) -> TemplateNames:
        """What is read by the template that the call names, or by any."""
        got = call.func.value if isinstance(call.func, ast.Attribute) else None
        if isinstance(got, ast.Call) and last_name(got.func) in _GETTERS:
            call = got
        given = [*call.args[:2], *(keyword.value for keyword in call.keywords if keyword.arg == "name")]
        texts = [each.value for each in given if isinstance(each, ast.Constant)]
        return self.names.of_file(texts[0]) if texts and isinstance(texts[0], str) else self.names

    def _value(self, view: View, node: ast.expr, names: TemplateNames, keys: frozenset[str]) -> None:
        read = frozenset().union(*map(names.read_of, keys)) if keys else names.words
        statement = view.file.statement(node)
        for cls in sorted(self.followed.objects(view.kinds(node))):
            for path in TemplatePaths(self.followed, view, node, names).read(cls, read):
                self.followed.loading.need(Need(view, node, statement, cls, path))
        if isinstance(node, (ast.Name, ast.Call)) and self._is_unknown(view, node, read):
            text = f"a template is given {view.in_a_line(node)}, and reads relationships of what it is given"
            self.followed.draft.obstacle(view, node, text, "annotate the value with its class")

    def _is_unknown(self, view: View, node: ast.expr, read: frozenset[str]) -> bool:
        """Nobody knows what it is, and there are relationships which templates read."""
        kinds = view.kinds(node)
        is_dict = view.instance(node) == "builtins.dict"  # that nobody knows who fills
        if kinds and not is_dict and not any(isinstance(kind, Unknown) for kind in kinds):
            return False
        return bool(read & self.followed.relationships.names)
