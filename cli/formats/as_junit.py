"""`--format junit`: a test suite for each file and a test case for each handler, for the CI that shows those.

https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from xml.etree import ElementTree

from ...codemods.model import Finding
from ..chosen.view import View
from ..shared import words
from ..shared.places import Places
from . import findings

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Case(NamedTuple):
    name: str
    findings: tuple[Finding, ...] = ()
    error: str = ""


def check(shown: View, places: Places, lines: Mapping[str, list[str]]) -> str:
    suites: dict[str, list[_Case]] = {}
    found = {section.row.entry.function: section.findings for section in shown.sections if section.row}
    for row in shown.handlers:
        name = f"{row.entry.label}  {words.short(row.entry.function)}()"
        case = _Case(name, found.get(row.entry.function, ()))
        suites.setdefault(places.in_repository(row.entry.location.path), []).append(case)
    for section in shown.sections:
        if section.row is None:
            home = suites.setdefault(places.in_repository(section.location.path), [])
            home.append(_Case(f"{section.function}()", section.findings))
    for problem in shown.problems:
        home = suites.setdefault(places.shown(problem.path) if problem.path else "async-fix", [])
        home.append(_Case(problem.message, error=str(problem)))
    root = ElementTree.Element("testsuites", {"name": "async-fix"})
    for path, cases in sorted(suites.items()):
        failures, errors = sum(bool(case.findings) for case in cases), sum(bool(case.error) for case in cases)
        numbers = {"tests": len(cases), "failures": failures, "errors": errors}
        suite = ElementTree.SubElement(root, "testsuite", {"name": _text(path), "file": _text(path)})
        suite.attrib.update({key: str(number) for key, number in numbers.items()})
        for case in cases:
            _add(suite, case, _text(path.removesuffix(".py").replace("/", ".")), places, lines)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}'


def _add(
    suite: ElementTree.Element, case: _Case, home: str, places: Places, lines: Mapping[str, list[str]]
) -> None:
    test = ElementTree.SubElement(suite, "testcase", {"name": _text(case.name), "classname": home})
    if case.error:
        ElementTree.SubElement(test, "error", {"type": "problem", "message": _text(case.error)})
    if not case.findings:
        return
    first, *more = case.findings
    codes = ",".join(sorted({finding.code for finding in case.findings}))
    tail = f" (and {len(more)} more)" if more else ""
    failure = ElementTree.SubElement(
        test, "failure", {"type": codes, "message": _text(f"{first.message}{tail}")}
    )
    failure.text = _text("\n".join(_told(finding, places, lines) for finding in case.findings))


def _told(finding: Finding, places: Places, lines: Mapping[str, list[str]]) -> str:
    text = findings.concise(finding, places, lines.get(finding.location.path, []))
    via = f"\n    {words.chain(finding.handler, finding.chain)}" if finding.chain else ""
    return f"{text}{via}\n    {words.remedy(finding)}"


def _text(text: str) -> str:
    """XML 1.0 has no way to write most control characters."""
    return _NOT_XML.sub("\ufffd", text)
