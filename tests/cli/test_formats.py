"""What machines read: JSON, SARIF, GitHub's annotations, GitLab's Code Quality and JUnit's XML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal
from xml.etree import ElementTree

import msgspec
import pytest
from async_fix.cli.formats.as_json import JsonReport
from cli_project import Run, git, write
from sarif_types import Sarif


def lines_of(project: Path, path: str) -> list[str]:
    return (project / path).read_text().splitlines()


def test_json_keeps_to_its_types_and_nothing_else_is_on_stdout(project: Path, run: Run) -> None:
    write(project / "app/broken.py", "def f(:\n")
    result = run("check", "app/api", "--format", "json")
    report = msgspec.json.decode(result.raw, type=JsonReport, strict=True)
    assert msgspec.to_builtins(report) == json.loads(result.raw)
    assert {finding.code for finding in report.findings} >= {"AF101", "AF202", "AF203"}
    assert [problem.path for problem in report.problems] == ["app/broken.py"]
    assert {handler.label for handler in report.handlers} == {"POST /pay", "GET /slow", "GET /ok"}
    assert all(point.passed is (point.count == 0) for point in report.checklist)


def test_json_names_the_function_and_the_change_group_of_every_finding(project: Path, run: Run) -> None:
    report = msgspec.json.decode(run("check", "app/api", "--format", "json").raw, type=JsonReport)
    groups = {group.id for group in report.groups}
    for finding in report.findings:
        assert finding.function in {"pay", "slow", "charge", "Gateway.send"}
        assert finding.group in groups
        assert (finding.line, finding.column) < (finding.end_line, finding.end_column)


def test_columns_are_letters_and_not_bytes(project: Path, run: Run) -> None:
    path = project / "app/api/pay.py"
    path.write_text(
        path.read_text().replace("time.sleep(0.1)", 'größe = "øøø"; time.sleep(0.1)'), encoding="utf-8"
    )
    report = msgspec.json.decode(run("check", "app/api", "--format", "json").raw, type=JsonReport)
    finding = next(finding for finding in report.findings if finding.code == "AF202")
    line = lines_of(project, "app/api/pay.py")[finding.line - 1]
    assert line[finding.column - 1 : finding.end_column - 1] == "time.sleep(0.1)"


def test_sarif_keeps_to_the_standard(committed: Path, run: Run) -> None:
    raw = run("check", "app/api", "--format", "sarif").raw
    sarif = msgspec.json.decode(raw, type=Sarif, strict=True)
    found = sarif.runs[0]
    rules = found.tool.driver.rules
    assert found.results
    for result in found.results:
        assert rules[result.ruleIndex].id == result.ruleId
        region = result.locations[0].physicalLocation.region
        assert region.endColumn is not None
        assert (region.startLine, region.startColumn or 0) < (region.endLine or 0, region.endColumn)
    prints = [result.partialFingerprints["asyncFix/v1"] for result in found.results]
    assert len(prints) == len(set(prints))
    chains = [result.codeFlows for result in found.results if result.codeFlows]
    steps = chains[0][0].threadFlows[0].locations
    assert [step.location.message.text for step in steps if step.location.message] == [
        "charge()",
        "Gateway.send()",
        "open",
    ]


def test_fingerprints_stay_when_lines_move(project: Path, run: Run) -> None:
    def prints() -> list[str]:
        sarif = msgspec.json.decode(run("check", "app/api", "--format", "sarif").raw, type=Sarif)
        return [result.partialFingerprints["asyncFix/v1"] for result in sarif.runs[0].results]

    before = prints()
    path = project / "app/api/pay.py"
    path.write_text(path.read_text().replace("import time\n", "# one\n# two\nimport time\n"))
    assert prints() == before


def annotations(text: str) -> list[dict[str, str]]:
    found = []
    for line in text.splitlines():
        head, _, message = line.removeprefix("::warning ").partition("::")
        found.append({**dict(pair.split("=", 1) for pair in head.split(",")), "message": message})
    return found


@pytest.mark.parametrize("folder", [".", "app"])
def test_annotations_land_on_the_line_wherever_the_run_starts(
    committed: Path, run: Run, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(committed / folder)
    found = annotations(run("check", committed / "app" / "api", "--format", "github").out)
    assert found
    for row in found:
        line = lines_of(committed, row["file"])[int(row["line"]) - 1]
        code = line[int(row["col"]) - 1 : int(row["endColumn"]) - 1]
        assert code.startswith(("def ", "charge(", "time.sleep(", "open(")), code


def test_annotations_of_a_project_inside_a_repository_name_files_from_its_root(
    project: Path, run: Run
) -> None:
    git(project.parent, "init", "-q")
    rows = annotations(run("check", "app/api", "--format", "github").out)
    assert {row["file"] for row in rows} == {"project/app/api/pay.py"}


def test_annotations_escape_what_would_end_them(project: Path, run: Run) -> None:
    from async_fix.cli.formats import as_github
    from async_fix.cli.shared.places import Places
    from async_fix.codemods.model import Finding, Location, Span

    finding = Finding("AF203", "a\nb::c 100%", Location("a,b:c.py", 1, 1), Span(1, 0, 1, 3), "")
    text = as_github.annotation(finding, "warning", Places(project), ["abc"])
    assert "file=a%2Cb%3Ac.py," in text
    assert text.partition("::warning ")[2].partition("::")[2].startswith("a%0Ab::c 100%25")


def test_sarif_paths_are_uris(project: Path, run: Run) -> None:
    write(project / "app/api/with space.py", (project / "app/api/pay.py").read_text())
    data: Any = json.loads(run("check", "app/api", "--format", "sarif").raw)
    uris = {
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in data["runs"][0]["results"]
        for location in result["locations"]
    }
    assert uris == {"app/api/pay.py", "app/api/with%20space.py"}


def test_concise_is_one_line_a_finding(project: Path, run: Run) -> None:
    lines = run("check", "app/api", "--format", "concise").out.splitlines()
    assert "app/api/pay.py:20:5: AF202 time.sleep blocks" in lines
    assert all(line.startswith("app/api/pay.py:") for line in lines)


class Lines(msgspec.Struct, forbid_unknown_fields=True):
    begin: Annotated[int, msgspec.Meta(ge=1)]
    end: Annotated[int, msgspec.Meta(ge=1)]


class Place(msgspec.Struct, forbid_unknown_fields=True):
    path: Annotated[str, msgspec.Meta(pattern=r"^[^./][^\\]*$")]
    """GitLab takes no path that begins with `./`."""
    lines: Lines


class Issue(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of GitLab's Code Quality report; all members are required."""

    description: Annotated[str, msgspec.Meta(min_length=1)]
    check_name: Annotated[str, msgspec.Meta(min_length=1)]
    fingerprint: Annotated[str, msgspec.Meta(min_length=1)]
    severity: Literal["info", "minor", "major", "critical", "blocker"]
    location: Place


def test_gitlab_gets_its_members_and_every_fingerprint_once(committed: Path, run: Run) -> None:
    path = committed / "app/api/pay.py"
    path.write_text(path.read_text().replace("time.sleep(0.1)", "time.sleep(0.1); time.sleep(0.1)"))
    raw = run("check", committed / "app/api", "--format", "gitlab").raw
    issues = msgspec.json.decode(raw, type=list[Issue], strict=True)
    assert [issue.check_name for issue in issues].count("AF202") == 2
    assert len({issue.fingerprint for issue in issues}) == len(issues)
    assert {issue.location.path for issue in issues} == {"app/api/pay.py"}
    assert {issue.severity for issue in issues} == {"major"}
    sarif = msgspec.json.decode(run("check", "app/api", "--format", "sarif").raw, type=Sarif)
    prints = {result.partialFingerprints["asyncFix/v1"] for result in sarif.runs[0].results}
    assert prints == {issue.fingerprint for issue in issues}


ATTRIBUTES = {
    "testsuites": {"name"},
    "testsuite": {"name", "file", "tests", "failures", "errors"},
    "testcase": {"name", "classname"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
}
"""Those of junit-10.xsd that are used; Jenkins refuses a file with others."""


def test_junit_has_a_case_for_each_handler_and_fails_those_with_findings(project: Path, run: Run) -> None:
    write(project / "app/api/broken.py", "def f(:\n")
    result = run("check", "app/api", "--format", "junit")
    assert result.code == 1
    root = ElementTree.fromstring(result.raw)
    assert all(set(element.attrib) == ATTRIBUTES[element.tag] for element in root.iter())
    suites = {suite.attrib["name"]: suite for suite in root}
    assert list(suites) == ["app/api/broken.py", "app/api/pay.py"]
    numbers = {name: [s.attrib[key] for key in ("tests", "failures", "errors")] for name, s in suites.items()}
    assert numbers == {"app/api/broken.py": ["1", "0", "1"], "app/api/pay.py": ["3", "2", "0"]}
    cases = {case.attrib["name"]: case.find("failure") for case in suites["app/api/pay.py"]}
    assert cases.keys() == {"POST /pay  pay()", "GET /slow  slow()", "GET /ok  ok()"}
    assert cases["GET /ok  ok()"] is None
    pay = cases["POST /pay  pay()"]
    assert pay is not None
    assert "app/api/pay.py:15:12: AF203 charge blocks: it reaches open\n" in (pay.text or "")
    assert "    POST /pay -> charge() -> Gateway.send() -> open\n" in (pay.text or "")


def test_junit_of_a_clean_project_has_cases_that_pass(project: Path, run: Run) -> None:
    result = run("check", "app/api", "--format", "junit", "--ignore", "AF")
    assert result.code == 0
    root = ElementTree.fromstring(result.raw)
    assert len(list(root.iter("testcase"))) == 3
    assert not list(root.iter("failure"))


def test_junit_can_be_parsed_whatever_the_code_holds(project: Path, run: Run) -> None:
    path = project / "app/api/pay.py"
    path.write_text(path.read_text().replace('"/slow"', '"/<a>&\x0c\x1b]]>"'))
    names = [
        case.attrib["name"]
        for case in ElementTree.fromstring(run("check", "app/api", "--format", "junit").raw).iter("testcase")
    ]
    assert "GET /<a>&\ufffd\ufffd]]>  slow()" in names


def test_the_config_says_how_bad_a_finding_is_and_notes_do_not_fail(project: Path, run: Run) -> None:
    write(project / "async-fix.toml", '[severity]\nAF = "note"\nAF2 = "warning"\nAF202 = "error"\n')
    out = run("check", "app/api", "--format", "github").out
    kinds = {line.partition("title=")[2][:5]: line.partition(" ")[0] for line in out.splitlines()}
    assert kinds == {"AF101": "::notice", "AF203": "::warning", "AF202": "::error"}
    issues = json.loads(run("check", "app/api", "--format", "gitlab").raw)
    assert {issue["check_name"]: issue["severity"] for issue in issues}["AF202"] == "critical"
    sarif = msgspec.json.decode(run("check", "app/api", "--format", "sarif").raw, type=Sarif)
    assert {result.ruleId: result.level for result in sarif.runs[0].results}["AF101"] == "note"
    report = json.loads(run("check", "app/api", "--format", "json").raw)
    assert {finding["code"]: finding["severity"] for finding in report["findings"]}["AF203"] == "warning"
    assert run("check", "app/api").code == 1
    notes = run("check", "app/api", "--select", "AF1")
    assert (notes.code, "AF101" in notes.out) == (0, True)
