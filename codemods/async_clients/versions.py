"""Is the version that the project declares one that has the async client?"""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

from ..catalogue.schema import Owner
from .twin import NoTwinError

_COMMENT = re.compile(r"(?m)(^|\s)#.*$")
_NUMBER = r"\d\w*(?:\.\w+)*(?:\.\*)?"
_LIMIT = rf"(?:===?|~=|!=|<=?|>=?|\^|~)\s*{_NUMBER}"
_LIMITS = rf"{_LIMIT}(?:\s*,\s*{_LIMIT})*"
_PARTS = re.compile(rf"([=~!<>^]*)\s*({_NUMBER})")


def check_version(declared: str, cls: Owner) -> None:
    """`declared` is the text of the project's dependency files. Raises `NoTwinError` where it keeps out every
    version that has the twin of a class."""
    if cls.since is None:
        return
    distribution = cls.distribution or cls.name.partition(".")[0]
    limits = limits_below(declared, distribution, cls.since)
    if limits:
        raise NoTwinError(
            f"the project declares {distribution} {limits}, and its async client needs {cls.since} or later"
        )


def limits_below(declared: str, distribution: str, since: str) -> str:
    """The limits that keep out every version from `since` on; empty where there are none."""
    name = "[-_.]+".join(map(re.escape, re.split(r"[-_.]+", distribution)))
    in_table = rf"=\s*(?:\{{[^}}]*?\bversion\s*=\s*)?[\"']\s*({_LIMITS}|{_NUMBER})"
    written = rf"(?i)(?<![\w.-]){name}(?:\[[^\]]*\])?(?:[\"']?\s*{in_table}|\s*\(?\s*({_LIMITS}))"
    for found in re.finditer(written, _COMMENT.sub("", declared)):
        limits = found[1] or found[2]
        if any(_ends_before(sign, number, Version(since)) for sign, number in _PARTS.findall(limits)):
            return str(limits)
    return ""


def _ends_before(sign: str, number: str, since: Version) -> bool:
    """Does a limit of pip or Poetry end before `since`?"""
    try:
        version = Version(number.removesuffix(".*"))
    except InvalidVersion:
        return False
    release = version.release
    if sign in ("", "=", "==", "==="):
        return release < since.release[: len(release)] if number.endswith("*") else version < since
    if sign in ("<", "<="):
        return version < since or (sign == "<" and version == since)
    first = next((place for place, part in enumerate(release) if part), len(release) - 1)
    kept = {"~=": max(len(release) - 1, 1), "^": first + 1, "~": min(len(release), 2)}.get(sign)
    if kept is None:
        return False
    *same, last = release[:kept]
    return Version(".".join(map(str, (*same, last + 1)))) <= since
