"""`graph`: who calls whom, in the forms that other tools read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_project import Run


def test_json_names_callers_and_callees_by_dotted_names(project: Path, run: Run) -> None:
    result = run("graph", "app")
    table = json.loads(result.raw)
    assert result.code == 0
    assert table["app.api.pay.pay"] == ["app.gateway.charge"]
    assert table["app.gateway.charge"] == ["app.gateway.Gateway.send"]


@pytest.mark.parametrize("option", ["--external", "--no-external"])
def test_functions_outside_of_the_project_on_demand(project: Path, run: Run, option: str) -> None:
    assert ("time.sleep" in run("graph", "app", option).out) is (option == "--external")


@pytest.mark.parametrize(("form", "start"), [("dot", "digraph"), ("mermaid", "graph"), ("json", "{")])
def test_forms(project: Path, run: Run, form: str, start: str) -> None:
    assert run("graph", "app", "--format", form).out.lstrip().startswith((start, "flowchart"))


def test_no_such_path(project: Path, run: Run) -> None:
    assert run("graph", "nope").err == "async-fix: nope: no such file or directory\n"
