"""`--format sarif`: SARIF 2.1.0 for code scanning; chains become code flows.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ... import __version__
from ...codemods.engine.codes import Page, pages
from ...codemods.model import Finding, Hop
from ..chosen.view import View
from ..shared import words
from ..shared.places import Places, Region
from .as_json import pretty

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def check(
    shown: View,
    prints: Mapping[Finding, str],
    levels: Mapping[str, str],
    places: Places,
    lines: Mapping[str, list[str]],
) -> str:
    codes = sorted({finding.code for finding in shown.findings if finding.code in pages()})
    driver = {
        "name": "async-fix",
        "semanticVersion": __version__,
        "rules": [_rule(pages()[code], levels[code]) for code in codes],
    }
    results = [
        _result(each, codes, prints[each], levels[each.code], places, lines.get(each.location.path, []))
        for each in shown.findings
    ]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": str(problem)}} for problem in shown.problems
                ],
            }
        ],
        "results": results,
    }
    return pretty({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(page: Page, level: str) -> dict[str, Any]:
    return {
        "id": page.code,
        "name": page.name,
        "shortDescription": {"text": page.what},
        "fullDescription": {"text": page.why},
        "help": {"text": f"{page.what} {page.why} {page.safety}"},
        "defaultConfiguration": {"level": level},
    }


def _result(
    finding: Finding, codes: Sequence[str], fingerprint: str, level: str, places: Places, lines: list[str]
) -> dict[str, Any]:
    region = Region(finding, lines)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code) if finding.code in codes else -1,
        "level": level,
        "message": {"text": f"{finding.message}; {words.remedy(finding)}"},
        "locations": [
            _location(
                places.in_repository(finding.location.path),
                {
                    "startLine": region.line,
                    "startColumn": region.column,
                    "endLine": region.end_line,
                    "endColumn": region.end_column,
                },
            )
        ],
        "partialFingerprints": {"asyncFix/v1": fingerprint},
    }
    if finding.chain:
        steps = [{"location": _step(hop, places)} for hop in finding.chain]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _location(path: str, region: dict[str, int]) -> dict[str, Any]:
    artifact = {"uri": quote(path), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _step(hop: Hop, places: Places) -> dict[str, Any]:
    place = _location(places.in_repository(hop.location.path), {"startLine": max(hop.location.line, 1)})
    return {**place, "message": {"text": words.short(hop.label)}}
