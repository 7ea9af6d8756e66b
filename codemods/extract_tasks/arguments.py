"""A task for a helper: the helper's own parameters, checked against what this call passes."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from ..analysis.nodes import walk
from ..analysis.syntax import span_of
from ..model import Code, ImportNeed, Reason, slot
from .argument_types import type_of_default, type_sent
from .finding.handed_on import Shape
from .finding.work import Work, root_name
from .generated.code import CodeBuilder, spelled
from .hazards.rows.saved import not_saved
from .hazards.rows.uncommitted import open_change
from .sent import endless, zones
from .sent.fields_set import HINT, WORDS
from .sent.loaded import Loaded
from .sent.opened import Opened
from .sent.related import share_objects
from .sent.small import DECODE, is_small
from .sent.values import ANYTHING, is_json, is_vague
from .session_arguments import made_with_session, opened_for, sessions_in
from .sites import (
    NOT_IMPORTABLE,
    NOT_SENDABLE,
    ORM_OBJECT,
    HelperParameter,
    HelperSignature,
    ParameterKind,
)

_VARIABLE = (ParameterKind.REST, ParameterKind.KEYWORDS)


class Accepted(msgspec.Struct, frozen=True):
    """A parameter of the task."""

    parameter: HelperParameter
    annotation: Code
    by_name: bool
    """Passed on by name, because one before it is left out or the helper asks for it."""
    loaded: Loaded | None = None
    """It is the primary key of what the helper takes, or those of a list."""
    argument: ast.expr | None = None
    """The name of what is loaded, in the call."""
    is_packed: bool = False
    """It is the base64 of the bytes that the helper takes."""
    is_session: bool = False
    """It is no parameter, but the session that the task opens, by the name that it has here."""
    revived: Code | None = None
    """What the task makes of what arrives, where it imports the type in its body."""


def bind(shape: Shape, helper: HelperSignature) -> Mapping[str, ast.expr] | None:
    """Parameter -> argument; None when the call does not name them one by one."""
    if any(isinstance(argument, ast.Starred) for argument in shape.positional):
        return None
    places = [
        p for p in helper.parameters if p.kind in (ParameterKind.POSITIONAL, ParameterKind.POSITIONAL_ONLY)
    ]
    if len(shape.positional) > len(places):
        return None
    bound = {place.name: value for place, value in zip(places, shape.positional, strict=False)}
    names = {p.name for p in helper.parameters if p.kind in (ParameterKind.POSITIONAL, ParameterKind.KEYWORD)}
    takes_more = any(p.kind is ParameterKind.KEYWORDS for p in helper.parameters)
    for keyword in shape.keywords:
        if keyword.arg is None or keyword.arg in bound or not (takes_more or keyword.arg in names):
            return None
        bound[keyword.arg] = keyword.value
    required = [p for p in helper.parameters if p.default is None and p.kind not in _VARIABLE]
    return None if any(p.name not in bound for p in required) else bound


def accept(
    work: Work, helper: HelperSignature, bound: Mapping[str, ast.expr], *, packs: bool
) -> tuple[Accepted, ...] | Reason:
    """The parameters that the task has. What is not passed and could not be is left out.

    What goes into the `**kwargs` of the helper goes into those of the task, or has parameters of its own
    where only types bring it back. `packs`: bytes may be sent.
    """
    found: list[Accepted] = []
    skipped = False
    own = {parameter.name for parameter in helper.parameters if parameter.kind not in _VARIABLE}
    session = next(filter(None, (opened_for(work, helper, value) for value in bound.values())), None)
    rest = next((each for each in helper.parameters if each.kind is ParameterKind.KEYWORDS), None)
    written = rest.annotation if rest is not None and rest.annotation is not None else ANYTHING
    kind = None if is_vague(written) else written
    more = [HelperParameter(name, ParameterKind.KEYWORD, kind) for name in bound if name not in own]
    for parameter in (*helper.parameters, *more):
        if parameter.kind in _VARIABLE:
            continue
        value = bound.get(parameter.name)
        if value is None:
            annotation = parameter.annotation or type_of_default(parameter)
            late = annotation is not None and any(work.context.imports_late(n) for n in annotation.needs)
            if (
                annotation is None
                or not work.is_restored(annotation)
                or late
                or (skipped and parameter.kind is not ParameterKind.KEYWORD)
            ):
                skipped = True
                continue
            found.append(Accepted(parameter, annotation, parameter.kind is ParameterKind.KEYWORD))
            continue
        if skipped and parameter.kind is ParameterKind.POSITIONAL_ONLY:
            return work.reason(NOT_SENDABLE, f"{parameter.name} cannot be passed alone", value)
        by_name = skipped or parameter.kind is ParameterKind.KEYWORD
        if opened_for(work, helper, value) is not None:
            found.append(Accepted(parameter, Code(""), by_name, argument=value, is_session=True))
            continue
        object_ = loaded(work, helper, parameter, value, session)
        if isinstance(object_, Reason):
            return object_
        if object_ is not None:
            if object_.parameter in bound or object_.parameter in own:
                return work.reason(ORM_OBJECT, f"the key of {parameter.name} cannot be told", value)
            sent = HelperParameter(object_.parameter, parameter.kind)
            found.append(Accepted(sent, object_.annotation, by_name, object_, value))
            continue
        if packs and is_small(work, value):
            found.append(Accepted(replace(parameter, default=None), Code("str"), by_name, is_packed=True))
            continue
        answer = type_sent(work, parameter, value)
        if isinstance(answer, Reason):
            return answer
        if zones.loses_zone(work.types, value, answer):
            return work.reason(NOT_SENDABLE, f"{parameter.name} {zones.LOSS}", value, zones.HINT)
        if endless.may_be_endless(work.types, value):
            return work.reason(NOT_SENDABLE, f"{parameter.name} {endless.LOSS}", value)
        if helper.asks_what_is_set and work.context.own_types(answer):
            text = f"{parameter.name} {WORDS.format(helper.asks_what_is_set)}"
            return work.reason(NOT_SENDABLE, text, value, HINT)
        if not any(work.context.imports_late(need) for need in answer.needs):
            found.append(Accepted(parameter, answer, by_name))
            continue
        anew = work.context.revived(parameter.name, answer)
        has_own_default = parameter.default is not None and bool(parameter.default.needs)
        if anew is None or has_own_default:
            text = f"the type of {parameter.name} cannot be imported by the tasks module"
            return work.reason(NOT_IMPORTABLE, text, value)
        found.append(Accepted(parameter, ANYTHING, by_name, revived=anew))
    objects = [each for each in found if each.loaded is not None]
    if share_objects([each.loaded for each in objects if each.loaded is not None]):
        text = f"{objects[0].parameter.name} and {objects[1].parameter.name} may have the same objects"
        return work.reason(ORM_OBJECT, text, objects[0].argument or work.function)
    of_rest = [each for each in found if each.parameter in more]
    is_plain = all(
        is_json(each.annotation) and each.loaded is None and not each.is_packed for each in of_rest
    )
    if rest is None or not of_rest or not is_plain or any(map(work.context.imports_late, written.needs)):
        return tuple(found)
    kept = [each for each in found if each not in of_rest]
    return (*kept, Accepted(HelperParameter(rest.name, rest.kind), written, by_name=False))


def loaded(
    work: Work,
    helper: HelperSignature,
    parameter: HelperParameter,
    value: ast.expr,
    session: Opened | None = None,
) -> Loaded | Reason | None:
    """What a task loads again in a session of its own; None for what it does not.

    With sync sessions only a handler that stays in its thread may read the key: the session may ask the
    database for it. On an async one the helper may read nothing but columns, which are there. A coroutine
    function works with it where it is given that session, too.
    """
    loader = work.context.loader(value.id, session) if isinstance(value, ast.Name) else None
    if not isinstance(value, ast.Name) or loader is None or (helper.is_async and session is None):
        return None
    fields = helper.rows_read if loader.is_list else helper.fields_read
    related = work.context.related(loader, dict(fields).get(parameter.name))
    if related is None or parameter.kind is ParameterKind.POSITIONAL_ONLY:
        return None
    found = Loaded(parameter.name, loader, related=related)
    if any(work.context.imports_late(need) for need in found.needs):
        return None
    reason = not_saved(work, value.id, value, in_list=loader.is_list)
    reason = reason or open_change(work, span_of(value))
    if reason is not None or work.stays_sync is loader.opened.is_for_async:
        return reason
    return found


def callee_of(work: Work, shape: Shape, helper: HelperSignature) -> Code | None:
    """What the task calls, as it can be imported: `InvoiceService().send_invoice`."""
    found = _callee(work, shape, helper)
    own = {parameter.name for parameter in helper.parameters}
    is_hidden = found is not None and any(spelled(need).split(".")[0] in own for need in found.needs)
    return found if not is_hidden else None


def _callee(work: Work, shape: Shape, helper: HelperSignature) -> Code | None:
    node: ast.expr = shape.callee
    rest = ""
    while isinstance(node, ast.Attribute):
        rest = f".{node.attr}{rest}"
        node = node.value
    if isinstance(node, ast.Call):
        sessions = sessions_in(work, helper, node)
        is_method = bool(helper.owner) and rest.count(".") == 1
        made = work.context.maker_of_call(node, sessions) if is_method else None
        return replace(made, text=f"{made.text}{rest}") if made is not None else None
    if not isinstance(node, ast.Name):
        return None
    if node.id not in work.locals:
        own = ImportNeed(helper.module, helper.qualname)
        if "." not in helper.qualname and work.context.is_patched(own):
            return _through_module(own)
        if rest and "." not in helper.qualname:
            return _called(own, "")  # `mailer.send(..)`: the function of a module, however it is reached
        parts = [part for part in walk(shape.callee) if isinstance(part, ast.Attribute)]
        is_lost = any(map(work.context.written_elsewhere, parts))
        return _called(work.context.module_name(node.id), rest) if not is_lost else None
    *kept, method = rest[1:].split(".")
    if not helper.owner or len(kept) > 1:
        return None
    if kept:
        made = work.context.maker_of_kept(node.id, kept[0])
    else:
        made = work.context.maker(node.id) or work.context.maker_of_own(node.id)
    value = made_with_session(work, helper, node.id) if made is None and not kept else None
    made = work.context.maker_of_call(value, sessions_in(work, helper, value)) if value is not None else made
    return replace(made, text=f"{made.text}.{method}") if made is not None else None


def why_not_reached(work: Work, shape: Shape) -> str:
    """In words: the object of a method is no affair of imports."""
    callee = ast.unparse(shape.callee)
    root = root_name(shape.callee)
    if root in work.locals and isinstance(shape.callee, ast.Attribute):
        return f"{callee} belongs to an object of this call, which a task cannot make anew as it is by then"
    for part in walk(shape.callee):
        writer = work.context.written_elsewhere(part) if isinstance(part, ast.Attribute) else ""
        if writer:
            return f"{ast.unparse(part)}, {writer}, is another one in a worker"
    return f"{callee} cannot be reached from the tasks module"


def _through_module(own: ImportNeed) -> Code:
    """Where tests replace it in its own module, the task looks it up there for each of its callers."""
    package, _, name = own.module.rpartition(".")
    return Code(f"{slot(0)}.{own.name}", (ImportNeed(package, name) if package else ImportNeed(name),))


def _called(need: ImportNeed | None, rest: str) -> Code | None:
    return Code(f"{slot(0)}{rest}", (need,)) if need is not None else None


def signature_text(accepted: Sequence[Accepted], builder: CodeBuilder) -> list[str]:
    """The parameters of the task, one each."""
    found: list[str] = []
    starred = False
    accepted = [each for each in accepted if not each.is_session]
    for number, each in enumerate(accepted):
        if each.parameter.kind is ParameterKind.KEYWORD and not starred:
            found.append("*")
            starred = True
        stars = "**" if each.parameter.kind is ParameterKind.KEYWORDS else ""
        text = f"{stars}{each.parameter.name}: {builder.add_type(each.annotation)}"
        if each.parameter.default is not None:
            text += f" = {builder.add(each.parameter.default)}"
        found.append(text)
        next_kind = accepted[number + 1].parameter.kind if number + 1 < len(accepted) else None
        if (
            each.parameter.kind is ParameterKind.POSITIONAL_ONLY
            and next_kind is not ParameterKind.POSITIONAL_ONLY
        ):
            found.append("/")
    return found


def passed_on(accepted: Sequence[Accepted], builder: CodeBuilder, late: Sequence[ImportNeed]) -> list[str]:
    """How the task passes its parameters on."""
    found: list[str] = []
    for each in accepted:
        name = each.loaded.name if each.loaded is not None else each.parameter.name
        name = ast.unparse(each.argument) if each.is_session and each.argument is not None else name
        value = f"{builder.need(DECODE)}({name})" if each.is_packed else name
        value = builder.add(each.revived, late) if each.revived is not None else value
        value = f"**{name}" if each.parameter.kind is ParameterKind.KEYWORDS else value
        found.append(f"{name}={value}" if each.by_name else value)
    return found
