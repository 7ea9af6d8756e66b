"""Modules under way: definitions, and the imports that their names need, in every form there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from . import grammar

_PLACE = re.compile(r"@([\w.]+)\.(\w+)@")
Choose = Callable[[tuple[str, ...]], str]


@dataclass
class File:
    """`@app.lib.load@` in a part stands for the function `load` of the module `app.lib`."""

    module: str
    parts: list[str] = field(default_factory=list)
    imports: Mapping[str, str] = field(default_factory=dict)
    """Of its own, by the names that need them."""

    @property
    def path(self) -> str:
        return self.module.replace(".", "/") + ".py"

    def text(self, choose: Choose) -> str:
        """`choose` decides how what other modules define is imported."""
        imports: dict[str, str] = {}
        spelled: dict[tuple[str, str], str] = {}

        def spell(found: re.Match[str]) -> str:
            key = (found[1], found[2])
            if key not in spelled:
                spelled[key] = self._spelled(*key, imports, choose)
            return spelled[key]

        body = "\n\n\n".join(_PLACE.sub(spell, part.strip("\n")) for part in self.parts)
        words = set(re.findall(r"\b[A-Za-z_]\w*", body))
        for word, line in {**grammar.IMPORTS, **self.imports}.items():
            if word in words and not line.startswith(f"from {self.module} "):
                imports[line] = line
        return "\n".join([*sorted(imports.values()), "", "", body]).lstrip("\n") + "\n"

    def _spelled(self, module: str, name: str, imports: dict[str, str], choose: Choose) -> str:
        if module == self.module:
            return name
        package, _, last = module.rpartition(".")
        forms = {
            "from": (f"from {module} import {name}", name),
            "as": (f"from {module} import {name} as {name}_of_{last}", f"{name}_of_{last}"),
            "module": (f"from {package} import {last}", f"{last}.{name}"),
            "dotted": (f"import {module}", f"{module}.{name}"),
            "relative": (f"from .{last} import {name}", name),
        }
        line, spelling = forms[choose(tuple(forms))]
        imports[line] = line
        return spelling
