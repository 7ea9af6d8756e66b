"""What a field of a dataclass holds, where its annotation does not say: what objects are made with.

@dataclass
class Repository(Generic[T]):
    session: Session
    model: type[T]

Repository(session, User)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...index.bindings import How
from ...index.expr import Attr, Expr, Item, Name, Starred, last_name
from ...index.facts import CallSite
from ..kinds import NOTHING, Cls, Kinds, Unknown, union
from ..names import Bound
from ..program import CallKey, Key, Program

if TYPE_CHECKING:
    from ..infer import Inference

_MOST_CALLS = 60
_NO_ARGUMENTS = frozenset({"ClassVar", "KW_ONLY"})


def given(inference: Inference, cls: Key, name: str, declared: Kinds) -> Kinds:
    """Nothing where the annotation says something, or a call does not show what it passes."""
    if not all(isinstance(kind, Unknown) for kind in declared):
        return NOTHING
    if _is_replaced(inference.program, name):
        return NOTHING
    family = frozenset((cls, *inference.classes.subclasses.get(cls, ())))
    calls = _calls(inference.program, family)
    parts: list[Kinds] = []
    for call in calls if len(calls) <= _MOST_CALLS else ():
        site = inference.program.call(call)
        for each in _made(inference, call, family):
            passed = _passed(inference, each, site, name)
            if passed is None:
                parts.append(_default(inference, each, name))
            elif isinstance(passed, Starred):
                return NOTHING
            else:
                parts.append(inference.kinds(Key(call.path, site.scope), passed, site.span.line))
            if not parts[-1]:
                return NOTHING
    return union(parts)


def _is_replaced(program: Program, name: str) -> bool:
    """`dataclasses.replace(repository, model=Note)`"""
    calls = program.calls_by_keyword.get(name, ())
    return any(last_name(program.call(call).func) == "replace" for call in calls)


def _made(inference: Inference, call: CallKey, family: frozenset[Key]) -> Iterator[Key]:
    """The classes of which it may make an object, or fill one, without a constructor that is written."""
    for kind in inference.callees(call):
        if (
            isinstance(kind, Cls)
            and kind.key in family
            and not inference.classes.method(kind.key, "__init__")
        ):
            yield kind.key


def _calls(program: Program, family: frozenset[Key]) -> list[CallKey]:
    words = {"cls", "__init__", *(program.scope(each).name for each in family)}
    words |= {alias for word in words for alias in program.aliases.get(word, ())}
    return list(dict.fromkeys(call for word in sorted(words) for call in program.calls_by_name.get(word, ())))


def _passed(inference: Inference, cls: Key, site: CallSite, name: str) -> Expr | None:
    """What the call passes for the field; a `Starred` where that cannot be told."""
    for word, value in site.keywords:
        if word == name:
            return value
        if not word:
            return Starred(value)
    args = site.args[1:] if _is_unbound(site) else site.args
    names = list(_arguments(inference, cls))
    at = names.index(name) if name in names else len(args)
    return next((each for each in args[: at + 1] if isinstance(each, Starred)), None) or (
        args[at] if at < len(args) else None
    )


def _is_unbound(site: CallSite) -> bool:
    """`Repository.__init__(self, session, User)`"""
    receiver = getattr(site.func, "value", None)
    return last_name(site.func) == "__init__" and getattr(receiver, "id", "") != ""


def _arguments(inference: Inference, cls: Key) -> Iterator[str]:
    """The fields in the order of the constructor."""
    said = {
        binding.name: binding.value
        for step in inference.classes.mro(cls)
        for binding in (inference.program.scope(step).bindings if isinstance(step, Key) else ())
        if binding.how is How.ANNOTATION
    }
    for field in inference.classes.fields(cls):
        annotation = said[field]
        head = annotation.value if isinstance(annotation, Item) else annotation
        if not isinstance(head, (Name, Attr)) or last_name(head) not in _NO_ARGUMENTS:
            yield field


def _default(inference: Inference, cls: Key, name: str) -> Kinds:
    for step in inference.classes.mro(cls):
        if isinstance(step, Key):
            bindings = inference.program.modules[step.path].names[step.scope].get(name, ())
            values = [each for each in bindings if each.how is How.ASSIGN]
            if values:
                return inference.binding(Bound(step, values[-1]))
    return NOTHING
