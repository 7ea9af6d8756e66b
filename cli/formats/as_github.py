"""Workflow commands: GitHub shows them as annotations on the changed lines.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from ...codemods.engine.codes import name_of
from ...codemods.model import Finding
from ..shared import words
from ..shared.places import Places, Region
from .severity import GITHUB


def annotation(finding: Finding, severity: str, places: Places, lines: list[str]) -> str:
    region = Region(finding, lines)
    where = {
        "file": places.in_repository(finding.location.path),
        "line": region.line,
        "endLine": region.end_line,
        "title": f"{finding.code} {name_of(finding.code)}",
    }
    if region.line == region.end_line:  # GitHub refuses columns that span lines
        where |= {"col": region.column, "endColumn": region.end_column}
    via = f"\n{words.chain(finding.handler, finding.chain)}" if finding.chain else ""
    message = f"{finding.message}{via}\n{words.remedy(finding)}"
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in where.items())
    return f"::{GITHUB[severity]} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
