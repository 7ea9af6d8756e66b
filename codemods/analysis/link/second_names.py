"""Files that a project imports by two names, as two of its folders are on `sys.path`.

from shop.logic.orders import Orders     # the folder around `shop`
from logic.orders import Orders          # `shop` itself, as an IDE or PYTHONPATH adds it
from orders import Orders                # beside it, in a script: `python shop/logic/report.py`
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..index.bindings import Import

if TYPE_CHECKING:
    from .program import Program


class SecondNames:
    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[tuple[str, str, str], str] = {}

    def module_of(self, imported: Import, path: str) -> str:
        """The one name under which the file of an absolute import is known, or that which is written."""
        module, name = imported.module, imported.name or ""
        if self.program.is_package(module):
            return module
        memo = path, module, name
        if memo not in self._known:
            self._known[memo] = self._below(module, name, path) or module
        return self._known[memo]

    def _below(self, module: str, name: str, importer: str) -> str | None:
        """In one of the folders around the importing file, innermost first; a library that is known has its
        name for itself. A single name is common: only that of a file beside the importing one counts."""
        if module in sys.stdlib_module_names or self.program.catalogue.knows_root(module.partition(".")[0]):
            return None
        root = self.program.modules[importer].facts.root
        folder = importer.rpartition("/")[0]
        while folder not in ("", root):
            inner = folder[len(root) + 1 :] if root else folder
            candidate = f"{inner.replace('/', '.')}.{module}"
            if self._has(candidate, name, importer):
                return candidate
            if "." not in module:
                return None
            folder = folder.rpartition("/")[0]
        return None

    def _has(self, module: str, name: str, importer: str) -> bool:
        """The name of a file alone proves nothing: it has what is asked for, and not by asking another."""
        path = self.program.module_path(module, importer)
        is_there = path not in (None, importer) and name in self.program.modules[path or ""].names[0]
        return bool(name) and (is_there or self.program.is_package(f"{module}.{name}"))
