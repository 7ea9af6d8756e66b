"""The proofs: nothing is written before the new program is shown to be sound, in memory.

Each proof names the files (or functions) that fail it; the groups behind them are dropped and reported as our bug.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..analysis import names
from ..analysis.facts import Attr, Name, Use
from ..analysis.program import Key, Program
from ..analysis.reach import HARMFUL, KNOWN_HARM, Reach
from ..extract_tasks.importable import ImportGraph
from ..model import ChangeGroup, Edit, FunctionId, Span
from .edits.spans import spans_of
from .text.imports import remove_unused_imports
from .text.lines import split_lines


@dataclass(frozen=True, slots=True)
class Failure:
    proof: str
    path: str
    text: str
    functions: tuple[FunctionId, ...] = ()
    """The functions that fail it; empty when it is the file as a whole."""


def compiles(new: Mapping[str, str]) -> Iterator[Failure]:
    """Every changed file parses and compiles; that includes no `await` outside `async def`."""
    for path, text in sorted(new.items()):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            yield Failure("it compiles", path, f"line {getattr(error, 'lineno', 0)}: {error.args[0]}")


def comments_survive(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Failure]:
    """Every comment and docstring of the changed files is still somewhere."""
    before = _comments(old[path] for path in new if path in old)
    after = _comments(new.values())
    lost = before - after
    if lost:
        for path in sorted(new):
            here = _comments([old[path]]) if path in old else Counter()
            missing = sorted((here & lost).keys())
            if missing:
                yield Failure("comments survive", path, missing[0])


def _comments(texts: Iterable[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for text in texts:
        try:
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                if token.type == tokenize.COMMENT:
                    found[token.string.strip()] += 1
        except (tokenize.TokenError, IndentationError, SyntaxError):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)):
                doc = ast.get_docstring(node)
                if doc:
                    found[doc] += 1
    return found


def names_stay_bound(before: Program, after: Program, changed: Iterable[str]) -> Iterator[Failure]:
    """No name is read that nothing binds, unless that was so before."""
    for path in sorted(changed):
        old = set(_unbound(before, path)) if path in before.modules else set()
        for name, line in sorted(_unbound(after, path).items()):
            if name not in old:
                yield Failure("names stay bound", path, f"line {line}: {name} is bound nowhere")


def _unbound(program: Program, path: str) -> dict[str, int]:
    module = program.modules[path]
    if module.star_imports:
        return {}
    found: dict[str, int] = {}
    uses = [(r.scope, r.expr, r.span.line) for r in module.facts.references]
    uses += [(c.scope, c.func, c.span.line) for c in module.facts.calls]
    for scope, expr, line in uses:
        while isinstance(expr, Attr):
            expr = expr.value
        if isinstance(expr, Name) and expr.id not in found and not names.is_builtin(expr.id):
            if expr.id in ("__file__", "__path__", "__class__", "__annotations__"):
                continue
            if names.lookup(program, Key(path, scope), expr.id) is None:
                found[expr.id] = line
    return found


def coroutines_are_awaited(after: Reach, turned: Iterable[FunctionId]) -> Iterator[Failure]:
    """No call of a function that turned gives a coroutine that is dropped or used as a value."""
    program = after.effects.program
    wanted = {program.key(function) for function in turned}
    for key in program.functions():
        for site in after.effects.sites(key):
            if site.target is not None and program.scope(site.target).has_yield:
                continue  # an async generator is iterated or entered, or handed to FastAPI
            if site.target in wanted and site.call is not None and site.form == "call":
                use = program.call(site.call).use
                if not use & (Use.AWAITED | Use.ASYNC_WITH | Use.ASYNC_ITERATED):
                    assert site.target is not None
                    functions = (program.id(site.target), program.id(key))
                    yield Failure("coroutines are awaited", key.path, f"line {site.span[0]}: {site.name}", functions)


def nothing_blocks(after: Reach, turned: Iterable[FunctionId]) -> Iterator[Failure]:
    """No function that turned holds a blocking site in its own frame, or calls something sync that does."""
    program = after.effects.program
    for function in turned:
        key = program.key(function)
        if key is None:
            yield Failure("nothing blocks", "", f"{function} is gone", (function,))
            continue
        if not program.scope(key).is_async:
            yield Failure("nothing blocks", key.path, f"{function} is not async", (function,))
        for site in after.own(key):
            reached = site.target is not None and not program.scope(site.target).is_async and after.flags(site.target) & HARMFUL
            if site.kind in HARMFUL or reached:
                yield Failure("nothing blocks", key.path, f"line {site.span[0]}: {site.name or site.why}", (function,))


def nothing_left_to_do(after: Iterable[ChangeGroup], left: frozenset[FunctionId]) -> Iterator[Failure]:
    """Planning the new program yields no change, but for the functions that were `left` this time."""
    for group in after:
        again = tuple(function for function in group.functions if function not in left)
        if again:
            path = sorted(group.edits)[0]
            yield Failure("the second run changes nothing", path, f"{again[0]} would change again", again)


def nothing_new_blocks(before: Reach, after: Reach) -> Iterator[Failure]:
    """No async function, a new task among them, holds something that blocks and that was not in it before."""
    known = _blocking(before)
    program = after.effects.program
    for function, sites in sorted(_blocking(after).items()):
        new = sorted(sites - known.get(function, frozenset()))
        key = program.key(function)
        if new and key is not None:
            yield Failure("nothing new blocks", key.path, f"{function}: {new[0]}", (function,))


def _blocking(reach: Reach) -> dict[FunctionId, frozenset[str]]:
    program = reach.effects.program
    found: dict[FunctionId, frozenset[str]] = {}
    for key in program.functions():
        if not program.scope(key).is_async or program.modules[key.path].facts.is_test:
            continue
        names = {
            site.name
            for site in reach.own(key)
            if site.kind in KNOWN_HARM
            or (
                site.target is not None
                and not program.scope(site.target).is_async
                and reach.flags(site.target) & KNOWN_HARM
            )
        }
        if names:
            found[program.id(key)] = frozenset(names)
    return found


def statements_stay(old: Mapping[str, str], new: Mapping[str, str], edits: Mapping[str, Sequence[Edit]]) -> Iterator[Failure]:
    """Top-level statements that no edit is about, imports apart, are there letter for letter, in the same order."""
    for path, text in sorted(new.items()):
        if path not in old:
            continue
        touched = [span for edit in edits.get(path, ()) for span in spans_of(edit)]
        lines, rest = split_lines(old[path]), text
        for node in ast.parse(old[path].removeprefix("\ufeff")).body:
            if isinstance(node, (ast.Import, ast.ImportFrom)) or any(_meets(node, span) for span in touched):
                continue
            piece = "".join(lines[node.lineno - 1 : node.end_lineno])
            place = rest.find(piece.rstrip("\r\n"))
            if place < 0:
                yield Failure("what no edit is about stays", path, f"line {node.lineno} of the old file changed")
                break
            rest = rest[place + len(piece.rstrip("\r\n")) :]


def _meets(node: ast.stmt, span: Span) -> bool:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    return first <= span.end_line and span.line <= (node.end_lineno or node.lineno)


def imports_end(after: Program, created: Iterable[str]) -> Iterator[Failure]:
    """No generated module is loaded while it is being loaded: that would be an import of a half-made module."""
    graph = ImportGraph(after)
    for path in sorted(created):
        module = after.modules[path].facts.module
        for imported in sorted(graph.imports(path)):
            if path in graph.loads(after.modules[imported].facts.module):
                functions = tuple(after.id(key) for key in after.functions_of(imported))
                yield Failure("imports end", path, f"{module} imports {imported}, which leads back to it", functions)


def imports_stay_used(
    old: Mapping[str, str], new: Mapping[str, str], exported: Callable[[str], frozenset[str]]
) -> Iterator[Failure]:
    """No import is without a use that had one before; `exported` are the names that others take from a file."""
    for path, text in sorted(new.items()):
        if path in old and not path.endswith("__init__.py"):
            if remove_unused_imports(old[path], text, exported=exported(path)) != text:
                yield Failure("imports stay used", path, "an import lost its last use and is still there")
