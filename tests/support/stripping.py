"""Takes the migration out of a file again: no `async`, no `await`, calls where the hops were.

What is left must be the old code, but for what the plan names: callees that gave way to others count as the
same, and functions that got other code than that are passed over.

    PYTHONPATH=tests/support python -m stripping FOLDER PATH [PATH ...]

reads a project, changes nothing, and shows the functions of which the plan does not explain what became of
them. Exit code 1 when there are any.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from async_fix.codemods.analysis.syntax import span_of
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.edits.spans import spans_of
from async_fix.codemods.engine.plan import generated
from async_fix.codemods.engine.run import Run
from async_fix.codemods.engine.settings.config import load_config
from async_fix.codemods.model import (
    AsyncClause,
    AsyncStatement,
    AwaitExpression,
    Code,
    Edit,
    ExtractToThread,
    MoveBody,
    OffloadCall,
    OffloadExpression,
    ReplaceCall,
    Report,
    TurnAsync,
    slot,
)

_RUNNERS = {"run_in_threadpool"}
_READERS = {"iterate_in_threadpool"}
_FILES = {"anyio.open_file"}
"""`open`, each read and write of which is one hop."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_COLOURS = (TurnAsync, AsyncClause, AsyncStatement, OffloadCall, OffloadExpression, ExtractToThread, MoveBody)
"""Edits after which the code still says the same."""


@dataclass
class Explained:
    """What became of the functions of the files that changed."""

    same: int = 0
    """With the migration out again, letter for letter."""
    with_twins: int = 0
    """But for callees that the plan names."""
    other_code: int = 0
    """The plan puts other code in."""
    unexplained: list[tuple[str, str, str]] = field(default_factory=list)
    """Path and name, old and new text."""

    def add(self, path: str, old: str, new: str, edits: Sequence[Edit]) -> None:
        """One file, and the edits that made the new text of the old one."""
        own, twins = _inner(old), _twins(old, edits)
        before, after = stripped(old, own), stripped(new, own)
        renamed = stripped(old, own, twins), stripped(new, own, twins)
        for name, node in _functions(ast.parse(old).body):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines = range(first, (node.end_lineno or node.lineno) + 1)
            inside = [edit for edit in edits if any(span.line in lines for span in spans_of(edit))]
            if before[name] == after.get(name):
                self.same += bool(inside)
            elif not all(map(_says_the_same, inside)):
                self.other_code += 1
            elif name in after and renamed[0][name] == renamed[1][name]:
                self.with_twins += 1
            else:
                self.unexplained.append((f"{path}: {name}", before[name], after.get(name, "")))


def explained(run: Run, report: Report) -> Explained:
    found = Explained()
    fallen = {group.id for group, _ in report.dropped}
    groups = tuple(group for group in run.before.plan.groups if group.id not in fallen)
    made = generated.files(run.project, run.settings, groups, run.before, run.staged)
    for file in report.files:
        if file.path in run.texts and file.path.endswith(".py"):
            edits = [edit for group in groups for edit in group.edits.get(file.path, ())]
            edits += made.edits.get(file.path, ())
            found.add(file.path, run.texts[file.path], (file.new or b"").decode(), edits)
    return found


def _says_the_same(edit: Edit) -> bool:
    if isinstance(edit, AwaitExpression):
        return not edit.method and not edit.twice
    if isinstance(edit, ReplaceCall):
        return edit.arguments is None
    return isinstance(edit, _COLOURS) and not (isinstance(edit, TurnAsync) and edit.name)


def _twins(text: str, edits: Sequence[Edit]) -> Collection[str]:
    """The callees that give way, and those that come."""
    spans = {edit.span: edit.callee for edit in edits if isinstance(edit, ReplaceCall)}
    found = {ast.unparse(ast.parse(_spelled(code)).body[0]) for code in spans.values()}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and span_of(node) in spans:
            found.add(ast.unparse(node.func))
    return found


def _spelled(code: Code) -> str:
    text = code.text
    for number, need in enumerate(code.needs):
        text = text.replace(slot(number), need.name or need.module)
    return text


def stripped(text: str, own: Collection[str], twins: Collection[str] = ()) -> dict[str, str]:
    """The functions and methods of a file by their names, as text without comments; all `twins` are one.

    Inner functions are put back where they are called, but for the `own` ones of the old code.
    """
    tree = _Stripper(twins).visit(ast.parse(text))
    found: dict[str, str] = {}
    _collect(tree.body, "", own, found)
    return found


def _inner(text: str) -> frozenset[str]:
    """The names of functions inside functions."""
    outer = (node for node in ast.walk(ast.parse(text)) if isinstance(node, _Function))
    nodes = (node for function in outer for node in ast.walk(function) if node is not function)
    return frozenset(node.name for node in nodes if isinstance(node, _Function))


def _functions(body: Sequence[ast.stmt], outer: str = "") -> Iterator[tuple[str, _Function]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{outer}{node.name}.")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{outer}{node.name}", node


def _collect(body: Sequence[ast.stmt], outer: str, own: Collection[str], found: dict[str, str]) -> None:
    siblings = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        if isinstance(node, ast.ClassDef):
            _collect(node.body, f"{outer}{node.name}.", own, found)
        elif isinstance(node, ast.FunctionDef):
            found[f"{outer}{node.name}"] = ast.unparse(_body(_whole(node, siblings).body, own))


def _whole(node: ast.FunctionDef, siblings: dict[str, ast.FunctionDef]) -> ast.FunctionDef:
    """`def h(x): return _h(x)` with `def _h` beside it: the body that moved."""
    last = node.body[-1]
    if isinstance(last, ast.Return) and isinstance(last.value, ast.Call):
        name = getattr(last.value.func, "id", "") or getattr(last.value.func, "attr", "")
        moved = siblings.get(name)
        if moved is not None and name != node.name and name.lstrip("_").startswith(node.name.lstrip("_")):
            head = node.body[:-1]
            return ast.FunctionDef(node.name, node.args, [*head, *moved.body], [], None)
    return node


def _body(body: Sequence[ast.stmt], own: Collection[str]) -> ast.Module:
    return ast.fix_missing_locations(ast.Module(_inlined(list(body), own), []))


def _inlined(body: list[ast.stmt], own: Collection[str]) -> list[ast.stmt]:
    """Inner functions that are called once, right where they were cut out, are put back."""
    inner = {
        node.name: node
        for node in body
        if isinstance(node, ast.FunctionDef)
        and not (node.decorator_list or node.name in own)
        and _calls(body, node.name) == 1
    }
    out: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name in inner:
            continue
        out += _put_back(node, inner, own)
    return out or [ast.Pass()]


def _put_back(node: ast.stmt, inner: dict[str, ast.FunctionDef], own: Collection[str]) -> list[ast.stmt]:
    value = getattr(node, "value", None)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in inner:
        kept = [n for n in inner[value.func.id].body if not isinstance(n, (ast.Nonlocal, ast.Global))]
        moved = _inlined(kept, own)
        if isinstance(node, ast.Assign):
            return _assigned(moved, node.targets)
        return moved
    for name in ("body", "orelse", "finalbody"):
        part = getattr(node, name, None)
        if isinstance(part, list) and part and isinstance(part[0], ast.stmt):
            # what is called below may be defined above a loop or a `try`
            setattr(node, name, [each for one in _inlined(part, own) for each in _put_back(one, inner, own)])
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        part.body = [each for one in _inlined(part.body, own) for each in _put_back(one, inner, own)]
    return [node]


def _assigned(body: list[ast.stmt], targets: list[ast.expr]) -> list[ast.stmt]:
    """With assignments where it returned."""
    last = body[-1]
    if isinstance(last, ast.Return):
        given = last.value or ast.Constant(None)
        same = ast.unparse(given) == ast.unparse(targets[0])
        return body[:-1] if same else [*body[:-1], ast.Assign(targets, given)]
    for part in (last, *getattr(last, "handlers", ())):
        for name in ("body", "orelse"):
            if block := getattr(part, name, None):
                setattr(part, name, _assigned(block, targets) or [ast.Pass()])
    return body


def _calls(body: Sequence[ast.stmt], name: str) -> int:
    names = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name))
    return sum(node.id == name for node in names)


class _Stripper(ast.NodeTransformer):
    def __init__(self, twins: Collection[str]) -> None:
        self._twins = twins

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.FunctionDef(**dict(ast.iter_fields(node))), node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.For(**dict(ast.iter_fields(node))), node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.With(**dict(ast.iter_fields(node))), node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.is_async = 0
        return node

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        if ast.unparse(node.func) in _FILES:
            return ast.copy_location(ast.Call(ast.Name("open"), node.args, node.keywords), node)
        if name in _READERS and node.args:
            return node.args[0]
        if name in _RUNNERS and node.args:
            function, *rest = node.args
            if isinstance(function, ast.Lambda) and not rest:
                return function.body
            return ast.copy_location(ast.Call(function, rest, node.keywords), node)
        if ast.unparse(node.func) in self._twins:
            node.func = ast.Name("twin")
        return node


def main(folder: str, *paths: str) -> int:
    root = Path(folder).resolve()
    run = pipeline.start([root / path for path in paths], load_config(root))
    found = explained(run, pipeline.apply(run))
    for name, old, new in found.unexplained:
        print(name, old, "-->", new, sep="\n", end="\n\n")
    print(
        f"{found.same} functions are the same, {found.with_twins} but for their twins, "
        f"{found.other_code} hold other code that the plan names, {len(found.unexplained)} are not explained"
    )
    return int(bool(found.unexplained))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
