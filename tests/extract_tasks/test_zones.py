"""The zone of a datetime is lost in a queue, where its offset is not: `%Z`, and what is reckoned with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler

REMINDERS = """
from datetime import datetime

from app.mail import send_welcome


def remind(to: str, when: datetime) -> None:
    send_welcome(to, f"{when:%H:%M %Z}")


def tell(to: str, text: str) -> None:
    send_welcome(to, text)
"""
ROUTE = """
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytz
from fastapi import BackgroundTasks

from app.reminders import remind, tell

BERLIN = ZoneInfo("Europe/Berlin")

@router.post("/x")
def h(to: str, start: datetime, background: BackgroundTasks):
    {line}
    return {{}}
"""
ZONED = {
    "told in the call": 'remind(to, start.astimezone(ZoneInfo("Europe/Berlin")))',
    "one of the module": "remind(to, start.astimezone(BERLIN))",
    "bound before": "zone = BERLIN\n    local = start.astimezone(zone)\n    remind(to, local)",
    "of pytz": 'remind(to, datetime.now(pytz.timezone("Europe/Berlin")))',
    "behind the response": "local = datetime.now(BERLIN)\n    background.add_task(remind, to, local)",
    "read again": "local = start.astimezone(BERLIN)\n    remind(to, local)\n    print(local)",
}
KEPT = {
    "as it came": ("remind(to, start)", "remind_task(to: str, when: datetime)"),
    "in UTC": ("remind(to, datetime.now(timezone.utc))", "remind_task(to: str, when: datetime)"),
    "in UTC of pytz": ("remind(to, datetime.now(pytz.utc))", "remind_task(to: str, when: datetime)"),
    "a text": ('tell(to, f"{start.astimezone(BERLIN):%H:%M %Z}")', "tell_task(to: str, text: str)"),
}


def _migrated(folder: Path, line: str) -> Migrated:
    return handler(folder, ROUTE.format(line=line), reminders=REMINDERS)


@pytest.mark.parametrize("how", ZONED)
def test_a_datetime_with_a_zone_is_not_sent(tmp_path: Path, how: str) -> None:
    """Its zone goes along, with what makes it, or all of it stays."""
    done = _migrated(tmp_path, ZONED[how])
    assert "when: datetime" not in done.tasks, done.tasks
    assert "local: datetime" not in done.tasks, done.tasks


@pytest.mark.parametrize("how", KEPT)
def test_what_loses_nothing_is_sent(tmp_path: Path, how: str) -> None:
    line, task = KEPT[how]
    done = _migrated(tmp_path, line)
    assert f"def {task} -> None:" in done.tasks, (done.tasks, done.stays)
