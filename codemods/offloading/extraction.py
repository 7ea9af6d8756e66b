"""A run of neighbouring statements -> a nested function, when it takes and gives what a function can."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from ..analysis.flow.runs import Region, ReturnKind, region
from ..analysis.nodes import BINDINGS, LOOPS, TRIES, walk
from ..analysis.scopes import FUNCTIONS
from ..analysis.syntax import span_of
from ..model import ExtractToThread, ItemsFirst
from .ahead import beside
from .enclosing import Piece
from .frame import RUNNER, Frame, Refusal
from .hazards import obstacle
from .naming import Namer
from .places import block_of, bound_by, caught_names, is_elif, is_tail, place_above

_MOST_RESULTS = 3


class Extraction(msgspec.Struct, frozen=True):
    edit: ExtractToThread
    run: tuple[ast.stmt, ...]
    returns: bool


def extraction(
    frame: Frame,
    run: Sequence[ast.stmt],
    pieces: Sequence[Piece],
    namer: Namer,
    *,
    items: ast.expr | None = None,
) -> Extraction | Refusal:
    """The run as a nested function, or why it cannot be one; `items` are awaited ahead of it."""
    first, last = run[0], run[-1]
    facts = region(frame.function, first, last)
    text = (
        _shape_obstacle(frame, run, facts, items)
        or obstacle(frame, list(run) if items is None else list(beside(frame, first, items)))
        or _name_obstacle(frame, run, facts)
    )
    if text:
        return Refusal(text, first)
    results = _in_order(frame, run, facts.live_out)
    if len(results) > _MOST_RESULTS:
        return Refusal("gives more than three results", first)
    before = place_above(frame, first)
    parameters = parameters_above(frame, run, before, facts)
    if isinstance(before, TRIES):
        inner = place_above(frame, first, within_try=True)
        is_made_often = any(isinstance(above, LOOPS) for above in frame.within(inner))
        if not is_made_often and parameters != (here := parameters_above(frame, run, inner, facts)):
            # above the `try` it would have to be given what the `try` binds
            before, parameters = inner, here
    if parameters is None:
        return Refusal("may read a variable before it is bound", first)
    inside = {node for statement in run for node in walk(statement)}
    returns = facts.returns is not ReturnKind.NEVER
    edit = ExtractToThread(
        first=span_of(first),
        last=span_of(last),
        before=span_of(before),
        name=namer.name(run, results, [piece for piece in pieces if piece.node in inside], parameters),
        parameters=parameters,
        results=() if returns else results,
        returns=returns,
        runner=RUNNER,
        global_names=tuple(sorted(facts.globals_written - _declared(frame, run))),
        is_tuple=_is_tuple(frame, last),
        gives="" if parameters else _said_to_give(frame, run, () if returns else results, returns=returns),
        items=None if items is None else ItemsFirst(span_of(items), namer.ahead(first, items)),
    )
    return Extraction(edit, tuple(run), returns)


def _said_to_give(frame: Frame, run: Sequence[ast.stmt], results: Sequence[str], *, returns: bool) -> str:
    """Where the function says what it returns, type checkers may ask for that in functions inside of it."""
    annotation = frame.function.returns
    if annotation is None:
        return ""
    said = frame.file.source(annotation) if returns else _declared_types(frame, run, results)
    return "" if "\n" in said else said


def _declared_types(frame: Frame, run: Sequence[ast.stmt], results: Sequence[str]) -> str:
    """What the run says that its results are; empty where it does not say so of all of them.

    Types of variables are never looked up, and those of functions are, but for `from __future__`.
    """
    if results and not any(each.module == "__future__" for each in frame.file.of_kind(ast.ImportFrom)):
        return ""
    nodes = [node for statement in run for node in walk(statement) if isinstance(node, ast.AnnAssign)]
    declared = {ast.unparse(node.target): frame.file.source(node.annotation) for node in nodes}
    types = [declared.get(name, "") for name in results] or ["None"]
    if "" in types:
        return ""
    return types[0] if len(types) == 1 else f"tuple[{', '.join(types)}]"


def _is_tuple(frame: Frame, last: ast.stmt) -> bool:
    """Does it end by assigning a tuple to several names, or what a call gives that gives nothing else?"""
    if isinstance(last, ast.With):
        return _is_tuple(frame, last.body[-1])
    value = last.value if isinstance(last, BINDINGS) else None
    if isinstance(value, ast.Tuple):
        return not any(isinstance(each, ast.Starred) for each in value.elts)
    return value is not None and span_of(value) in frame.tuples


def _shape_obstacle(frame: Frame, run: Sequence[ast.stmt], facts: Region, items: ast.expr | None) -> str:
    if frame.uses_locals:
        return "stands in a function that looks at its variables by name"
    if (facts.awaits and items is None) or facts.yields or frame.awaits_within(run[0], run[-1], items):
        return "holds something that is awaited"
    if facts.breaks_out:
        return "leaves a loop around it"
    if _goes_on_behind(frame, run, facts):
        return "holds a `with` that may end an exception, behind which the function goes on"
    if facts.nonlocals_written:
        return "rebinds a variable of an outer function"
    if facts.returns is ReturnKind.SOMETIMES and not _ends_function(frame, run):
        return "returns on some paths only"
    if not _owns_its_lines(frame, run):
        return "shares its line with other code"
    return ""


def _goes_on_behind(frame: Frame, run: Sequence[ast.stmt], facts: Region) -> bool:
    """Then what the `with` was to return is not returned, and what it was to bind keeps its value."""
    inside = [node for part in run for node in walk(part) if isinstance(node, ast.With)]
    ending = [each for each in inside if any(span_of(i.context_expr) in frame.swallowing for i in each.items)]
    if not ending:
        return False
    bound = {name for each in ending for node in walk(each) for name in bound_by(node)}
    returns = facts.returns is not ReturnKind.NEVER and not _ends_function(frame, run)
    return returns or bool(bound & facts.live_out)


def _ends_function(frame: Frame, run: Sequence[ast.stmt]) -> bool:
    return is_tail(frame, run[-1]) and block_of(frame, run[0])[-1] is run[-1]


def _name_obstacle(frame: Frame, run: Sequence[ast.stmt], facts: Region) -> str:
    written = facts.writes | facts.maybe_writes
    if facts.live_on_error:
        return f"binds {_listed(facts.live_on_error)} for the code that runs after an exception"
    if (facts.maybe_writes & facts.live_out) - facts.bound_before:
        return "binds a name on some paths only"
    if facts.captured_before & written or facts.rebound_by_closures & (written | facts.live_in):
        return "binds a name that an inner function shares"
    if facts.deletes & (facts.live_in | facts.live_out):
        return "deletes a name from before"
    if facts.live_out & _definitions(frame, run):
        return "defines a function, a class or an import for later"
    if _declared(frame, run) & _bound_elsewhere(frame, run):
        return "declares a global that the rest of the function binds"
    if facts.captured_inside & written & _bound_elsewhere(frame, run):
        return "makes a function over a name that changes later"
    return ""


def _definitions(frame: Frame, run: Sequence[ast.stmt]) -> set[str]:
    return {
        name
        for statement in run
        for node in walk(statement)
        if node in frame.nodes and isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom))
        for name in bound_by(node)
    }


def _declared(frame: Frame, run: Sequence[ast.stmt]) -> set[str]:
    """The names that the run itself declares `global`."""
    nodes = (node for statement in run for node in walk(statement) if node in frame.nodes)
    return {name for node in nodes if isinstance(node, ast.Global) for name in node.names}


def _bound_elsewhere(frame: Frame, run: Sequence[ast.stmt]) -> set[str]:
    inside = {node for statement in run for node in walk(statement)}
    return {name for node in frame.nodes - inside for name in bound_by(node)}


def parameters_above(
    frame: Frame, run: Sequence[ast.stmt], before: ast.stmt, facts: Region
) -> tuple[str, ...] | None:
    """What is read and rebound, and what changes or ends after the function is defined; the rest comes by
    closure."""
    inside = {node for statement in run for node in walk(statement)}
    start = span_of(before)[:2]
    later = {
        name
        for node in frame.nodes - inside
        if (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)) >= start
        for name in bound_by(node)
    }
    rebound = facts.live_in & (facts.writes | facts.maybe_writes)
    if not rebound <= facts.bound_before:
        return None
    wanted = rebound | (facts.live_in & (later | caught_names(frame, run[0])) & facts.bound_before)
    return _in_order(frame, [frame.function], wanted)


def _in_order(frame: Frame, nodes: Sequence[ast.AST], names: frozenset[str]) -> tuple[str, ...]:
    """`names` in the order in which the nodes bind them."""
    places: dict[str, tuple[int, int]] = {}
    for top in nodes:
        for node in walk(top):
            bound = (
                {node.arg} if isinstance(node, ast.arg) else bound_by(node) if node in frame.nodes else set()
            )
            for name in bound & names:
                place = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
                places[name] = min(place, places.get(name, place))
    return tuple(sorted(names, key=lambda name: (places.get(name, (0, 0)), name)))


def _owns_its_lines(frame: Frame, run: Sequence[ast.stmt]) -> bool:
    """Whether nothing else stands on the first and the last line: `if x: f()`, `f(); g()`, `elif`."""
    lines = frame.file.text.splitlines()
    if is_elif(frame, run[0]):
        return False
    start, end = span_of(run[0]), span_of(run[-1])
    ahead = lines[start.line - 1].encode()[: start.col]
    behind = lines[end.end_line - 1].encode()[end.end_col :].strip()
    return not ahead.strip() and (not behind or behind.startswith(b"#"))


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
