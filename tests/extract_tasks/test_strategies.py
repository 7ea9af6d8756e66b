"""Ways to send that are chosen when the request comes: a table of channels, and a service that may refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler, source

CHANNELS = source(
    """
    import smtplib
    from abc import ABC, abstractmethod
    from email.message import EmailMessage
    from functools import wraps

    import firebase_admin
    import requests
    import unseen
    from app.errors import Blocked, NotFound
    from firebase_admin import messaging
    from twilio.rest import Client


    def told(func):
        @wraps(func)
        def wrapper(*args, **kwargs):
            try:
                return func(*args, **kwargs)
            finally:
                print(func.__name__)

        return wrapper


    def strict(func):
        @wraps(func)
        def wrapper(*args, **kwargs):
            if not args:
                raise NotFound
            return func(*args, **kwargs)

        return wrapper


    class Channel(ABC):
        @abstractmethod
        def send(self, to: str, text: str) -> None: ...


    class Mail(Channel):
        @told
        def send(self, to: str, text: str) -> None:
            message = EmailMessage()
            message["To"] = to
            message.set_content(text)
            with smtplib.SMTP("localhost") as smtp:
                smtp.send_message(message)


    class Sms(Channel):
        def __init__(self):
            self.client = Client("sid", "token")

        {decorator}
        def send(self, to: str, text: str) -> None:
            {first}
            self.client.messages.create(to=to, from_="+1", body=text)


    class Push(Channel):
        _ready = False

        {ready}

        def send(self, to: str, text: str) -> None:
            self._prepare()
            messaging.send(messaging.Message(token=to))


    CHANNELS: dict[str, Channel] = {{"mail": Mail(), "sms": Sms(), "push": Push()}}
    """
)
LAZY = """def _prepare(self):
        if not Push._ready:
            firebase_admin.initialize_app()
            Push._ready = True
"""
EARLY = """def _prepare(self):
        if Push._ready:
            return
        firebase_admin.initialize_app()
        Push._ready = True
"""
ERRORS = "class NotFound(Exception):\n    pass\n\n\nclass Blocked(NotFound):\n    pass\n"
SERVICE = source(
    """
    from app.channels import CHANNELS
    from app.errors import NotFound

    PEOPLE = {"ann": "mail", "bob": "sms", "cid": "push"}


    class Alerts:
        def alert(self, name: str, text: str) -> None:
            if name not in PEOPLE:
                raise NotFound(name)
            CHANNELS[PEOPLE[name]].send(name, text)
    """
)
ROUTE = """
from fastapi import HTTPException

from app.alerts import Alerts
from app.errors import NotFound

alerts = Alerts()


@router.post("/alert/{name}")
def alert(name: str, text: str):
    try:
        alerts.alert(name, text)
    except NotFound as exc:
        raise HTTPException(404, "nobody of that name") from exc
    return {"ok": True}
"""


def project(
    folder: Path, route: str = ROUTE, *, decorator: str = "@told", first: str = "pass", ready: str = LAZY
) -> Migrated:
    return handler(folder, route, channels=_channels(first, decorator, ready), alerts=SERVICE, errors=ERRORS)


def _channels(first: str, decorator: str = "@told", ready: str = LAZY) -> str:
    return CHANNELS.format(decorator=decorator, first=first, ready=ready.rstrip())


@pytest.mark.parametrize("ready", [LAZY, EARLY])
def test_what_may_refuse_stays_and_the_way_to_send_is_chosen_by_the_worker(
    tmp_path: Path, ready: str
) -> None:
    done = project(tmp_path, ready=ready)
    assert done.tasks == source(
        """
        @broker.task
        def send_alert_message_task(name: str, text: str) -> None:
            from app.alerts import PEOPLE

            CHANNELS[PEOPLE[name]].send(name, text)
        """
    )
    service = done.body("alert", "app/alerts.py")
    assert "raise NotFound(name)\n    await send_alert_message_task.kiq(name, text)\n" in service
    assert "        await alerts.alert(name, text)\n    except NotFound" in done.body("alert")


@pytest.mark.parametrize(
    "changed",
    [
        {"first": "raise Blocked"},
        {"first": "unseen.refuse(to)"},
        {"decorator": "@strict"},
        {"decorator": "@unseen.decorator"},
    ],
    ids=["an error below it", "a function that nobody sees", "a decorator raises it", "a decorator unseen"],
)
def test_a_channel_that_may_raise_what_the_route_answers_stays(
    tmp_path: Path, changed: dict[str, str]
) -> None:
    done = project(tmp_path, **changed)
    assert not done.tasks
    assert "await run_in_threadpool(alerts.alert, name, text)" in done.body("alert")


CHANGES = """
from app.channels import CHANNELS


@router.post("/tell/{name}")
def tell(name: str, text: str):
    CHANNELS[name].send(name, text)
    return {"ok": True}
"""


def test_what_only_one_of_the_channels_does_counts_for_the_call(tmp_path: Path) -> None:
    done = handler(
        tmp_path, CHANGES, channels=_channels("SENT.append(to)") + "\n\nSENT = []\n", errors=ERRORS
    )
    assert not done.tasks
    assert "Sms.send() changes SENT, and a worker would change its own" in " ".join(done.stays)


def test_a_channel_by_its_name(tmp_path: Path) -> None:
    done = handler(tmp_path, CHANGES, channels=_channels("pass"), errors=ERRORS)
    assert done.tasks == source(
        """
        @broker.task
        def send_tell_message_task(name: str, text: str) -> None:
            CHANNELS[name].send(name, text)
        """
    )


def test_a_flag_that_the_application_sets_elsewhere_is_not_there_in_a_worker(tmp_path: Path) -> None:
    ready = "def _prepare(self):\n        if not Push._ready:\n            raise RuntimeError\n"
    more = "\n\n@router.post('/ready')\ndef ready():\n    Push._ready = True\n    return {}\n"
    route = ROUTE.replace("from app.errors", "from app.channels import Push\nfrom app.errors") + more
    done = project(tmp_path, route, ready=ready)
    assert not done.tasks
    assert "Push._ready, which the application sets at run time" in " ".join(done.stays)
    assert "await run_in_threadpool(alerts.alert, name, text)" in done.body("alert")
