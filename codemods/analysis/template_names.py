"""What templates read of what they are given, by the names that they have for it.

    {% for note in user.notes %}{{ note.owner.name }}{% endfor %}

reads `notes` of `user`, `owner` of `notes`, `name` of `owner`. A loop goes over what a name holds, so its
variable is another name for that, in all templates: what includes one gives it its variables.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from jinja2 import nodes

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_WORD = re.compile(r"[^\W\d]\w*")
_EXTENSIONS = ("jinja2.ext.do", "jinja2.ext.i18n", "jinja2.ext.loopcontrols")
_ANYTHING = "*"
"""The name of what nobody knows: it may hold everything."""


class TemplateNames(msgspec.Struct, frozen=True, dict=True):
    texts: tuple[str, ...] = ()

    @cached_property
    def words(self) -> frozenset[str]:
        """All names in the code of all templates."""
        return frozenset(
            word for text in self.texts for code in _CODE.findall(text) for word in _WORD.findall(code)
        )

    def read_of(self, name: str) -> frozenset[str]:
        """The attributes that are read of what they have under this name, or an attribute of this name."""
        found, stack = {_ANYTHING}, [_ANYTHING, name]
        while stack:
            found.add(holder := stack.pop())
            stack += [other for other in self._names.variables[holder] if other not in found]
        return frozenset(attribute for holder in found for attribute in self._names.attributes[holder])

    @cached_property
    def _names(self) -> _Names:
        from jinja2 import Environment, TemplateError  # not for programs without templates

        environment, names = Environment(extensions=_EXTENSIONS), _Names()
        for text in self.texts:
            try:
                names.read(environment.parse(text))
            except TemplateError:  # of another language, or with tags of the project's own
                for code in _CODE.findall(text):
                    names.attributes[_ANYTHING].update(_WORD.findall(code))
        return names


class _Names:
    def __init__(self) -> None:
        self.attributes: defaultdict[str, set[str]] = defaultdict(set)
        """Name -> what is read of what it holds."""
        self.variables: defaultdict[str, set[str]] = defaultdict(set)
        """Name -> variables that hold the same, or a part of it."""

    def read(self, template: nodes.Template) -> None:
        from jinja2 import nodes

        for node in template.find_all(nodes.Node):
            if isinstance(node, nodes.For):
                below = {_ANYTHING} if node.recursive else set()  # `loop(note.notes)`
                self._bind([node.target], self.holders(node.iter) | below)
            elif isinstance(node, nodes.Assign):
                self._bind([node.target], self.holders(node.node))
            elif isinstance(node, nodes.With):
                for target, value in zip(node.targets, node.values, strict=True):
                    self._bind([target], self.holders(value))
            elif isinstance(node, (nodes.Macro, nodes.CallBlock)):
                self._bind(node.args, {_ANYTHING})
            elif isinstance(node, nodes.Expr):
                self.holders(node)

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


def _texts(node: nodes.Filter) -> Iterator[str]:
    from jinja2 import nodes

    for argument in (*node.args, *(keyword.value for keyword in node.kwargs)):
        if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
            yield argument.value
