"""`--format gitlab`: a Code Quality report, which GitLab shows in merge requests.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Mapping

from ...codemods.model import Finding
from ..chosen.view import View
from ..shared import words
from ..shared.places import Places, Region
from .as_json import pretty
from .severity import GITLAB


def check(
    shown: View,
    prints: Mapping[Finding, str],
    levels: Mapping[str, str],
    places: Places,
    lines: Mapping[str, list[str]],
) -> str:
    return pretty(
        [
            _issue(each, prints[each], levels[each.code], places, lines.get(each.location.path, []))
            for each in shown.findings
        ]
    )


def _issue(finding: Finding, print_: str, level: str, places: Places, lines: list[str]) -> dict[str, object]:
    region = Region(finding, lines)
    via = f" ({words.chain(finding.handler, finding.chain)})" if finding.chain else ""
    return {
        "description": f"{finding.message}{via}; {words.remedy(finding)}",
        "check_name": finding.code,
        "fingerprint": print_,
        "severity": GITLAB[level],
        "location": {
            "path": places.in_repository(finding.location.path),
            "lines": {"begin": region.line, "end": region.end_line},
        },
    }
