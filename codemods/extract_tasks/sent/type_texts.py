"""Types as a task writes them: what inference found, or what a class declares."""

from __future__ import annotations

from ...analysis.link.infer import Inference
from ...analysis.link.kinds import DATA, Inst, Kind, Kinds, Obj, ordered
from ...analysis.link.libraries.rows import COLUMN_VALUE, COLUMNS
from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import Syntax
from ...model import Code, ImportNeed
from ..generated.code import CodeBuilder
from ..sites import ValueKind
from .dumped import Dumped
from .importable import Importable
from .models import Models, bare

COLLECTIONS = ("builtins.list", "builtins.dict", "builtins.set", "builtins.frozenset", "builtins.tuple")
_STARLETTE = "starlette."
"""What a request says of itself: `request.method`, `request.url.path`, `request.client.host`."""
_NAMELESS = {DATA} | COLUMN_VALUE
"""Of no type that could be imported."""


class TypeTexts:
    def __init__(self, inference: Inference, syntax: Syntax, importable: Importable, models: Models) -> None:
        self.inference = inference
        self.syntax = syntax
        self.importable = importable
        self.models = models
        self.dumped = Dumped(models)

    def of_kinds(self, kinds: Kinds) -> Code | None:
        """`User | None` for what inference found; None when part of it has no name."""
        builder = CodeBuilder()
        parts: list[str] = []
        for kind in ordered(kinds):
            part = self._of_kind(kind, builder)
            if part is None:
                return None
            parts.append(part)
        words = sorted(dict.fromkeys(parts), key=lambda part: part == "None")
        return builder.code(" | ".join(words)) if words and words != ["None"] else None

    def _of_kind(self, kind: Kind, builder: CodeBuilder) -> str | None:
        if isinstance(kind, Obj):
            need = self.importable.of_class(kind.key)
            return builder.need(need) if need is not None else None
        if not isinstance(kind, Inst) or kind in _NAMELESS or kind.name in COLUMNS:
            return None  # what an object has of a column is no column
        if kind.name == "builtins.NoneType":
            return "None"
        module, _, short = kind.name.rpartition(".")
        spelled = short if module == "builtins" else builder.need(ImportNeed(module, short))
        inner: list[str] = []
        for argument in kind.args:
            code = self.of_kinds(argument)
            if code is None:
                return spelled if kind.name in COLLECTIONS else None
            inner.append(builder.add(code))
        return f"{spelled}[{', '.join(inner)}]" if inner else spelled

    def of_call(self, call: CallKey) -> Code | None:
        return self.dumped.of_call(call) or self.of_kinds(self.inference.call_result(call))

    def of_attribute(self, owner: Kind, attribute: str) -> Code | None:
        if isinstance(owner, Inst) and owner.name.startswith(_STARLETTE):
            return self.of_kinds(self.inference.attribute(frozenset({owner}), attribute))
        if not isinstance(owner, Obj):
            return None
        if attribute in ("name", "value") and self.models.kind(owner.key) is ValueKind.SCALAR:
            mixed = [t for t in ("str", "int") if self.inference.classes.is_a(owner.key, f"builtins.{t}")]
            return Code("str") if attribute == "name" else Code(mixed[0]) if mixed else None
        for cls in self.inference.classes.mro(owner.key):
            if isinstance(cls, Key):
                for written in map(bare, self.models.declarations(cls, attribute)):
                    if written is not None:
                        return self.importable.annotation(self.syntax.file(cls.path), written)
                column = self.models.columns.annotation(cls, attribute)
                if column is not None:
                    return column
        return self.of_kinds(self.inference.attribute(frozenset({owner}), attribute))
