"""What a value is, by what inference found: text, an upload, a session, an object of the project."""

from __future__ import annotations

from ...analysis.judge.effects.site import SESSION_CATEGORY
from ...analysis.link.kinds import Cls, Ext, Fn, Inst, Kind, Member, Obj, Unknown
from ...analysis.link.program import Program
from ..sites import ValueKind
from .models import Models
from .type_texts import COLLECTIONS

_SCALARS = ("datetime.", "uuid.", "decimal.", "pathlib.", "enum.")
_BUILTIN_SCALARS = ("builtins.str", "builtins.int", "builtins.float", "builtins.bool", "builtins.NoneType")
_PYDANTIC_SCALARS = ("EmailStr", "HttpUrl", "AnyUrl", "AnyHttpUrl", "NameEmail")
_REQUESTS = ("Request", "WebSocket", "HTTPConnection", "Response")


class ValueKinds:
    def __init__(self, program: Program, models: Models) -> None:
        self.program = program
        self.models = models

    def of(self, kind: Kind) -> ValueKind:
        if isinstance(kind, (Fn, Cls, Ext, Member)):
            return ValueKind.CALLABLE
        if isinstance(kind, Obj):
            return self.models.kind(kind.key)
        if isinstance(kind, Unknown) or not isinstance(kind, Inst):
            return ValueKind.UNKNOWN
        short = kind.name.rpartition(".")[2]
        if kind.name in _BUILTIN_SCALARS or kind.name.startswith(_SCALARS) or short in _PYDANTIC_SCALARS:
            return ValueKind.SCALAR
        if kind.name in COLLECTIONS:
            return ValueKind.COLLECTION
        if kind.name in ("builtins.bytes", "builtins.bytearray", "builtins.memoryview"):
            return ValueKind.BYTES
        if short == "UploadFile":
            return ValueKind.UPLOAD
        if short in ("SecretStr", "SecretBytes"):
            return ValueKind.SECRET
        if kind.name.startswith(("fastapi.", "starlette.")) and short == "BackgroundTasks":
            return ValueKind.BACKGROUND
        if short in _REQUESTS and kind.name.startswith(("fastapi.", "starlette.")):
            return ValueKind.REQUEST
        if kind.name.startswith("io.") or short in ("SpooledTemporaryFile", "BinaryIO", "TextIO"):
            return ValueKind.FILE
        if self._is_session(kind.name):
            return ValueKind.SESSION
        return ValueKind.UNKNOWN

    def _is_session(self, name: str) -> bool:
        entry = self.program.catalogue.find_method(name, "commit")
        return entry is not None and (entry.category == SESSION_CATEGORY or name.endswith("AsyncSession"))
