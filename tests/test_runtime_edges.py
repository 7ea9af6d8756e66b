"""The comparison of the graph with what runs: what is recorded, and a project whose calls are all seen."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import runtime_edges
from async_fix.cli.group import cli
from click.testing import CliRunner

PROJECT = Path(__file__).parents[1] / "testdata" / "projects" / "clinic_api" / "before"
PROGRAM = """
import asyncio

def leaf(): ...
def steps():
    leaf()
    yield 1
    leaf()
    yield 2
def all_steps():
    return [step for step in steps()]
def make():
    return steps()
def begin(made):
    next(made)
    go_on(made)
def go_on(made):
    next(made)
async def wait():
    await asyncio.sleep(0)
    leaf()
async def waits():
    await wait()
class Box:
    @property
    def inside(self):
        return leaf()
    def __len__(self):
        return 1
def by_library(x):
    return x
def main():
    all_steps()
    begin(make())
    asyncio.run(waits())
    Box().inside
    len(Box())
    sorted([2, 1], key=by_library)
    (lambda: leaf())()
"""


def test_what_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    spec = importlib.util.spec_from_file_location("program", path)
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    recorder = runtime_edges.Recorder(str(tmp_path))
    before = sys.getprofile()
    recorder.start()
    try:
        program.main()
    finally:
        recorder.stop()
        sys.setprofile(before)
    assert sorted(recorder.edges) == [
        ("program.Box.inside", "program.leaf", "function"),
        ("program.all_steps", "program.steps", "function"),
        ("program.begin", "program.go_on", "function"),
        ("program.begin", "program.steps", "function"),  # where its first step is taken
        ("program.main", "program.Box.__len__", "dunder"),
        ("program.main", "program.Box.inside", "property"),
        ("program.main", "program.all_steps", "function"),
        ("program.main", "program.begin", "function"),
        ("program.main", "program.by_library", "function"),
        ("program.main", "program.main.<lambda1>", "lambda"),
        ("program.main", "program.make", "function"),
        ("program.main.<lambda1>", "program.leaf", "function"),
        ("program.steps", "program.leaf", "function"),
        ("program.wait", "program.leaf", "function"),
        ("program.waits", "program.wait", "function"),
    ]


def test_only_edges_between_functions_of_the_graph_count() -> None:
    graph = {"m.a": ["m.b"], "m.b": [], "m.c": []}
    edges = [["m.a", "m.b", "function"], ["m.b", "m.c", "method"], ["tests.t", "m.a", "function"]]
    assert runtime_edges.compare(graph, edges) == (2, [["m.b", "m.c", "method"]])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


def test_the_graph_has_every_call_that_the_suite_of_a_project_makes(project: Path) -> None:
    recorded = project.parent / "edges.json"
    paths = os.pathsep.join([str(Path(runtime_edges.__file__).parent), str(project)])
    environment = {**os.environ, "PYTHONPATH": paths, "RUNTIME_EDGES": str(recorded)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "runtime_edges", "tests"]
    subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True, timeout=120)
    graph = CliRunner().invoke(cli, ["graph", str(project), "--no-external"]).stdout
    number, missed = runtime_edges.compare(json.loads(graph), json.loads(recorded.read_text()))
    assert number >= 20
    assert missed == []
