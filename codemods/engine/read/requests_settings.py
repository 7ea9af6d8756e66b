"""What requests reads besides its arguments, and httpx does not: a file with certificates, and `~/.netrc`.

ENV REQUESTS_CA_BUNDLE=/etc/ssl/own.pem                  ->      REQUESTS_CA_BUNDLE
COPY .netrc /home/app/.netrc                             ->      .netrc
os.environ["REQUESTS_CA_BUNDLE"] = settings.ca_file      ->      REQUESTS_CA_BUNDLE
"""

from __future__ import annotations

import re

_VARIABLES = "REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC"
_NAMED = re.compile(rf"(?<![\w$\{{])({_VARIABLES}|\.netrc)\b")
_SET = re.compile(
    rf"(?:setdefault|putenv)\(\s*[\"'](?P<argument>{_VARIABLES})[\"']"
    rf"|[\"'](?P<key>{_VARIABLES})[\"']\s*(?:\]\s*=(?!=)|:)"
)
_PIPELINES = (".github/", ".gitlab-ci", ".circleci/")
"""What they set is there for the pipeline."""


def named_around(path: str, text: str) -> str:
    """In a container, a script or an environment file; empty where there is none."""
    if path.startswith(_PIPELINES):
        return ""
    for line in text.splitlines():
        is_of_a_build = "type=secret" in line  # gone when the container runs
        found = _NAMED.search(line) if not (line.lstrip().startswith("#") or is_of_a_build) else None
        if found is not None:
            return found[1]
    return ""


def set_in(code: str) -> str:
    found = _SET.search(code)
    return found["argument"] or found["key"] if found is not None else ""
