"""How another module imports what a name means here, and annotations that mean the same there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from ...analysis.index.bindings import How, Import
from ...analysis.link import names
from ...analysis.link.kinds import Ext
from ...analysis.link.program import Key, Program
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax
from ...model import Code, ImportNeed
from ..generated.code import CodeBuilder

_LOADED_WITH_THEIR_PACKAGE = frozenset({"os.path"})


class Importable:
    def __init__(self, program: Program) -> None:
        self.program = program

    def need(self, path: str, name: str) -> ImportNeed | None:
        """The import that gives another module the object that `name` is in the module of `path`.

        None for what is no name of the module, and for one that functions set anew: another process has
        another value.
        """
        bindings = self.program.modules[path].names[0].get(name, ())
        if not bindings:
            return self._starred(path, name)
        if name in self._set_by_functions.get(path, frozenset()):
            return None
        if any(
            other.startswith(f"{name}.") and other not in _LOADED_WITH_THEIR_PACKAGE
            for other in self._dotted(path)
        ):
            return None  # `import a.b`: the name alone does not say which modules were loaded
        imports = {
            self._imported(binding.value, path, name)
            for binding in bindings
            if binding.how is How.IMPORT and isinstance(binding.value, Import)
        }
        if len(imports) == 1 and all(binding.how is How.IMPORT for binding in bindings):
            return imports.pop()
        return ImportNeed(self.program.modules[path].facts.module, name)

    def _starred(self, path: str, name: str) -> ImportNeed | None:
        """`from fastapi_mail import *`"""
        found = names.starred(self.program, path, name)
        if isinstance(found, list):
            return self.need(found[0].home.path, name) if found else None
        dotted = {kind.name for kind in found if isinstance(kind, Ext)}
        module, _, last = next(iter(dotted)).rpartition(".") if len(dotted) == 1 else ("", "", "")
        return ImportNeed(module, name) if module and last == name else None

    def _imported(self, statement: Import, path: str, name: str) -> ImportNeed:
        module = self.program.absolute(statement, path)
        return ImportNeed(module, statement.name, "" if statement.name or name == module else name)

    def _dotted(self, path: str) -> Iterator[str]:
        return (name for name in self.program.modules[path].names[0] if "." in name)

    @cached_property
    def _set_by_functions(self) -> Mapping[str, frozenset[str]]:
        """Names that a function declares `global`."""
        return {
            path: frozenset(name for scope in module.facts.scopes[1:] for name in scope.globals)
            for path, module in self.program.modules.items()
        }

    def annotation(self, file: FileSyntax, node: ast.expr) -> Code | None:
        """A type, quoted or not, as text for another module; None when a name of it does not exist there."""
        is_quoted = isinstance(node, ast.Constant) and isinstance(node.value, str)
        return self._written(file.path, node.value if is_quoted else file.source(node))  # type: ignore[attr-defined]

    def value(self, file: FileSyntax, node: ast.expr) -> Code | None:
        """An expression as text for another module; None when one of its names does not exist there."""
        return self._written(file.path, file.source(node))

    def _written(self, path: str, text: str) -> Code | None:
        text = " ".join(line.strip() for line in text.splitlines())
        try:
            tree = ast.parse(text, mode="eval")
        except SyntaxError:
            return None
        builder = CodeBuilder()
        found = [node for node in walk(tree) if isinstance(node, ast.Name)]
        data = text.encode()
        for name in sorted(found, key=lambda node: node.col_offset, reverse=True):
            need = self.need(path, name.id)
            if need is None and not names.is_builtin(name.id):
                return None
            if need is not None:
                data = data[: name.col_offset] + builder.need(need).encode() + data[name.end_col_offset :]
        return builder.code(data.decode())

    def of_class(self, cls: Key) -> ImportNeed | None:
        """A class at the top of its module; others cannot be imported."""
        scope = self.program.scope(cls)
        return self.need(cls.path, scope.name) if scope.parent == 0 else None
