"""How bad a finding is: `severity` of the config, and the words of each format for it."""

from __future__ import annotations

from collections.abc import Mapping

_DEFAULTS = {"AF": "warning", "AF3": "error"}
"""A missing await is wrong today, not only slow."""
GITHUB = {"error": "error", "warning": "warning", "note": "notice"}
GITLAB = {"error": "critical", "warning": "major", "note": "minor"}


def severity(code: str, chosen: Mapping[str, str]) -> str:
    """`error`, `warning` or `note`: the words of SARIF. The longest beginning of the code counts."""
    table = {**_DEFAULTS, **chosen}
    return table[max((prefix for prefix in table if code.startswith(prefix)), key=len)]
