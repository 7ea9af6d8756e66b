"""Every case under `testdata/calls`: small sources and the exact edges of their call graph.

A case names the callers that have callees; all other definitions have none. `unresolved` names the callers
with a call that cannot be told; nowhere else may knowledge end, and there it must. `python` is the oldest
version that reads the sources, `impossible` says why a case is out of reach. `pytest -s` prints precision and
recall per feature.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from async_fix.codemods import catalogue
from async_fix.codemods.analysis.index.reader import index
from async_fix.codemods.analysis.judge.reaching.graph import CallGraph
from async_fix.codemods.analysis.link.infer import Inference
from async_fix.codemods.analysis.link.program import Key, Program

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CASES = Path(__file__).parents[2] / "testdata" / "calls"
Edge = tuple[str, str]


@dataclass(frozen=True)
class Outcome:
    expected: frozenset[Edge]
    found: frozenset[Edge]
    unresolved: frozenset[str]


def cases() -> list[Path]:
    return sorted(CASES.rglob("*.toml"))


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def link(files: dict[str, str], roots: list[str]) -> Program:
    facts = []
    for path, text in files.items():
        root = next((root for root in roots if path.startswith(f"{root}/")), "")
        parts = path.removeprefix(f"{root}/").removesuffix(".py").split("/")
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        facts.append(index(text, path, module, root=root, is_package=is_package))
    return Program(facts, catalogue.load(()))


def outcome(case: dict[str, Any]) -> Outcome:
    program = link(case["files"], case.get("roots", []))
    graph = CallGraph(Inference(program))
    unresolved = {
        graph.name(key)
        for path in program.modules
        for key in (Key(path, number) for number in range(len(program.modules[path].facts.scopes)))
        if any(graph.unresolved(key))
    }
    return Outcome(edges(case["calls"]), edges(graph.edges()), frozenset(unresolved))


def edges(table: dict[str, list[str]]) -> frozenset[Edge]:
    return frozenset((caller, callee) for caller, callees in table.items() for callee in callees)


def can_run(case: dict[str, Any]) -> bool:
    wanted = tuple(int(part) for part in case.get("python", "3").split("."))
    return sys.version_info >= wanted


@pytest.mark.parametrize("path", cases(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path: Path) -> None:
    case = read(path)
    if not can_run(case):
        pytest.skip(f"needs Python {case['python']}")
    result = outcome(case)
    if "impossible" in case:
        assert result.found != result.expected, "it is possible now: take the mark away"
        return
    assert sorted(result.found) == sorted(result.expected)
    assert sorted(result.unresolved) == sorted(case.get("unresolved", []))


def test_each_feature_is_found_and_nothing_else() -> None:
    """The figures; a case that is marked impossible counts against recall."""
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for path in cases():
        case = read(path)
        if can_run(case):
            result = outcome(case)
            row = table[path.parent.name]
            row[0] += 1
            row[1] += len(result.expected & result.found)
            row[2] += len(result.expected)
            row[3] += len(result.found)
    print(f"\n{'feature':<14}{'cases':>6}{'edges':>7}{'precision':>11}{'recall':>8}")
    for feature, (number, right, expected, found) in sorted(table.items()):
        print(f"{feature:<14}{number:>6}{expected:>7}{right / found:>11.3f}{right / expected:>8.3f}")
    number, right, expected, found = (sum(row[column] for row in table.values()) for column in range(4))
    print(f"{'all':<14}{number:>6}{expected:>7}{right / found:>11.3f}{right / expected:>8.3f}")
    assert number >= 120
    assert right / found >= 0.99
    assert right / expected >= 0.99
