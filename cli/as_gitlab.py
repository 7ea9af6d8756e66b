"""`--format gitlab`: a Code Quality report, which GitLab shows in merge requests.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Mapping

from ..codemods.model import Finding
from . import words
from .as_json import pretty
from .places import Places, Region
from .view import View


def check(shown: View, prints: Mapping[Finding, str], places: Places, lines: Mapping[str, list[str]]) -> str:
    return pretty([_issue(finding, prints[finding], places, lines) for finding in shown.findings])


def _issue(
    finding: Finding, print_: str, places: Places, lines: Mapping[str, list[str]]
) -> dict[str, object]:
    region = Region(finding, lines.get(finding.location.path, []))
    via = f" ({words.chain(finding.handler, finding.chain)})" if finding.chain else ""
    return {
        "description": f"{finding.message}{via}; {words.remedy(finding)}",
        "check_name": finding.code,
        "fingerprint": print_,
        "severity": _severity(finding.code),
        "location": {
            "path": places.in_repository(finding.location.path),
            "lines": {"begin": region.line, "end": region.end_line},
        },
    }


def _severity(code: str) -> str:
    """A sync handler only waits in its thread; a missing await is wrong today."""
    return {"AF1": "minor", "AF3": "critical"}.get(code[:3], "major")
