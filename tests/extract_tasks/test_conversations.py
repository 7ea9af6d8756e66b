"""Messages to one receiver come in the order in which they are sent, and others as soon as they can."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from projects import HEAD, PACKAGES, ROUTES, TASKS, Migrated, migrate

CHAT = """
import requests
from slack_sdk import WebClient


def send_sms(to: str, text: str) -> None:
    requests.post("https://graph.facebook.com/v19.0/1/messages", json={"to": to, "text": text}, timeout=5)


def show_sms_menu(phone: str, labels: list[str]) -> None:
    requests.post("https://graph.facebook.com/v19.0/1/messages", json={"to": phone, "b": labels}, timeout=5)


class Chat:
    def __init__(self, phone: str):
        self.phone = phone

    def say(self, text: str) -> None:
        requests.post("https://api.telegram.org/bot1/send", json={"chat_id": self.phone, "text": text})


def alert_team(text: str) -> None:
    WebClient(token="x").chat_postMessage(channel="#team", text=text)
"""
IMPORTS = """
import requests

from app.chat import Chat, alert_team, show_sms_menu, send_sms
from fastapi import BackgroundTasks
from pydantic import BaseModel
from slack_sdk import WebClient

BOT = "https://api.telegram.org/bot1"


class Talk(BaseModel):
    phone: str
    other: str
    lines: list[str]
    people: list[str]
"""


def done(folder: Path, body: str) -> Migrated:
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    head = '@router.post("/x")\ndef h(talk: Talk, background: BackgroundTasks, slack: str = "a"):'
    route = f"{IMPORTS}\n\n{head}\n{lines}\n    return {{}}\n"
    return migrate(folder, {**PACKAGES, "app/chat.py": CHAT, ROUTES: HEAD + route})


ONE_TASK = {
    "each line": "for line in talk.lines:\n    send_sms(talk.phone, line)",
    "a text, and what can be chosen": "send_sms(talk.phone, 'hi')\nshow_sms_menu(talk.phone, ['a'])",
    "at times": "send_sms(talk.phone, 'hi')\nif talk.lines:\n    send_sms(to=talk.phone, text='more')",
    "to a receiver of the function": "alert_team('one')\nalert_team('two')",
    "to a chat of Telegram": "for line in talk.lines:\n"
    "    requests.post(f'{BOT}/sendMessage', json={'chat_id': talk.phone, 'text': line})",
    "to a channel that has a URL": "for line in talk.lines:\n    body = {'text': line}\n"
    "    requests.post('https://hooks.slack.com/services/x', json=body)",
    "by the library": "client = WebClient(token=slack)\nfor line in talk.lines:\n"
    "    client.chat_postMessage(channel='#all', text=line)",
}


@pytest.mark.parametrize("name", ONE_TASK)
def test_one_task_sends_all(name: str, tmp_path: Path) -> None:
    found = done(tmp_path, ONE_TASK[name])
    assert found.after[ROUTES].count(".kiq(") == 1
    assert "for " not in found.after[ROUTES]
    assert found.after[TASKS].count("@broker.task") == 1


APART = {
    "to each": ("for phone in talk.people:\n    send_sms(phone, 'hi')", 1),
    "to each by its object": ("for phone in talk.people:\n    Chat(phone).say('hi')", 1),
    "to each chat": (
        "for chat in talk.people:\n"
        "    requests.post(f'{BOT}/send', json={'message': {'chat_id': chat, 'text': 'hi'}})",
        1,
    ),
    "to two": ("send_sms(talk.phone, 'hi')\nsend_sms(talk.other, 'hi')", 2),
    "in two ways": ("send_sms(talk.phone, 'hi')\nalert_team('hi')", 2),
    "one or the other": ("send_sms(talk.phone, 'a') if talk.lines else send_sms(talk.phone, 'b')", 2),
    "one, and then the end": ("if talk.lines:\n    send_sms(talk.phone, 'a')\n    return {'a': 1}\n"
                              "send_sms(talk.phone, 'b')", 2),
}  # fmt: skip


@pytest.mark.parametrize("name", APART)
def test_who_reads_no_other_gets_a_task_of_their_own(name: str, tmp_path: Path) -> None:
    body, number = APART[name]
    found = done(tmp_path, body)
    assert found.after.get(ROUTES, "").count(".kiq(") == number
    assert not any("overtake" in told for told in found.stays)


def test_what_cannot_go_together_is_sent_at_once_and_background_tasks_take_turns(tmp_path: Path) -> None:
    ends = "send_sms(talk.phone, 'hi')\nif talk.lines:\n    return {'n': 1}\nsend_sms(talk.phone, 'b')"
    found = done(tmp_path / "ends", ends).after[ROUTES]
    assert "await send_sms(talk.phone, 'hi')" in found
    assert "await send_sms_task.kiq(talk.phone, 'b')" in found
    added = "".join(f"background.add_task(send_sms, talk.phone, '{n}')\n" for n in "ab")
    behind = done(tmp_path / "behind", added)
    assert "background.add_task(send_sms, talk.phone, 'a')" in behind.after[ROUTES]
    assert any("overtake" in told for told in behind.behind), behind.behind
