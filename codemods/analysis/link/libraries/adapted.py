"""Data that pydantic makes of other data, as a type that is named: no model is called for it.

photos = TypeAdapter(list[Photo])                      photos.validate_python(rows)
                                                       parse_obj_as(list[Photo], rows)

https://docs.pydantic.dev/latest/concepts/type_adapter/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...index.expr import Attr, Expr, last_name
from ...index.facts import CallSite
from ..kinds import NOTHING, Ext, Inst, Kinds, one, ordered, union
from ..program import Key
from .injection import CAST

if TYPE_CHECKING:
    from ..infer import Inference

ADAPTER = "pydantic.TypeAdapter"
VALIDATES = frozenset({"validate_python", "validate_json", "validate_strings"})
_PARSES = frozenset({"parse_obj_as", "parse_raw_as", "parse_file_as"})
_PARSERS = frozenset(
    f"pydantic.{module}{name}" for module in ("", "tools.", "v1.", "v1.tools.") for name in _PARSES
)
BY_TYPE = _PARSERS | CAST | {ADAPTER}
"""What is called with a type as its first argument."""


def called(inference: Inference, name: str, where: Key, type_: Expr) -> Kinds:
    """What comes of a call of one of `BY_TYPE`."""
    instances = inference.annotations.instances(where, type_)
    return one(Inst(ADAPTER, (instances,))) if name == ADAPTER else instances


def validated(inference: Inference, where: Key, site: CallSite) -> Kinds:
    """What the call makes of data; nothing where it is another."""
    func = site.func
    if isinstance(func, Attr) and func.attr in VALIDATES:
        adapters = ordered(inference.kinds(where, func.value, site.span.line))
        made = (kind.args[:1] for kind in adapters if isinstance(kind, Inst) and kind.name == ADAPTER)
        return union([kinds for each in made for kinds in each])
    if site.args and last_name(func) in _PARSES:
        kinds = inference.kinds(where, func, site.span.line)
        if any(isinstance(kind, Ext) and kind.name in _PARSERS for kind in kinds):
            return inference.annotations.instances(where, site.args[0])
    return NOTHING
