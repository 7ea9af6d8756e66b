"""Messages that async code sends over HTTP: the client waits for them as for any other."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import ROUTES, Migrated, handler
from small_projects import migrate_main

MAILS = """\
from fastapi_mail import *

conf = ConnectionConfig(MAIL_USERNAME="a", MAIL_PASSWORD="b", MAIL_FROM="a@example.com")
"""
HEAD = """
import httpx
from fastapi import HTTPException

from app.mails import *

RESEND = "https://api.resend.com"
OURS = "https://mail.example.com"
HOOKS = "https://hooks.slack.com"
if OURS:
    HOOKS = OURS

"""
POSTED = 'sent = await client.post(f"{RESEND}/emails")\n        '
OPENED = "async with httpx.AsyncClient() as client:\n        {line}\n"
MOVES = {
    "email": 'await client.post("https://api.resend.com/emails", json={"to": to})',
    "email of a constant": 'await client.post(f"{RESEND}/emails", json={"to": to})',
    "email of a request": 'await client.request("POST", RESEND + "/emails", json={"to": to})',
    "email by name": 'await client.post(json={"to": to}, url="https://api.postmarkapp.com/email")',
    "push": 'await client.post("https://hooks.slack.com/services/T0/B0", json={"text": to})',
    "sms": 'sent = await client.post("https://api.twilio.com/Messages.json", data={"To": to})',
    "email that is logged": POSTED + "print(to, sent.status_code)",
}
STAYS = {
    "whose answer is returned": 'return (await client.post(f"{RESEND}/emails")).json()',
    "whose answer decides": POSTED + "if sent.is_error:\n            raise HTTPException(502)",
    "whose failure is the answer": POSTED + "sent.raise_for_status()",
    "question": 'await client.get(f"{RESEND}/emails/{to}")',
    "another host": 'await client.post("https://example.com/emails")',
    "a host that looks so": 'await client.post("https://api.resend.com.example.com/emails")',
    "a host of our own": 'await client.post(f"{OURS}/emails")',
    "a host that one of our own hides": "for RESEND in (OURS, to):\n            await client.post(RESEND)",
    "a host that is set anew": 'await client.post(f"{HOOKS}/services/T0/B0")',
    "a host that is told": 'await client.post(f"https://{to}/emails")',
}
STARRED = (
    "message = MessageSchema(subject='Hi', recipients=[to], body='x', subtype='plain')\n"
    "    await FastMail(conf).send_message(message)\n"
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    lines = [OPENED.format(line=line) for line in (*MOVES.values(), *STAYS.values())]
    handlers = [
        f'@router.post("/h{number}")\nasync def h{number}(to: str):\n    {lines}    return {{"to": to}}\n\n\n'
        for number, lines in enumerate([*lines, STARRED])
    ]
    return handler(tmp_path_factory.mktemp("deliveries"), HEAD + "\n" + "".join(handlers), mails=MAILS)


@pytest.mark.parametrize("message", MOVES)
def test_a_message_to_an_api_of_messages_is_sent_by_a_worker(done: Migrated, message: str) -> None:
    number, kind = list(MOVES).index(message), message.partition(" ")[0]
    assert done.body(f"h{number}") == (
        f"async def h{number}(to: str):\n"
        f'    await send_h{number}_{kind}_task.kiq(to)\n    return {{"to": to}}\n'
    )
    text = f"async def send_h{number}_{kind}_task(to: str) -> None:\n"
    _, _, task = done.tasks.partition(text)
    assert OPENED.format(line=MOVES[message]) in task


@pytest.mark.parametrize("request_", STAYS)
def test_a_request_that_asks_or_goes_elsewhere_stays(done: Migrated, request_: str) -> None:
    number = len(MOVES) + list(STAYS).index(request_)
    assert OPENED.format(line=STAYS[request_]) in done.body(f"h{number}")


def test_what_comes_with_a_star_is_imported_by_its_name(done: Migrated) -> None:
    number = len(MOVES) + len(STAYS)
    assert f"    await send_h{number}_email_task.kiq(to)\n" in done.body(f"h{number}")
    assert "from fastapi_mail import FastMail, MessageSchema\n" in done.imports
    assert "from app.mails import conf\n" in done.after["app/domain/tasks.py"]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("imported", "sends"),
    [
        ("import telegram", "telegram.Bot('t').send_message(chat_id=1, text=key)"),
        ("import aiosmtplib", "aiosmtplib.send(key, hostname='h')"),
    ],
)
def test_a_delivery_whose_await_was_forgotten_leaves_in_one_step(
    imported: str, sends: str, is_async: bool
) -> None:
    head = f"{imported}\n\n\n@app.post('/r')\n{'async ' * is_async}def r(key: str):\n"
    done = migrate_main(f"{head}    {sends}\n    return {{}}\n")  # a second run would change nothing
    assert f"    await {sends}\n" in done.texts["app/domain/tasks.py"]
    assert sends not in done.texts["app/main.py"]
    assert any("was never awaited" in note.text for group in done.report.groups for note in group.notes)


def test_a_delivery_that_is_waited_for_elsewhere_stays() -> None:
    body = "sent = telegram.Bot('t').send_message(chat_id=1, text=key)\n    return str(await sent)"
    text = f"import telegram\n\n\n@app.post('/r')\nasync def r(key: str):\n    {body}\n"
    assert migrate_main(text).is_unchanged


TOLD = """
import json
import logging
import urllib.request

import requests

log = logging.getLogger(__name__)
BOT = "https://api.telegram.org/bot1"


def notify_admin(text: str) -> None:
    requests.get(f"{BOT}/sendMessage", params={"text": text})


def send_webhook(text: str) -> None:
    body = urllib.request.Request(BOT, data=json.dumps({"text": text}).encode())
    with urllib.request.urlopen(body) as answer:
        if answer.status >= 300:
            log.error("webhook: %s", answer.status)


def find_mail_template(text: str) -> str:
    return requests.get(f"{BOT}/{text}").text


def load_prices(text: str) -> None:
    requests.get(f"{BOT}/{text}").raise_for_status()
"""


def test_a_function_that_is_named_after_a_message_tells_somebody_by_any_request(tmp_path: Path) -> None:
    """`requests.get(..)` and `urlopen(..)` had passed for questions: the request waited for Telegram."""
    called = ["notify_admin(to)", "send_webhook(to)", "return find_mail_template(to)", "load_prices(to)"]
    routes = [f"@router.post('/{n}')\ndef h{n}(to: str):\n    {call}\n\n\n" for n, call in enumerate(called)]
    done = handler(tmp_path, "from app.told import *\n\n\n" + "".join(routes), told=TOLD)
    moved = [
        f"await {name}_task.kiq(to)\n" in done.after[ROUTES] for name in ("notify_admin", "send_webhook")
    ]
    assert moved == [True, True]
    assert "await find_mail_template(to)" in done.after[ROUTES]
    assert "await load_prices(to)" in done.after[ROUTES]


PASSED_ON = """
import requests

HOST = "https://shop.example"


def pass_on(phone: str, kind: str) -> None:
    if kind == "image":
        url = "https://api.ultramsg.com/1/messages/image"
    else:
        url = f"https://api.ultramsg.com/1/messages/{kind}"
    requests.post(url, json={"to": phone}).raise_for_status()


def store(phone: str, kind: str) -> None:
    kind = f"{kind}/customers" if kind else HOST
    kind = f"{kind}/{phone}"
    requests.post(kind, json={"phone": phone}).raise_for_status()


def look_up(phone: str, kind: str) -> str:
    url = f"https://api.ultramsg.com/1/messages/{kind}"
    return requests.post(url, json={"to": phone}).text
"""


def test_a_function_that_sends_to_those_who_deliver_messages_tells_somebody_whatever_its_name(
    tmp_path: Path,
) -> None:
    calls = {"a": "pass_on(phone, kind)", "b": "store(phone, kind)", "c": "return look_up(phone, kind)"}
    routes = [
        f"@router.post('/{name}')\ndef {name}(phone: str, kind: str):\n    {call}\n\n\n"
        for name, call in calls.items()
    ]
    done = handler(tmp_path, "from app.told import *\n\n\n" + "".join(routes), told=PASSED_ON)
    assert "    await pass_on_task.kiq(phone, kind)\n" in done.body("a")
    assert "    await store(phone, kind)\n" in done.body("b")
    assert "    return await look_up(phone, kind)\n" in done.body("c")


URLLIB = """
import json
from urllib.request import Request, urlopen

HOOK = "https://hooks.slack.com/services/T/B"


@app.post("/x")
def x(text: str):
    body = json.dumps({{"text": text}}).encode()
    {lines}
    return {{"ok": True}}
"""
OPENED_BY_HAND = {
    "a request": "urlopen(Request(HOOK, data=body, headers={'A': 'b'}), timeout=5)",
    "a request by its name": "req = Request(HOOK, method='POST')\n    urlopen(req, body)",
    "a request that has a method": "req = Request(HOOK, None, method='PUT')\n    urlopen(req)",
    "data": "urlopen(HOOK, data=body)",
}
ASKED_BY_HAND = {
    "a question": "urlopen(HOOK)",
    "a request that asks": "req = Request(HOOK, data=None)\n    urlopen(req)",
    "an answer that is used": "return urlopen(Request(HOOK, data=body)).read()",
    "one after the other": "urlopen(HOOK, data=body)\n    urlopen(HOOK, data=body)",
}


@pytest.mark.parametrize("form", OPENED_BY_HAND)
def test_what_urlopen_tells_somebody_moves(form: str) -> None:
    done = migrate_main(URLLIB.format(lines=OPENED_BY_HAND[form]))
    assert "_task.kiq(" in done.texts["app/main.py"]
    assert "urlopen(" not in done.texts["app/main.py"]


@pytest.mark.parametrize("form", ASKED_BY_HAND)
def test_what_urlopen_asks_stays(form: str) -> None:
    text = migrate_main(URLLIB.format(lines=ASKED_BY_HAND[form])).texts["app/main.py"]
    assert text.count(".kiq(") == 0 or form == "one after the other"
    assert text.count(".kiq(") < 2


def test_a_notice_of_notify_is_no_work_of_the_request() -> None:
    handler = (
        "from notifications_python_client.notifications import NotificationsAPIClient\n\n\n"
        '@app.post("/invite")\ndef invite(to: str):\n    client = NotificationsAPIClient("key")\n'
        '    client.send_email_notification(email_address=to, template_id="x")\n    return {}\n'
    )
    done = migrate_main(handler)
    assert "    await send_invite_email_task.kiq(to)\n" in done.function("app/main.py", "invite")
