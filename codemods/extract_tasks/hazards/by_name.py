"""Work that only finds out whether something is right, by its name: it tells by raising."""

from __future__ import annotations

import re

from ..sites import SlowSite

_CHECKS = re.compile(r"(?:^|_)(verify|check|validate|authenticate|ping|noop|lookup|test)(?=_|$)")
_CHATS = ("push", "sms", "message")
_DELIVERS = re.compile(r"^(send|notify|deliver|mail|email|push|publish)_")


def is_check(site: SlowSite, name: str) -> bool:
    return is_named_as_check(name, *(["ping"] if site.category in _CHATS else []))


def is_named_as_check(name: str, *but_for: str) -> bool:
    """By the last part of its name: `verify_smtp_login`, but not `send_test_email`, nor `ping_slack`."""
    last = re.split(r"[.:]", name)[-1].lower()
    checks = {found.group(1) for found in _CHECKS.finditer(last)}.difference(but_for)
    return bool(checks) and not _DELIVERS.search(last)
