"""`async-fix graph`: the formats, a single file, folders, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from async_fix.cli.group import cli
from click.testing import CliRunner, Result

MAIN = """
import requests
from lib import helper

def f():
    helper()
    requests.get("x")

class A:
    def m(self):
        return (lambda: f())()
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["graph", *arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "lib.py").write_text("def helper(): ...\n")
    (tmp_path / "unrelated.py").write_text("def x(): ...\n")
    return tmp_path / "main.py"


def test_a_single_file_is_the_root_module(file: Path) -> None:
    assert json.loads(run(str(file)).stdout) == {
        "lib": [],
        "lib.helper": [],
        "main": [],
        "main.A.m": ["main.A.m.<lambda1>"],
        "main.A.m.<lambda1>": ["main.f"],
        "main.f": ["lib.helper", "requests.get"],
    }


def test_without_functions_outside_the_project(file: Path) -> None:
    assert json.loads(run(str(file), "--no-external").stdout)["main.f"] == ["lib.helper"]


def test_a_file_in_a_package_finds_what_it_imports(tmp_path: Path) -> None:
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "other.py").write_text("def g(): ...\n")
    (package / "one.py").write_text("from pkg.other import g\ndef f():\n    g()\n")
    assert json.loads(run(str(package / "one.py")).stdout)["one.f"] == ["pkg.other.g"]


def test_a_folder(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (tmp_path / "pyproject.toml").write_text("")
    (app / "__init__.py").write_text("")
    (app / "a.py").write_text("from app.b import g\ndef f():\n    g()\n")
    (app / "b.py").write_text("def g(): ...\n")
    assert json.loads(run(str(app)).stdout) == {
        "app": [],
        "app.a": [],
        "app.a.f": ["app.b.g"],
        "app.b": [],
        "app.b.g": [],
    }


def test_dot(file: Path) -> None:
    lines = run(str(file), "--format", "dot").stdout.splitlines()
    assert lines[0] == "digraph calls {"
    assert '  "main.f" -> "lib.helper";' in lines
    assert lines[-1] == "}"


def test_mermaid(file: Path) -> None:
    lines = run(str(file), "--format", "mermaid", "--no-external").stdout.splitlines()
    assert lines[0] == "graph LR"
    node = {line.split('"')[1]: line.split("[")[0].strip() for line in lines if '["' in line}
    assert f"  {node['main.f']} --> {node['lib.helper']}" in lines


def test_the_same_input_gives_the_same_bytes(file: Path) -> None:
    assert run(str(file)).stdout == run(str(file)).stdout


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def f(:\n")
    result = run(str(tmp_path / "broken.py"))
    assert "broken.py" in result.stderr


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    result = run(str(tmp_path / "nothing"))
    assert result.exit_code == 2
    assert "no such file" in result.stderr
