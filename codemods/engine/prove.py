"""The proofs: nothing is written before the new program is shown to be sound, in memory.

Each proof names the files (or functions) that fail it; the groups behind them are dropped and reported as our bug.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..analysis import names
from ..analysis.facts import Attr, Name, Use
from ..analysis.program import Key, Program
from ..analysis.reach import HARMFUL, Reach
from ..model import ChangeGroup, FunctionId


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


def coroutines_are_awaited(before: Reach, after: Reach, turned: Iterable[FunctionId]) -> Iterator[Failure]:
    """No call of a function that turned gives a coroutine that is dropped or used as a value."""
    del before
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


def nothing_left_to_do(after: Iterable[ChangeGroup], done: frozenset[FunctionId]) -> Iterator[Failure]:
    """Planning the new program yields no change of a function that was changed."""
    for group in after:
        again = tuple(function for function in group.functions if function in done)
        if again:
            path = sorted(group.edits)[0]
            yield Failure("the second run changes nothing", path, f"{again[0]} would change again", again)
