"""Calls that a test suite makes at run time, compared with the static call graph.

Record them in the project's own environment, this folder being importable (standard library only), then
compare them with what `async-fix graph` says:

    PYTHONPATH=tests/support RUNTIME_EDGES=edges.json python -m pytest -p runtime_edges PROJECT/tests
    async-fix graph PROJECT --format json --no-external > graph.json
    python tests/support/runtime_edges.py graph.json edges.json

An edge is recorded when a function of the project is entered straight from another one: frames of
comprehensions and of code without a file belong to what they stand in; a library in between ends the edge,
for it is the library that calls. Recall is the share of the edges between functions of the graph which the
graph has as well. `RUNTIME_EDGES_ROOT` is the project's folder, where it is not the current one.
"""

from __future__ import annotations

import ast
import dis
import json
import os
import sys
import threading
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_INLINE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_NO_CALLS = ("module", "class body")
"""What an import and a definition run."""
_RUNS_AGAIN = 0x20 | 0x80 | 0x200
"""Flags of generators, coroutines and async generators: their frames are entered once for each step."""
Named = tuple[str, str]
"""The dotted name of a scope and what kind of thing it is."""


class Recorder:
    """Collects (caller, callee, kind of callee) below `root`, of every thread."""

    def __init__(self, root: str) -> None:
        self.root = os.path.join(os.path.realpath(root), "")
        self.edges: set[tuple[str, str, str]] = set()
        self._names: dict[CodeType, Named | None] = {}
        self._files: dict[str, dict[tuple[int, str], Named]] = {}
        self._starts: dict[CodeType, int] = {}

    def start(self) -> None:
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)

    def stop(self) -> None:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]  # typeshed of older versions forbids None

    def _profile(self, frame: FrameType, event: str, argument: object) -> None:
        if event != "call" or frame.f_back is None:
            return
        callee = self._name(frame)
        if callee is None or callee[1] in _NO_CALLS or self._is_resumed(frame):
            return
        above: FrameType | None = frame.f_back
        while above is not None and (
            above.f_code.co_filename == "<string>" or above.f_code.co_name in _INLINE
        ):
            above = above.f_back
        caller = self._name(above) if above is not None else None
        if caller is not None:
            self.edges.add((caller[0], *callee))

    def _is_resumed(self, frame: FrameType) -> bool:
        """A generator that goes on is not called again."""
        code = frame.f_code
        if not code.co_flags & _RUNS_AGAIN:
            return False
        if code not in self._starts:
            # where the first step begins: the first RESUME, and before 3.11 nothing at all
            steps = (each.offset for each in dis.get_instructions(code) if each.opname == "RESUME")
            self._starts[code] = next(steps, -1)
        return frame.f_lasti > self._starts[code]

    def _name(self, frame: FrameType) -> Named | None:
        code = frame.f_code
        if code not in self._names:
            self._names[code] = self._look_up(code, frame.f_globals.get("__name__", ""))
        return self._names[code]

    def _look_up(self, code: CodeType, module: Any) -> Named | None:
        path = os.path.realpath(code.co_filename)
        if not path.startswith(self.root) or not path.endswith(".py"):
            return None
        if code.co_name == "<module>":
            return str(module), "module"
        if path not in self._files:
            self._files[path] = _scopes(path)
        found = self._files[path].get((code.co_firstlineno, code.co_name))
        return (f"{module}.{found[0]}", found[1]) if found else None


def _scopes(path: str) -> dict[tuple[int, str], Named]:
    """First line and name of a code object -> dotted name within the module, as in the graph, and kind."""
    found: dict[tuple[int, str], Named] = {}

    def visit(node: ast.AST, outer: str, in_class: bool) -> None:
        lambdas = 0
        stack = list(ast.iter_child_nodes(node))[::-1]
        while stack:
            child = stack.pop()
            if not isinstance(child, _DEFINITIONS):
                stack.extend(list(ast.iter_child_nodes(child))[::-1])
                continue
            if isinstance(child, ast.Lambda):
                lambdas += 1
                name, key = f"<lambda{lambdas}>", (child.lineno, "<lambda>")
            else:
                name = child.name
                key = (min([child.lineno, *(d.lineno for d in child.decorator_list)]), child.name)
            dotted = f"{outer}.{name}" if outer else name
            found.setdefault(key, (dotted, _kind(child, bool(outer), in_class)))
            visit(child, dotted, isinstance(child, ast.ClassDef))

    with open(path, encoding="utf-8") as file:
        visit(ast.parse(file.read()), "", False)
    return found


def _kind(node: ast.AST, is_inner: bool, in_class: bool) -> str:
    if isinstance(node, ast.Lambda):
        return "lambda"
    if isinstance(node, ast.ClassDef):
        return "class body"
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    decorators = {getattr(d, "attr", None) or getattr(d, "id", None) for d in node.decorator_list}
    if decorators & {"property", "cached_property", "setter", "hybrid_property"}:
        return "property"
    if in_class:
        return "dunder" if node.name.startswith("__") and node.name.endswith("__") else "method"
    return "nested function" if is_inner else "function"


# pytest plugin ----------------------------------------------------------------------------------------------

_recorder: Recorder | None = None


def pytest_configure(config: Any) -> None:
    global _recorder
    if "RUNTIME_EDGES" in os.environ:
        _recorder = Recorder(os.environ.get("RUNTIME_EDGES_ROOT", os.getcwd()))
        _recorder.start()


def pytest_unconfigure(config: Any) -> None:
    if _recorder is not None:
        _recorder.stop()
        Path(os.environ["RUNTIME_EDGES"]).write_text(json.dumps(sorted(_recorder.edges)), encoding="utf-8")


# comparison -------------------------------------------------------------------------------------------------


def compare(graph: dict[str, list[str]], edges: list[list[str]]) -> tuple[int, list[list[str]]]:
    """How many edges are between functions of the graph, and those of them that it lacks."""
    between = [edge for edge in edges if edge[0] in graph and edge[1] in graph]
    return len(between), [edge for edge in between if edge[1] not in graph[edge[0]]]


def main(graph_file: str, edges_file: str) -> None:
    graph = json.loads(Path(graph_file).read_text(encoding="utf-8"))
    edges = json.loads(Path(edges_file).read_text(encoding="utf-8"))
    number, missed = compare(graph, edges)
    found = number - len(missed)
    print(f"{number} edges at run time, {found} of them in the graph: recall {found / max(number, 1):.3f}")
    for kind, count in Counter(edge[2] for edge in missed).most_common():
        print(f"{count:>6}  missed: {kind}")
    for caller, callee, kind in missed:
        print(f"        {caller} -> {callee} ({kind})")


if __name__ == "__main__":
    main(*sys.argv[1:])
