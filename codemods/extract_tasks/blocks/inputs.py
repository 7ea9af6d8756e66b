"""What a run of statements reads from outside: parameters of the task, and names that its module imports."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ...analysis.scopes import parameter_names
from ...analysis.syntax import span_of
from ...model import Code
from ..finding.work import BUILTINS, Work, called, in_order, inner_names
from ..generated.code import plain, spelled
from ..sent import endless
from ..sent.fields_set import WORDS, asks_what_is_set
from ..sent.loaded import Loaded
from ..sent.opened import Opened
from ..sent.related import share_objects
from ..sent.types import dotted
from ..sent.values import ANYTHING, HINTS, SENDABLE_KINDS, is_lost, is_vague, why_not
from ..sent.zones import LOSS, loses_zone
from ..sites import NOT_IMPORTABLE, NOT_SENDABLE, ORM_OBJECT, ValueKind
from ..words import STOPWATCHES, UPLOAD_FIELDS
from .carried import carriage
from .changed import is_left_out
from .imported import bound_by, imported_by
from .loaded import loaded_by
from .parameters import Input, Inputs, Missing
from .runs import Run
from .stores import is_sync, session_of
from .told import Told, told_instead

_WHOLE = frozenset(
    {ValueKind.SCALAR, ValueKind.COLLECTION, ValueKind.BYTES, ValueKind.SECRET, ValueKind.CALLABLE}
)
_REMADE = frozenset({ValueKind.UNKNOWN, ValueKind.MODEL, ValueKind.DATACLASS})
_OWN = "logger"


def inputs_of(work: Work, run: Run) -> Inputs | Missing:
    told: Sequence[Told] = ()
    taken = {*BUILTINS, *(node.id for node in run.nodes if isinstance(node, ast.Name))}
    found = _inputs_of(work, run, told)
    while isinstance(found, Missing) and work.tells:
        more = told_instead(work, run, found.name, taken, told)
        if more is None or len(more) == len(told):
            break
        told = more
        found = _inputs_of(work, run, told)
    return found


def _inputs_of(work: Work, run: Run, told: Sequence[Told]) -> Inputs | Missing:
    order = [node for statement in run.moved for node in in_order(statement)]
    order = [node for node in order if not any(each.is_in(work.file, node) for each in told)]
    order = [node for node in order if not is_left_out(work, node)] if work.changed else order
    names = list(dict.fromkeys(n.id for n in order if isinstance(n, ast.Name)))
    inner = inner_names(order)
    imported = imported_by(work, run, names, inner)
    if isinstance(imported, Missing):
        return imported
    needs = [*imported.imports.values(), *imported.late.values()]
    taken = {*names, *BUILTINS, "broker", _OWN, *(spelled(need).split(".")[0] for need in needs)}
    texts = {each.parameter: each for each in sorted(told, key=lambda one: span_of(one.expression))}
    taken |= texts.keys()
    wholes: list[Input] = []
    fields: dict[str, list[tuple[str, Code]]] = {}
    ordered: list[str] = []
    made: dict[str, Code] = {}
    kept: dict[tuple[str, str], str] = {}
    session = session_of(work, run)
    opened = work.own_session(session) if session else None
    sessions = {session: opened} if opened is not None else {}
    for name in (n for n in names if n in run.region.live_in):
        if name not in run.region.bound_before:
            return Missing(name, work.reason(NOT_SENDABLE, f"{name} may not be set there", run.moved[0]))
        if name == session:
            continue
        if any(
            isinstance(each, ast.Call) and called(each) in STOPWATCHES for each in work.types.sources(name)
        ):
            text = f"{name} is read off a clock of this process, which another machine has not"
            return Missing(name, work.reason(NOT_SENDABLE, text, run.moved[0]))
        maker = work.context.maker(name) if work.context.kind(name) in _REMADE else None
        if maker is not None:
            made[name], of_maker = maker, work.context.sessions_of_maker(name)
            if of_maker and not all(is_sync(work, run, each) for each in of_maker.values()):
                text = f"{name} works on an async session, or beside what is awaited"
                return Missing(name, work.reason(ORM_OBJECT, text, run.moved[0]))
            sessions |= of_maker
            continue
        carried = carriage(work, run, name, taken) if name not in inner else None
        if carried is not None:
            wholes.append(Input(carried.parameter, Code("str"), carried.parameter, name, carriage=carried))
            fields[name] = [(each, Code(UPLOAD_FIELDS[each])) for each in carried.fields]
            ordered.append(name)
            continue
        makers = _makers(work, run, name)
        found = _fields(work, name, order, makers) if name not in inner else None
        ordered.append(name)
        if found is not None:
            fields[name] = found
            for attribute, code in makers.items():
                kept[name, attribute] = _free(attribute.lstrip("_"), taken)
                made[kept[name, attribute]] = code
            continue
        whole = _loaded(work, run, name, taken, opened) if name not in inner else None
        whole = whole if whole is not None else _whole(work, run, name)
        if isinstance(whole, Missing):
            return whole
        wholes.append(whole)
    if len(sessions) > 1 or sessions.keys() & ({*ordered, *bound_by(run)}):
        text = f"{min(sessions)} is one of several things of the task"
        return Missing(min(sessions), work.reason(ORM_OBJECT, text, run.moved[0]))
    session, opened = next(iter(sessions.items()), ("", None))
    parameters = _as_read(_named(ordered, wholes, fields, taken), order)
    made_here = [(name, each, work.file.source(each.expression)) for name, each in texts.items()]
    parameters += [Input(name, each.annotation, source, name) for name, each, source in made_here]
    for number, each in enumerate(parameters):
        if any(work.context.imports_late(need) for need in each.annotation.needs):
            anew = work.context.revived(each.parameter, each.annotation)
            if anew is None:
                text = f"the type of {each.argument} cannot be imported by the tasks module"
                return Missing(each.root, work.reason(NOT_IMPORTABLE, text, run.moved[0]))
            parameters[number] = replace(each, annotation=ANYTHING, revived=anew)
    loaded = [each.loaded for each in parameters if each.loaded is not None]
    if share_objects(loaded):
        text = f"{loaded[0].name} and {loaded[1].name} may have the same objects"
        return Missing(loaded[0].name, work.reason(ORM_OBJECT, text, run.moved[0]))
    own = {*(each.parameter for each in parameters), *made, *bound_by(run)}
    own |= {session, *(each.name for each in loaded)}
    opens = opened.needs if opened is not None else ()
    needs += [need for code in made.values() for need in code.needs]
    needs += [*opens, *(need for each in loaded for need in each.needs)]
    clash = next((name for need in needs if (name := spelled(need).split(".")[0]) in own), "")
    if clash:
        text = f"the task would have two things named {clash}, one of them imported"
        return Missing(clash, work.reason(NOT_IMPORTABLE, text, run.moved[0]))
    found_in = (imported.imports, imported.late, imported.loggers)
    return Inputs(tuple(parameters), *found_in, made, kept, session, opened, tuple(told))


def _makers(work: Work, run: Run, name: str) -> dict[str, Code]:
    """What makes anew the objects that the method's object keeps: `self.mailer`."""
    nodes = [n for n in run.nodes if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == name]
    found = {n.attr: work.context.maker_of_kept(name, n.attr) for n in nodes if isinstance(n.ctx, ast.Load)}
    return {attribute: code for attribute, code in found.items() if code is not None}


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_value"
    taken.add(name)
    return name


def _fields(
    work: Work, name: str, order: list[ast.AST], makers: Mapping[str, Code]
) -> list[tuple[str, Code]] | None:
    """The attributes read of `name` beside those in `makers`, when nothing else is done with it and all of
    them can be sent."""
    kind = work.context.kind(name)
    if kind in _WHOLE or (kind is ValueKind.REQUEST and work.inner is not None):
        return None  # `request.client` may be None, of which a job behind the response alone hears
    found: dict[str, Code] = {}
    for node in order:
        if not (isinstance(node, ast.Name) and node.id == name):
            continue
        above = work.file.parents[node]
        if isinstance(above, ast.Attribute) and above.attr in makers:
            continue
        field = _longest_field(work, node)
        if field is None:
            return None
        found[field[0]] = field[1]
    prefixes = [one for one in found for other in found if other.startswith(f"{one}.")]
    return None if prefixes else list(found.items())


def _longest_field(work: Work, name: ast.Name) -> tuple[str, Code] | None:
    chain: list[ast.Attribute] = []
    node: ast.AST = name
    while isinstance(above := work.file.parents[node], ast.Attribute) and above.value is node:
        if not isinstance(above.ctx, ast.Load):
            return None
        chain.append(above)
        node = above
    for attribute in reversed(chain):
        path = dotted(attribute)
        annotation = work.context.attribute_annotation(*path) if path else None
        if annotation is not None and path is not None:
            return (path[1], annotation) if not is_lost(annotation) and work.is_restored(annotation) else None
    return None


def _loaded(
    work: Work, run: Run, name: str, taken: set[str], opened: Opened | None
) -> Input | Missing | None:
    found = loaded_by(work, run, name, opened)
    if not isinstance(found, Loaded):
        return Missing(name, found) if found is not None else None
    found = replace(found, own_parameter=_free(found.parameter, taken))
    return Input(found.parameter, found.annotation, found.argument(name, work.locals), name, loaded=found)


def _whole(work: Work, run: Run, name: str) -> Input | Missing:
    kind = work.context.kind(name)
    annotation = work.types.name(name)
    reads = [n for n in run.nodes if isinstance(n, ast.Name) and n.id == name]
    node = reads[0] if reads else run.moved[0]
    becomes_json = bool(reads) and all(map(work.becomes_json, reads))
    if kind is ValueKind.UNKNOWN and annotation is not None and work.is_restored(annotation):
        return Input(name, annotation, name, name)
    if kind is ValueKind.UNKNOWN and reads and (becomes_json or work.is_parsed(reads[0])):
        return Input(name, ANYTHING, name, name)
    code, words = why_not(kind)
    if words and kind is ValueKind.UNKNOWN and name in parameter_names(work.function.args) and annotation:
        what = f"{name} ({plain(annotation)})"
        text = f"{what} is made for the request, and a task cannot make it anew"
        if work.context.is_replaced(name):
            text = f"tests, or the application, put another one in the place of {what}"
        return Missing(name, work.reason(code, text, node))
    if words:
        return Missing(name, work.reason(code, f"{name} {words}", node, HINTS.get(kind, "")))
    assert kind in SENDABLE_KINDS
    if annotation is None:
        return Missing(
            name, work.reason(NOT_SENDABLE, f"the type of {name} cannot be told", node, f"annotate {name}")
        )
    is_model = kind in (ValueKind.MODEL, ValueKind.DATACLASS)
    is_one = kind is ValueKind.SCALAR and not is_vague(annotation)
    is_sent = is_model or is_one or work.is_restored(annotation) or work.is_json_body(name)
    is_sent = is_sent or (becomes_json and kind is ValueKind.COLLECTION)
    if is_lost(annotation) or not is_sent:
        text = f"what {name} holds ({plain(annotation)}) may not arrive as it was sent"
        return Missing(name, work.reason(NOT_SENDABLE, text, node))
    loss = (work.context.loss(name) if is_model else "") or _asked_of(work, run, annotation)
    if not loss and reads and loses_zone(work.types, reads[0], annotation):
        loss = LOSS
    if not loss and reads and endless.may_be_endless(work.types, reads[0]):
        loss = endless.LOSS
    if not loss and work.context.may_be_mistaken(annotation):
        loss = f"may arrive as another one of {plain(annotation)}"
    if loss:
        hint = "pass the fields that are needed"
        return Missing(name, work.reason(NOT_SENDABLE, f"{name} {loss}", node, hint))
    return Input(name, annotation, name, name)


def _asked_of(work: Work, run: Run, annotation: Code) -> str:
    """What is lost of a model where somebody asks which of its fields were set."""
    if not work.context.own_types(annotation):
        return ""
    calls = (work.context.asks_what_is_set(span_of(node)) for node in run.nodes if isinstance(node, ast.Call))
    asking = "the block" if asks_what_is_set(run.nodes) else next(filter(None, calls), "")
    return WORDS.format(asking) if asking else ""


def _as_read(parameters: list[Input], order: list[ast.AST]) -> list[Input]:
    """In the order in which the block reads them."""
    first: dict[tuple[str, str], int] = {}
    for number, node in enumerate(order):
        path = dotted(node) if isinstance(node, ast.Attribute) else None
        if path is not None:
            first.setdefault(path, number)
        elif isinstance(node, ast.Name):
            first.setdefault((node.id, ""), number)
    return sorted(parameters, key=lambda each: first.get((each.root, each.attribute), len(order)))


def _named(
    order: list[str], wholes: list[Input], fields: Mapping[str, list[tuple[str, Code]]], taken: set[str]
) -> list[Input]:
    """`user.email` becomes `email`, or `user_email` where that name is taken or two objects have one."""
    own = {whole.root: whole for whole in wholes}
    last = [path.rpartition(".")[2] for found in fields.values() for path, _ in found]
    used = {*taken}
    made: list[Input] = []
    for name in order:
        made += [own[name]] if name in own else []
        for path, annotation in fields.get(name, ()):
            short = path.rpartition(".")[2]
            long = f"{name}_{path.replace('.', '_')}".lstrip("_")
            free = (
                last.count(short) == 1
                and short not in used
                and not keyword.iskeyword(short)
                and short[0] != "_"
            )
            parameter = _free(short if free else long, used)
            made.append(Input(parameter, annotation, f"{name}.{path}", name, path))
    return made
