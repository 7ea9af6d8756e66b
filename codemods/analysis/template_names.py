"""What templates read of what they are given, by the names that they have for it.

    {% for note in user.notes %}{{ note.owner.name }}{% endfor %}

reads `notes` of `user`, `owner` of `notes`, `name` of `owner`. A loop goes over what a name holds, so its
variable is another name for that, in all templates: what includes one gives it its variables.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import TYPE_CHECKING

import msgspec

from ..model import Template

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_WORD = re.compile(r"[^\W\d]\w*")
_EXTENSIONS = ("jinja2.ext.do", "jinja2.ext.i18n", "jinja2.ext.loopcontrols")
_ANYTHING = "*"
"""The name of what nobody knows: it may hold everything."""


class TemplateNames(msgspec.Struct, frozen=True, dict=True):
    templates: tuple[Template, ...] = ()
    is_whole: bool = True
    """All of the project, of which one is filled."""

    @cached_property
    def words(self) -> frozenset[str]:
        """All names in the code of all templates."""
        return frozenset(
            word
            for each in self.templates
            for code in _CODE.findall(each.text)
            for word in _WORD.findall(code)
        )

    def of_file(self, name: str) -> TemplateNames:
        """Of one template, with all that it extends, includes and imports; all, where that is not told."""
        if name not in self._of_files:
            self._of_files[name] = self._with_its_parts(name)
        return self._of_files[name]

    @cached_property
    def _of_files(self) -> dict[str, TemplateNames]:
        return {}

    def _with_its_parts(self, name: str) -> TemplateNames:
        from jinja2 import TemplateError, meta

        found: dict[Template, None] = {}
        waiting: list[str | None] = [name]
        while waiting:
            wanted = waiting.pop()
            news = [each for each in self.templates if wanted and f"/{each.path}".endswith(f"/{wanted}")]
            if not news:
                return self
            for template in news:
                if template not in found:
                    found[template] = None
                    try:
                        waiting += meta.find_referenced_templates(_environment().parse(template.text))
                    except TemplateError:
                        return self
        return TemplateNames(tuple(found), is_whole=False)

    def read_of(self, name: str) -> frozenset[str]:
        """The attributes that are read of what they have under this name, or an attribute of this name."""
        found, stack = {_ANYTHING}, [_ANYTHING, name]
        while stack:
            found.add(holder := stack.pop())
            stack += [other for other in self._names.variables[holder] if other not in found]
        return frozenset(attribute for holder in found for attribute in self._names.attributes[holder])

    @cached_property
    def _names(self) -> _Names:
        from jinja2 import TemplateError  # not for programs without templates

        environment, names, unread = _environment(), _Names(), False
        for each in self.templates:
            try:
                names.read(environment.parse(each.text))
            except TemplateError:  # of another language, or with tags of the project's own
                unread = True
                for code in _CODE.findall(each.text):
                    names.attributes[_ANYTHING].update(_WORD.findall(code))
        names.bind_macros(anybody_calls=unread)
        return names


@cache
def _environment() -> Environment:
    from jinja2 import Environment

    return Environment(extensions=_EXTENSIONS)


class _Names:
    def __init__(self) -> None:
        self.attributes: defaultdict[str, set[str]] = defaultdict(set)
        """Name -> what is read of what it holds."""
        self.variables: defaultdict[str, set[str]] = defaultdict(set)
        """Name -> variables that hold the same, or a part of it."""
        self._macros: defaultdict[str, list[list[nodes.Name]]] = defaultdict(list)
        """Name -> what each macro of that name takes."""
        self._calls: defaultdict[str, list[nodes.Call]] = defaultdict(list)

    def read(self, template: nodes.Template) -> None:
        from jinja2 import nodes

        for node in template.find_all(nodes.Node):
            if isinstance(node, nodes.For):
                calls = node.find_all(nodes.Call) if node.recursive else ()
                below = [each.args[0] for each in calls if _called(each) == "loop" and each.args]
                for iterated in (node.iter, *below):  # `loop(note.notes)`
                    self._bind([node.target], self.holders(iterated))
            elif isinstance(node, nodes.Assign):
                self._bind([node.target], self.holders(node.node))
            elif isinstance(node, nodes.With):
                for target, value in zip(node.targets, node.values, strict=True):
                    self._bind([target], self.holders(value))
            elif isinstance(node, nodes.Macro):
                self._macros[node.name].append(node.args)
            elif isinstance(node, nodes.CallBlock):
                self._bind(node.args, {_ANYTHING})
            elif isinstance(node, nodes.FromImport):
                for name, other in (each for each in node.names if isinstance(each, tuple)):
                    self._calls[name] = self._calls[other]
            elif isinstance(node, nodes.Expr):
                self.holders(node)

    def bind_macros(self, *, anybody_calls: bool) -> None:
        """What a macro takes holds what its calls hand over; of one that nobody calls here, who knows."""
        for name, macros in self._macros.items():
            for arguments in macros:
                for call in self._calls[name]:
                    self._hand_over(arguments, call)
                if anybody_calls or not self._calls[name]:
                    self._bind(arguments, {_ANYTHING})

    def _hand_over(self, arguments: list[nodes.Name], call: nodes.Call) -> None:
        for argument, value in zip(arguments, call.args, strict=False):
            self._bind([argument], self.holders(value))
        for argument in arguments:
            for keyword in call.kwargs:
                if keyword.key == argument.name:
                    self._bind([argument], self.holders(keyword.value))
        if call.dyn_args or call.dyn_kwargs:
            self._bind(arguments, {_ANYTHING})

    def _bind(self, targets: Iterable[nodes.Node], holders: set[str]) -> None:
        from jinja2 import nodes

        for target in targets:
            for name in [target] if isinstance(target, nodes.Name) else target.find_all(nodes.Name):
                for holder in holders:
                    self.variables[holder].add(name.name)

    def holders(self, node: nodes.Node | None) -> set[str]:
        """The names of what the value is, or is a part of; what is read on the way is noted."""
        from jinja2 import nodes

        if isinstance(node, nodes.Name):
            return {node.name}
        if isinstance(node, nodes.Getattr):
            return self._attribute(self.holders(node.node), node.attr)
        if isinstance(node, nodes.Getitem):
            holders = self.holders(node.node)
            key = node.arg.value if isinstance(node.arg, nodes.Const) else None
            return self._attribute(holders, key) if isinstance(key, str) else holders
        if isinstance(node, nodes.Filter):
            return self._filtered(node)
        if isinstance(node, nodes.Call):
            self._calls[_called(node)].append(node)
            called = self.holders(node.node)
            return (
                called | self.holders(node.node.node) if isinstance(node.node, nodes.Getattr) else {_ANYTHING}
            )
        if isinstance(node, (nodes.Const, nodes.TemplateData, nodes.Compare, nodes.Test, nodes.Not)):
            return set()
        if isinstance(node, (nodes.CondExpr, nodes.BinExpr, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair)):
            return {holder for part in node.iter_child_nodes() for holder in self.holders(part)}
        return {_ANYTHING}

    def _attribute(self, holders: set[str], name: str) -> set[str]:
        for holder in holders:
            self.attributes[holder].add(name)
        return {name}

    def _filtered(self, node: nodes.Filter) -> set[str]:
        """`notes|sort(attribute="owner.name")`, `notes|map(attribute="owner")`"""
        holders = found = self.holders(node.node)
        for text in _texts(node):
            read = holders
            for part in text.split("."):
                read = self._attribute(read, part)
            found = found | read
        return found


def _called(call: nodes.Call) -> str:
    """`card(note)`, `macros.card(note)`"""
    return str(getattr(call.node, "attr", None) or getattr(call.node, "name", ""))


def _texts(node: nodes.Filter) -> Iterator[str]:
    from jinja2 import nodes

    for argument in (*node.args, *(keyword.value for keyword in node.kwargs)):
        if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
            yield argument.value
