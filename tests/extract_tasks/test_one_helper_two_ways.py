"""One helper that is awaited in one place, and handed on in another."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import HEAD, PACKAGES, ROUTES, Migrated, handler, migrate, source

ROUTES_OF_BOTH = """
from fastapi import BackgroundTasks

from app.tell import ping_slack


@router.post("/now")
def now(text: str):
    ping_slack(text)
    return {}


@router.post("/later")
%s later(text: str, background: BackgroundTasks):
    background.add_task(ping_slack, text)
    return {}
"""
ANSWERS = """\
import requests
from fastapi import HTTPException


def ping_slack(text: str) -> None:
    answer = requests.post("https://hooks.slack.com/x", json={"text": text})
    if answer.status_code >= 400:
        raise HTTPException(502, "slack")
"""
QUEUES = """\
import requests
from fastapi import HTTPException


def ping_slack(text: str) -> None:
    if not text:
        raise HTTPException(400, "no text")
    requests.post("https://hooks.slack.com/x", json={"text": text})
"""
KEEPS_ERRORS = """\
import logging

import requests


def ping_slack(text: str) -> None:
    try:
        requests.post("https://hooks.slack.com/x", json={"text": text})
    except requests.RequestException as error:
        logging.warning("slack: %s", error)
"""


def _both(folder: Path, tell: str, later: str = "def") -> Migrated:
    return handler(folder, ROUTES_OF_BOTH % later, tell=tell)


@pytest.mark.parametrize("later", ["def", "async def"])
def test_a_task_awaits_the_helper_that_turns_for_another_route(tmp_path: Path, later: str) -> None:
    done = _both(tmp_path, ANSWERS, later)
    assert "await ping_slack(text)" in done.body("now")
    assert "await ping_slack_task.kiq(text)" in done.body("later")
    assert "@broker.task\nasync def ping_slack_task(text: str) -> None:\n" in done.tasks
    assert "    await ping_slack(text)" in done.tasks


@pytest.mark.parametrize("later", ["def", "async def"])
def test_what_turns_and_queues_its_part_is_no_task_as_well(tmp_path: Path, later: str) -> None:
    done = _both(tmp_path, QUEUES, later)
    assert "await ping_slack(text)" in done.body("now")
    assert "    background.add_task(ping_slack, text)\n" in done.body("later")
    assert done.tasks.count("@broker.task") == 1
    assert not done.behind


def test_a_route_that_stays_in_its_thread_queues_a_task_that_awaits(tmp_path: Path) -> None:
    files = {**PACKAGES, ROUTES: HEAD + ROUTES_OF_BOTH % "def", "app/tell.py": ANSWERS}
    kept = '[tool.async-fix.functions]\n"app.api.routes.later" = "thread"\n'
    done = migrate(tmp_path, {**files, "pyproject.toml": kept})
    assert "    background.add_task(ping_slack_task.kiq, text)" in done.after[ROUTES]
    assert "    await ping_slack(text)" in done.tasks


def test_a_chat_that_is_pinged_is_told_something(tmp_path: Path) -> None:
    done = _both(tmp_path, KEEPS_ERRORS)
    assert done.body("now") == source(
        """
        async def now(text: str):
            await ping_slack_task.kiq(text)
            return {}
        """
    )


def test_a_check_that_keeps_its_errors_works_by_nothing_else(tmp_path: Path) -> None:
    keeps = KEEPS_ERRORS.replace("ping_slack", "check_slack").replace(
        "requests.RequestException", "Exception"
    )
    routes = (ROUTES_OF_BOTH % "def").replace("ping_slack", "check_slack")
    assert "await check_slack_task.kiq(text)" in handler(tmp_path, routes, tell=keeps).body("now")


def test_a_server_that_is_pinged_is_asked(tmp_path: Path) -> None:
    mails = 'smtplib.SMTP("localhost").sendmail(text, text, "x")'
    tell = f"import smtplib\n\n\ndef ping_slack(text: str) -> None:\n    {mails}\n"
    assert ".kiq" not in _both(tmp_path, tell).body("now")


WELCOME = """\
import smtplib

from fastapi import BackgroundTasks


def send(to: str) -> bool:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@b.c", to, "hi")
    return True


def remind(to: str) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@b.c", to, "later")


def welcome(background: BackgroundTasks, to: str):
    background.add_task(remind, to)
    return send(to)
"""


def test_who_hands_one_mail_on_and_waits_for_another_is_waited_for(tmp_path: Path) -> None:
    routes = """
    from fastapi import BackgroundTasks
    from app.greet import welcome


    @router.post("/h")
    def h(to: str, background: BackgroundTasks):
        sent = welcome(background, to)
        return {"sent": sent}
    """
    done = handler(tmp_path, routes, greet=WELCOME)
    assert "remind_task.kiq" in done.after["app/greet.py"]
    assert "await run_in_threadpool(welcome, background, to)" in done.body("h")
    assert any("welcome stays" in each for each in done.stays), done.stays
