"""Files that the response speaks of: what the block makes must be there when the client asks for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ....analysis.nodes import BINDINGS, LOOPS, given_to, walk
from ....analysis.scopes import FUNCTIONS
from ....analysis.syntax import span_of
from ....model import Reason
from ...blocks.parameters import Inputs
from ...blocks.runs import Run, mentions
from ...finding.handed_on import out_of_thread
from ...finding.work import Work, called
from ...sent.values import is_path_type
from ...sites import RESULT_USED, ParameterKind
from ...words import FILE_KINDS, words
from ..order.rounds import is_of_another_round, names_the_next
from ..order.ways import comes_to, step_at

FILE_TEXT = re.compile(
    r"\.(pdf|png|jpe?g|webp|gif|svg|mp4|webm|mov|zip|tar|gz|xlsx?|csv|docx?|pptx?|html?)\b", re.I
)
PATH_NAME = re.compile(
    r"(^|_)(path|file|filename|filepath|dest|destination|target|out|output|outfile|key)(_|$)"
)
_SOURCE_NAME = re.compile(r"(^|_)(source|src|input|infile|original|template)(_|$)")
_PARTS = words("name stem suffix suffixes parent parents parts anchor")
_READS = words("read_bytes read_text exists is_file is_dir stat")
_DERIVES = words("with_name with_suffix with_stem joinpath relative_to")
_WRITES = words("write_bytes write_text touch exists is_file")
_OPENS = words("open fopen")
LOOKS = words("listdir scandir iterdir walk glob iglob rglob rmdir")
_COPIES = words("copy copy2 copyfile move")
_SEES = words("exists isfile is_file")
_MADE_ANEW = words("pdf document archive")
_LEAVES = (ast.Raise, ast.Return, ast.Continue, ast.Break)


def made_files(work: Work, run: Run, inputs: Inputs) -> Iterator[Reason]:
    if not any(run.holds(site.span) and site.category in FILE_KINDS for site in work.slow):
        return
    behind = [*after(work, run)]
    later = seen_later(work, [*(s for s in run.staying if not _is_name_for(run, s, behind)), *behind])
    for name in sorted({each.root for each in inputs.parameters if each.carriage is None}):
        annotation = work.types.name(name)
        is_path = bool(PATH_NAME.search(name)) or (annotation is not None and is_path_type(annotation))
        told = [n for n in later if mentions(n, {name}) and not is_of_another_round(work, run, n, name)]
        if not is_path or not told:
            continue
        is_read = all(_is_source(work, node) for node in run.nodes if _is(node, name))
        if not is_read or not (_is_there_before(work, run, name) or _tells_parts(work, told, name)):
            text = f"{name}, which the block may write, is used afterwards"
            yield work.reason(RESULT_USED, text, run.moved[0])
    for name in sorted({node.id for node in run.nodes if isinstance(node, ast.Name)} - work.locals):
        if PATH_NAME.search(name.lower()) and any(mentions(node, {name}) for node in later):
            text = f"{name}, below which the block may write, is used afterwards"
            yield work.reason(RESULT_USED, text, run.moved[0])
    for outer in (part for node in later for part in walk(node) if isinstance(part, ast.Call)):
        call = out_of_thread(outer)
        path = _read(call)
        if path is not None and not (isinstance(path, ast.Name) and _is_there_before(work, run, path.id)):
            text = f"the file {ast.unparse(path)}, which the work may make, is read afterwards"
            yield work.reason(RESULT_USED, text, call)
        if called(call) in LOOKS or (_may_be_of(work, run, outer) and work.context.reads_files(outer)):
            text = f"{ast.unparse(call.func)}() looks at files afterwards, which the work may make or remove"
            yield work.reason(RESULT_USED, text, call)
    for node in (each for each in later if not names_the_next(work, run, each)):
        for part in walk(node):
            text = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
            if FILE_TEXT.search(text):
                spoken = f"the file that is made is spoken of afterwards ({text.strip()!r})"
                yield work.reason(RESULT_USED, spoken, node)


def _may_be_of(work: Work, run: Run, call: ast.Call) -> bool:
    """May it be about what the run makes? It is given something that the run has, or nothing of the function;
    `Store("/others").get(name)` says where it looks."""
    given = {node.id for node in walk(call) if isinstance(node, ast.Name)} & work.locals
    texts = (node.value for node in walk(call) if isinstance(node, ast.Constant))
    says_where = any(isinstance(text, str) and "/" in text for text in texts)
    return not says_where and (not given or any(mentions(statement, given) for statement in run.moved))


def _is_name_for(run: Run, statement: ast.stmt, behind: list[ast.stmt]) -> bool:
    """`path = os.path.join(..)`, between what is made and where it is written: nobody else has it."""
    if not isinstance(statement, BINDINGS):
        return False
    names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    others = (each for each in (*run.staying, *behind) if each is not statement)
    return not any(mentions(each, names) for each in others)


def seen_later(work: Work, later: list[ast.stmt]) -> list[ast.stmt]:
    """With the functions of the function that these statements name."""
    return [*later, *(node for node in work.frame if isinstance(node, FUNCTIONS) and _is_used(node, later))]


def _is_used(function: ast.AST, later: list[ast.stmt]) -> bool:
    return any(mentions(node, {getattr(function, "name", "")}) for node in later)


def _is(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_source(work: Work, node: ast.AST) -> bool:
    """The path is read from, or others are made of it; what is made is not written to it."""
    above = work.file.parents[node]
    if isinstance(above, ast.Attribute):
        outer = work.file.parents[above]
        is_called = isinstance(outer, ast.Call) and outer.func is above
        if above.attr in _OPENS and isinstance(outer, ast.Call):
            return is_called and _mode(outer, 0) == "r"
        return above.attr in _READS | _DERIVES if is_called else above.attr in _PARTS
    if isinstance(above, ast.BinOp):
        return isinstance(above.op, ast.Div) and above.left is node
    if isinstance(above, ast.keyword):
        return bool(_SOURCE_NAME.search(above.arg or ""))
    if not isinstance(above, ast.Call) or node not in above.args:
        return False
    place = above.args.index(node)
    if called(above) in _OPENS:
        return place == 0 and (not isinstance(above.func, ast.Name) or _mode(above, 1) == "r")
    if called(above) in _COPIES:
        return place == 0
    site, name = work.site(above), _parameter(work, above, place)
    is_told = site is not None and site.helper is not None and name in site.helper.only_read
    return is_told or bool(_SOURCE_NAME.search(name))


def _mode(call: ast.Call, place: int) -> str:
    """`r` for reading, `w` for the rest and for what is not written down."""
    given = [*call.args[place : place + 1], *(k.value for k in call.keywords if k.arg == "mode")]
    mode = given[0].value if given and isinstance(given[0], ast.Constant) else "w" if given else "r"
    return "r" if isinstance(mode, str) and not set(mode) & set("wax+") else "w"


def _parameter(work: Work, call: ast.Call, place: int) -> str:
    site = work.site(call)
    if site is None or site.helper is None:
        return ""
    places = (ParameterKind.POSITIONAL, ParameterKind.POSITIONAL_ONLY)
    names = [parameter.name for parameter in site.helper.parameters if parameter.kind in places]
    return names[place] if place < len(names) else ""


def _is_there_before(work: Work, run: Run, name: str) -> bool:
    """The function itself writes that very file before, or sees that it is there."""
    start = span_of(run.moved[0])[:2]
    calls = (node for node in work.frame if isinstance(node, ast.Call) and span_of(node)[:2] < start)
    return any(
        _makes_or_sees(call, name) and (called(call) not in _SEES or _is_seen(work, run, call))
        for call in calls
    )


def _is_seen(work: Work, run: Run, call: ast.Call) -> bool:
    """`if not path.exists(): raise ..`, `if path.exists(): <the run>`; what makes a file where there is none
    asks the same."""
    test: ast.AST = call
    above = work.file.parents[test]
    is_denied = isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
    joins = ast.Or if is_denied else ast.And
    while isinstance(above, ast.UnaryOp) or (isinstance(above, ast.BoolOp) and isinstance(above.op, joins)):
        test, above = above, work.file.parents[above]
    if not isinstance(above, ast.If) or above.test is not test:
        return False
    if is_denied:
        return isinstance(above.body[-1], _LEAVES)
    return any(part is run.moved[0] for statement in above.body for part in ast.walk(statement))


def _read(node: ast.Call) -> ast.expr | None:
    """The path of a file that a call reads: `FileResponse(path)`, `open(path)`, `path.read_bytes()`."""
    first = next((k.value for k in node.keywords if k.arg == "path"), node.args[0] if node.args else None)
    if called(node) == "FileResponse":
        return first
    if isinstance(node.func, ast.Name):
        return first if node.func.id in _OPENS and _mode(node, 1) == "r" else None
    is_read = isinstance(node.func, ast.Attribute) and called(node) in ("read_bytes", "read_text")
    return node.func.value if is_read else None  # type: ignore[attr-defined]


def is_made_by(call: ast.Call, name: str) -> bool:
    """Does the call write the file of that name?"""
    is_saved = called(call) in ("save", "imwrite") and any(_is(each, name) for each in call.args[:1])
    return is_saved or (called(call) not in _SEES and _makes_or_sees(call, name))


def is_made_for(work: Work, call: ast.Call, name: str) -> bool:
    """`make_report(order, path)`: slow work gets the name of what it makes, and not of what it reads."""
    site = work.site(call)
    if site is None or site.category not in _MADE_ANEW:
        return False
    given = [each for each in given_to(call) if _is(each, name)]
    return bool(given) and not any(_is_source(work, each) for each in given)


def _makes_or_sees(call: ast.Call, name: str) -> bool:
    if isinstance(call.func, ast.Attribute) and _is(call.func.value, name):
        return call.func.attr in _WRITES or (call.func.attr in _OPENS and _mode(call, 0) == "w")
    first, second = (call.args[n] if len(call.args) > n else None for n in (0, 1))
    if called(call) in _OPENS:
        return _is(first, name) and _mode(call, 1) == "w"
    return (called(call) in _SEES and _is(first, name)) or (called(call) in _COPIES and _is(second, name))


def _tells_parts(work: Work, later: list[ast.stmt], name: str) -> bool:
    """Only `target.name` and such is read; what is made of a stem may be the name of the product."""
    for node in (part for statement in later for part in walk(statement) if _is(part, name)):
        above = work.file.parents[node]
        if not isinstance(above, ast.Attribute) or above.attr not in ("name", "stem", "suffix"):
            return False
        if above.attr != "name" and isinstance(work.file.parents[above], (ast.FormattedValue, ast.BinOp)):
            return False
    return True


def after(work: Work, run: Run) -> Iterator[ast.stmt]:
    """Statements that may run after the run."""
    child: ast.AST = run.moved[-1]
    end = span_of(child)[2:]
    here = step_at(work.file, child, end)
    statements = (n for n in work.frame if isinstance(n, ast.stmt) and not isinstance(n, FUNCTIONS))
    for node in statements:
        if span_of(node)[:2] >= end and comes_to(here, step_at(work.file, node, span_of(node)[:2])):
            yield node
    for above in work.file.above(child):
        if above is work.function:
            return
        if isinstance(above, LOOPS):
            moved = run.moved
            yield from (s for s in above.body if not any(s is m for m in moved) and child not in ast.walk(s))
