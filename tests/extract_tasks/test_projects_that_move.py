"""Slow work that moves: the handler, the tasks, and that both run."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from projects import HEAD, MAIL, OUTBOX, PACKAGES, ROUTES, Migrated, handler, migrate, source

WELCOME = source("""
    @broker.task
    def send_welcome_task(to: str, name: str, *, lang: str = "en") -> None:
        send_welcome(to, name, lang=lang)
    """)
# every way into the project: a circular import shows in one of them
ENTRANCES = ("app.main", "app.domain.tasks", "app.domain.broker")
ASK = """from fastapi.testclient import TestClient
from app.main import app

with TestClient(app) as client:
    answer = client.{request}
    print(answer.status_code, answer.json())
"""


def asked(done: Migrated, request: str, **environment: str) -> list[str]:
    """The mails in their order, and the answer."""
    return done.runs(OUTBOX + ASK.format(request=request), **environment).splitlines()


def is_open(done: Migrated) -> bool:
    """Can every module be the first that is imported?"""
    return not any(done.runs(f"import {module}") for module in ENTRANCES)


IN_PLACE = {"TASKIQ_IN_PLACE": "1"}


def test_a_call_of_a_helper(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.mail import send_welcome


        @router.post("/join")
        def join(to: str):
            send_welcome(to, "Ann", lang="de")
            return {"joined": to}
        """,
    )
    assert done.body("join") == source("""
        async def join(to: str):
            await send_welcome_task.kiq(to, "Ann", lang="de")
            return {"joined": to}
        """)
    assert done.tasks == WELCOME
    assert asked(done, 'post("/join?to=ann")', **IN_PLACE) == [
        "mail ann Welcome Ann (de)",
        "200 {'joined': 'ann'}",
    ]
    assert sorted(asked(done, 'post("/join?to=ann")')) == [
        "200 {'joined': 'ann'}",
        "mail ann Welcome Ann (de)",
    ], "without TASKIQ_IN_PLACE it runs beside the request, and the application waits for it at its end"


def test_a_block_in_the_handler_itself(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from pydantic import BaseModel

        SENDER = "shop@example.com"


        class Member(BaseModel):
            name: str
            email: str
            password: str


        @router.post("/members")
        def create_member(member: Member):
            # greet the new one
            msg = EmailMessage()
            msg["From"] = SENDER
            msg["To"] = member.email
            msg["Subject"] = f"Hello {member.name}"
            with smtplib.SMTP("localhost") as smtp:  # local relay
                smtp.send_message(msg)
            return {"name": member.name}
        """,
    )
    assert done.body("create_member") == source("""
        async def create_member(member: Member):
            await send_member_email_task.kiq(member.email, member.name)
            return {"name": member.name}
        """)
    assert done.tasks == source("""
        @broker.task
        def send_member_email_task(email: str, name: str) -> None:
            from app.api.routes import SENDER

            # greet the new one
            msg = EmailMessage()
            msg["From"] = SENDER
            msg["To"] = email
            msg["Subject"] = f"Hello {name}"
            with smtplib.SMTP("localhost") as smtp:  # local relay
                smtp.send_message(msg)
        """)
    body = '{"name": "Ann", "email": "a@b.de", "password": "x"}'
    assert asked(done, f'post("/members", json={body})', **IN_PLACE) == [
        "mail a@b.de Hello Ann",
        "200 {'name': 'Ann'}",
    ]


def test_a_helper_of_the_route_module_is_imported_inside_the_task(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        def notify(to: str) -> None:
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@example.com", to, "hello")


        @router.post("/x")
        def h(to: str):
            notify(to)
            return {}
        """,
    )
    assert done.tasks == source("""
        @broker.task
        def notify_email_task(to: str) -> None:
            from app.api.routes import notify

            notify(to)
        """)
    assert is_open(done)
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == ["mail ann hello", "200 {}"]


SERVICES = """\
from typing import Annotated

from fastapi import Depends

from app.mail import deliver, send_welcome


class Notifier:
    def greet(self, to: str) -> None:
        send_welcome(to, "Ann")

    @staticmethod
    def plain(to: str) -> None:
        send_welcome(to, "friend")

    @classmethod
    def default(cls, to: str) -> None:
        cls().greet(to)


class Account:
    def __init__(self, name: str) -> None:
        self.name = name

    def greet(self, to: str) -> None:
        send_welcome(to, self.name)


def configured() -> Account:
    return Account("Bob")


notifier = Notifier()
account = Account("Cid")
Current = Annotated[Account, Depends(configured)]
"""
RECEIVERS = {
    "an instance of the module": ("notifier.greet(to)", "", "notifier.greet(to)", "Ann"),
    "an instance with a configuration": ("account.greet(to)", "", "account.greet(to)", "Cid"),
    "one made at its place": ("Notifier().greet(to)", "", "Notifier().greet(to)", "Ann"),
    "a static method": ("Notifier.plain(to)", "", "Notifier.plain(to)", "friend"),
    "a class method": ("Notifier.default(to)", "", "Notifier.default(to)", "Ann"),
    "an injected class": ("s.greet(to)", ", s: Notifier = Depends()", "Notifier().greet(to)", "Ann"),
    "a factory's": ("s.greet(to)", ", s: Account = Depends(configured)", "configured().greet(to)", "Bob"),
    "an alias of it": ("s.greet(to)", ", s: Current", "configured().greet(to)", "Bob"),
}


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_methods(tmp_path: Path, receiver: str) -> None:
    call, parameter, inside, name = RECEIVERS[receiver]
    done = handler(
        tmp_path,
        f"""
        from fastapi import Depends

        from app.service import Account, Current, Notifier, account, configured, notifier


        @router.post("/x")
        def h(to: str{parameter}):
            {call}
            return {{}}
        """,
        service=SERVICES,
    )
    task = "plain_task" if "plain" in call else "default_task" if "default" in call else "greet_task"
    assert f"    await {task}.kiq(to)\n" in done.body("h")
    assert done.tasks == f"@broker.task\ndef {task}(to: str) -> None:\n    {inside}\n"
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == [f"mail ann Welcome {name} (en)", "200 {}"]


def test_an_object_made_in_the_handler_goes_along(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.service import Account


        @router.post("/x")
        def h(to: str):
            mine = Account("Dan")
            mine.greet(to)
            return {}
        """,
        service=SERVICES,
    )
    assert done.tasks == source("""
        @broker.task
        def greet_task(to: str) -> None:
            mine = Account("Dan")
            mine.greet(to)
        """)
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == ["mail ann Welcome Dan (en)", "200 {}"]


CONFIG = """\
from dataclasses import dataclass
from functools import lru_cache


@dataclass
class Settings:
    host: str = "localhost"
    password: str = "x"


@lru_cache
def get_settings() -> Settings:
    return Settings()
"""


def test_injected_settings_are_asked_for_by_the_task(tmp_path: Path) -> None:
    """Else the password would lie in the queue."""
    done = handler(
        tmp_path,
        """
        from fastapi import Depends
        from app.config import Settings, get_settings


        @router.post("/x")
        def h(to: str, settings: Settings = Depends(get_settings)):
            with smtplib.SMTP(settings.host) as smtp:
                smtp.sendmail(settings.password, to, "hello")
            return {}
        """,
        config=CONFIG,
    )
    assert done.tasks == source("""
        @broker.task
        def send_h_email_task(to: str) -> None:
            settings = get_settings()
            with smtplib.SMTP(settings.host) as smtp:
                smtp.sendmail(settings.password, to, "hello")
        """)
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == ["mail ann hello", "200 {}"]


# chains ---------------------------------------------------------------------------------------------------

MEMBERS = """\
from app.mail import send_welcome

MEMBERS: list[str] = []


def greet(to: str) -> None:
    print("greeting")
    send_welcome(to, "Ann")


def sign_up(to: str) -> int:
    MEMBERS.append(to)
    send_welcome(to, "Ann")
    return len(MEMBERS)
"""


def test_a_chain_is_cut_at_the_route_where_all_of_it_is_slow_work(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.members import greet


        @router.post("/x")
        def h(to: str):
            greet(to)
            return {}
        """,
        members=MEMBERS,
    )
    assert "    await greet_task.kiq(to)\n" in done.body("h")
    assert done.tasks == "@broker.task\ndef greet_task(to: str) -> None:\n    greet(to)\n"
    assert "app/members.py" not in done.after


def test_a_chain_is_cut_inside_the_service_that_does_more(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.members import sign_up


        @router.post("/x")
        def h(to: str):
            number = sign_up(to)
            return {"number": number}
        """,
        members=MEMBERS,
    )
    assert "    number = await sign_up(to)\n" in done.body("h")
    assert done.body("sign_up", "app/members.py") == source("""
        async def sign_up(to: str) -> int:
            MEMBERS.append(to)
            await send_welcome_task.kiq(to, "Ann")
            return len(MEMBERS)
        """)
    assert done.tasks == WELCOME
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == ["mail ann Welcome Ann (en)", "200 {'number': 1}"]


# behind the response --------------------------------------------------------------------------------------

QUEUED, ADDED = "await send_welcome_task.kiq(", "background.add_task(send_welcome_task.kiq, "
BEHIND = {
    "the last effect": ("background.add_task(send_welcome, to, name='Ann')", QUEUED, False),
    "in an if": ("if to:\n    background.add_task(send_welcome, to, 'Ann')", QUEUED, False),
    "before a check": ("background.add_task(send_welcome, to, 'Ann')\ncheck(to)", ADDED, True),
    "in a loop": ("for one in to:\n    background.add_task(send_welcome, one, 'Ann')", QUEUED, False),
    "in a loop that may fail": (
        "for one in to:\n    background.add_task(send_welcome, one, 'Ann')\n    check(one)",
        ADDED,
        True,
    ),
    "in tasks of the response's own": (
        "later = BackgroundTasks()\nlater.add_task(send_welcome, to, 'Ann')",
        "later.add_task(send_welcome_task.kiq, ",
        True,
    ),
    "beside another": (
        "background.add_task(print, to)\nbackground.add_task(send_welcome, to, 'Ann')",
        ADDED,
        True,
    ),
}


@pytest.mark.parametrize("place", BEHIND)
def test_background_tasks(tmp_path: Path, place: str) -> None:
    """The parameter goes with its last use."""
    body, expected, is_kept = BEHIND[place]
    head = """
        from fastapi import BackgroundTasks, HTTPException
        from app.mail import send_welcome


        def check(to: str) -> None:
            if to == "nobody":
                raise HTTPException(404)


        @router.post("/x")
        def h(to: str, background: BackgroundTasks):
        """
    done = handler(tmp_path, source(head) + textwrap.indent(f"{body}\nreturn {{}}\n", "    "))
    assert expected in done.body("h")
    assert ("BackgroundTasks" in done.after[ROUTES]) == is_kept


def test_a_background_task_of_the_response_itself(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from fastapi.responses import JSONResponse
        from starlette.background import BackgroundTask
        from app.mail import send_welcome


        @router.post("/x")
        def h(to: str):
            return JSONResponse({}, background=BackgroundTask(send_welcome, to, "Ann"))
        """,
    )
    assert 'background=BackgroundTask(send_welcome_task.kiq, to, "Ann")' in done.body("h")
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == ["mail ann Welcome Ann (en)", "200 {}"]


def test_a_parameter_that_another_caller_gives_is_kept(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from fastapi import BackgroundTasks
        from app.mail import send_welcome


        @router.post("/x")
        def h(to: str, background: BackgroundTasks):
            background.add_task(send_welcome, to, "Ann")
            return {}


        @router.post("/y")
        def again(to: str, background: BackgroundTasks):
            return h(to, background)
        """,
    )
    assert "async def h(to: str, background: BackgroundTasks):" in done.body("h")


FORGOTTEN = {
    "a thread": "Thread(target=send_welcome, args=(to, 'Ann'), daemon=True).start()",
    "a named thread": "t = Thread(target=send_welcome, args=(to,), kwargs={'name': 'Ann'})\nt.start()",
    "an executor": "pool.submit(send_welcome, to, 'Ann')",
    "a loop's executor": "get_running_loop().run_in_executor(None, send_welcome, to, 'Ann')",
    "a thread that is waited for": "await to_thread(send_welcome, to, 'Ann')",
    "an executor waited for": "await get_running_loop().run_in_executor(None, send_welcome, to, 'Ann')",
    "a pool that is waited for": "await run_in_threadpool(send_welcome, to, 'Ann')",
}


@pytest.mark.parametrize("how", FORGOTTEN)
def test_threads(tmp_path: Path, how: str) -> None:
    head = """
        from asyncio import get_running_loop, to_thread
        from concurrent.futures import ThreadPoolExecutor
        from threading import Thread
        from fastapi.concurrency import run_in_threadpool
        from app.mail import send_welcome

        pool = ThreadPoolExecutor()


        @router.post("/x")
        async def h(to: str):
        """
    done = handler(tmp_path, source(head) + textwrap.indent(f"{FORGOTTEN[how]}\nreturn {{}}\n", "    "))
    passed = "name='Ann'" if "kwargs" in FORGOTTEN[how] else "'Ann'"
    queued = f"    await send_welcome_task.kiq(to, {passed})\n"
    assert done.body("h") == f"async def h(to: str):\n{queued}    return {{}}\n"
    assert done.tasks == WELCOME


# control flow ---------------------------------------------------------------------------------------------


def test_one_task_for_each_of_a_loop(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.mail import send_welcome


        @router.post("/x")
        def h(to: list[str]):
            for one in to:
                if one == "stop":
                    break
                send_welcome(one, "Ann")
            return {}
        """,
    )
    assert '        await send_welcome_task.kiq(one, "Ann")\n' in done.body("h")
    assert asked(done, 'post("/x", json=["a", "b", "stop", "c"])', **IN_PLACE) == [
        "mail a Welcome Ann (en)",
        "mail b Welcome Ann (en)",
        "200 {}",
    ]


def test_a_loop_that_tries_again_goes_as_a_whole(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        import time
        from app.mail import send_welcome


        @router.post("/x")
        def h(to: str):
            for attempt in range(3):
                try:
                    send_welcome(to, "Ann")
                    break
                except OSError:
                    time.sleep(1)
            return {}
        """,
    )
    assert done.body("h") == "async def h(to: str):\n    await send_welcome_task.kiq(to)\n    return {}\n"
    assert done.tasks == source("""
        @broker.task
        def send_welcome_task(to: str) -> None:
            for attempt in range(3):
                try:
                    send_welcome(to, "Ann")
                    break
                except OSError:
                    time.sleep(1)
        """)


def test_a_temporary_file_goes_with_all_of_its_life(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        import os
        import tempfile
        from fpdf import FPDF


        @router.post("/x")
        def h(to: str):
            pdf = FPDF()
            pdf.add_page()
            path = tempfile.mktemp()
            pdf.output(path)
            with open(path, "rb") as f:
                data = f.read()
            msg = EmailMessage()
            msg["To"] = to
            msg.add_attachment(data, maintype="application", subtype="pdf")
            with smtplib.SMTP("localhost") as smtp:
                smtp.send_message(msg)
            os.remove(path)
            return {}
        """,
    )
    assert done.body("h") == "async def h(to: str):\n    await send_h_email_task.kiq(to)\n    return {}\n"
    assert done.tasks.count("path") == 4
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == ["mail ann None", "200 {}"]


def test_async_mail_is_an_async_task(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        import aiosmtplib


        @router.post("/x")
        async def h(to: str):
            msg = EmailMessage()
            msg["To"] = to
            await aiosmtplib.send(msg, hostname="localhost")
            return {}
        """,
    )
    assert done.tasks == source("""
        @broker.task
        async def send_h_email_task(to: str) -> None:
            msg = EmailMessage()
            msg["To"] = to
            await aiosmtplib.send(msg, hostname="localhost")
        """)


SLOW_INSIDE = """\
from app.mail import send_welcome


async def invite(to: str) -> None:
    send_welcome(to, "Ann")
"""


def test_an_async_helper_that_blocks_queues_its_own_part(tmp_path: Path) -> None:
    """It would block the loop of the worker; and who calls it goes on awaiting it."""
    done = handler(
        tmp_path,
        """
        from fastapi import BackgroundTasks
        from app.club import invite


        @router.post("/x")
        async def h(to: str, background: BackgroundTasks):
            await invite(to)
            background.add_task(invite, to)
            return {}
        """,
        club=SLOW_INSIDE,
    )
    assert "app/api/routes.py" not in done.after
    assert '    await send_welcome_task.kiq(to, "Ann")\n' in done.body("invite", "app/club.py")
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == [*["mail ann Welcome Ann (en)"] * 2, "200 {}"]


HOOKS = """\
import logging

import requests

logger = logging.getLogger(__name__)


class SmsGateway:
    def __init__(self, url: str):
        self.url = url

    def send(self, to: str) -> None:
        requests.post(f"{self.url}/sms", json={"to": to}, timeout=3)


def notify_chat(to: str) -> None:
    try:
        requests.post("http://127.0.0.1:9/hook", json={"to": to}, timeout=3)
    except requests.RequestException:
        print("no hook for", to)


def get_sms_gateway() -> SmsGateway:
    return SmsGateway("http://127.0.0.1:9")
"""


@pytest.mark.parametrize("service", ["", "async "])
def test_a_helper_that_only_a_worker_runs_stays_as_it_is(tmp_path: Path, service: str) -> None:
    """Whether the route calls it, or a coroutine function that the route awaits."""
    if service:
        body = "async def tell(to: str):\n    notify_chat(to)\n\n\n"
        body += '@router.post("/x")\nasync def h(to: str):\n    await tell(to)\n    return {}\n'
    else:
        body = '@router.post("/x")\ndef h(to: str):\n    notify_chat(to)\n    return {}\n'
    done = handler(tmp_path, f"from app.hooks import notify_chat\n\n\n{body}", hooks=HOOKS)
    assert "app/hooks.py" not in done.after
    assert done.tasks == source("""
        @broker.task
        def notify_chat_task(to: str) -> None:
            notify_chat(to)
        """)
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == ["no hook for ann", "200 {}"]


def test_a_block_awaits_the_helper_that_turns_for_another_caller(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from fastapi import Depends, HTTPException
        from app.hooks import SmsGateway, get_sms_gateway


        @router.post("/x")
        def h(to: str):
            gateway = SmsGateway("http://127.0.0.1:9")
            gateway.send(to)
            return {}


        @router.post("/y")
        def injected(to: str, gateway: SmsGateway = Depends(get_sms_gateway)):
            gateway.send(to)
            return {}


        @router.post("/z")
        def answered(to: str):
            try:
                get_sms_gateway().send(to)
            except ValueError:
                raise HTTPException(400)
            return {}
        """,
        hooks=HOOKS,
    )
    assert "    await gateway.send(to)\n" in done.tasks
    assert "    await get_sms_gateway().send(to)\n" in done.tasks
    assert "        await get_sms_gateway().send(to)\n" in done.body("answered")
    assert "def get_sms_gateway() -> SmsGateway:" in done.after["app/hooks.py"]
    assert done.body("injected").startswith("async def injected(to: str):\n")


LOGGED = {
    "in a log": "print('hook', answer.status_code)",
    "where it failed": "if answer.status_code >= 400:\n    print('hook', answer.text)",
    "in both cases": "if answer.ok:\n    print('sent')\nelse:\n    print('not sent')",
}


@pytest.mark.parametrize("where", LOGGED)
def test_an_answer_that_is_only_logged(tmp_path: Path, where: str) -> None:
    head = "import requests\n\n\n@router.post('/x')\ndef h(to: str):\n"
    post = "answer = requests.post('http://127.0.0.1:9', json={'to': to}, timeout=3)"
    body = f"{post}\n{LOGGED[where]}\nreturn {{}}\n"
    done = handler(tmp_path, head + textwrap.indent(body, "    "))
    assert done.body("h") == "async def h(to: str):\n    await send_h_request_task.kiq(to)\n    return {}\n"


LEVELS = """\
from dataclasses import dataclass
from enum import Enum

from app.mail import send_welcome


class Level(str, Enum):
    HIGH = "high"


@dataclass
class Player:
    name: str
    level: Level


def rank(to: str, level: Level, words: dict) -> None:
    send_welcome(to, f"{level.name} {words['level']}")
"""


def test_an_enumeration_and_its_value_cross_the_queue(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.levels import Player, rank


        @router.post("/x")
        def h(player: Player):
            rank(player.name, player.level, {"level": player.level.value})
            return {}
        """,
        levels=LEVELS,
    )
    assert done.tasks == source("""
        @broker.task
        def rank_task(to: str, level: Level, words: dict) -> None:
            rank(to, level, words)
        """)
    request = 'post("/x", json={"name": "ann", "level": "high"})'
    assert asked(done, request, **IN_PLACE) == ["mail ann Welcome HIGH high (en)", "200 {}"]


TEMPLATES = """\
from app.mail import send_welcome


def send_template(to: str, name: str = "hello", **values: object) -> None:
    send_welcome(to, f"{name} {sorted(values.items())}")
"""


def test_values_for_a_template_go_through_the_task_as_the_helper_takes_them(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.templates import send_template


        @router.post("/x")
        def h(to: str, number: int):
            url = f"/orders/{number}"
            send_template(to, url=url, number=number)
            return {}
        """,
        templates=TEMPLATES,
    )
    assert done.tasks == source("""
        @broker.task
        def send_template_task(to: str, name: str = "hello", **values: object) -> None:
            send_template(to, name, **values)
        """)
    request = 'post("/x?to=ann&number=7")'
    sent = "mail ann Welcome hello [('number', 7), ('url', '/orders/7')] (en)"
    assert asked(done, request, **IN_PLACE) == [sent, "200 {}"]


def test_what_two_stars_take_has_the_type_that_stands_there(tmp_path: Path) -> None:
    """Nobody knows what a row of the database holds; the helper says what it takes."""
    done = handler(
        tmp_path,
        """
        from app.templates import send_template


        @router.post("/x")
        def h(to: str):
            row = dict(KNOWN[to])
            send_template(to, title=row["title"])
            return {}


        KNOWN = __import__("app.known").known.ROWS
        """,
        templates=TEMPLATES.replace("**values: object", "**values: str"),
        known="ROWS = {'ann': [('title', 'Jazz')]}\n",
    )
    assert 'await send_template_task.kiq(to, title=row["title"])' in done.body("h")
    assert 'def send_template_task(to: str, name: str = "hello", **values: str) -> None:' in done.tasks
    sent = "mail ann Welcome hello [('title', 'Jazz')] (en)"
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == [sent, "200 {}"]


def test_a_helper_that_is_given_the_background_tasks(tmp_path: Path) -> None:
    """It needs no `await`, so it stays as it is but for the function that it adds."""
    done = handler(
        tmp_path,
        """
        from fastapi import BackgroundTasks
        from app.later import remind


        @router.post("/x")
        def h(to: str, background: BackgroundTasks):
            remind(background, to)
            return {}
        """,
        later="from fastapi import BackgroundTasks\n\nfrom app.mail import send_welcome\n\n\n"
        "def remind(tasks: BackgroundTasks, to: str) -> None:\n    tasks.add_task(send_welcome, to, 'Ann')\n",
    )
    assert done.body("remind", "app/later.py") == source("""
        def remind(tasks: BackgroundTasks, to: str) -> None:
            tasks.add_task(send_welcome_task.kiq, to, 'Ann')
        """)
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == ["mail ann Welcome Ann (en)", "200 {}"]


# the user's own -------------------------------------------------------------------------------------------

CRUNCH = """\
# async-fix: task
def crunch(numbers: list[int], times: int = 3) -> None:
    print("crunched", sum(numbers) * times)


def plain(number: int) -> None:
    print("plain", number)


# async-fix: task
def file_away(number: int) -> None:
    with open("numbers.txt", "a") as numbers:
        numbers.write(f"{number}\\n")


def count(number: int) -> int:
    return number
"""


def test_a_function_marked_where_it_is_defined(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.work import crunch


        @router.post("/x")
        def h(numbers: list[int]):
            crunch(numbers, 2)
            return {}
        """,
        work=CRUNCH,
    )
    assert "    await crunch_task.kiq(numbers, 2)\n" in done.body("h")
    assert asked(done, 'post("/x", json=[1, 2])', **IN_PLACE) == ["crunched 6", "200 {}"]
    assert (
        "if the work fails, the client no longer sees an error; crunch_task fails in the worker"
        in done.behaviour
    )


def test_a_marked_function_may_change_files(tmp_path: Path) -> None:
    """The user says that nobody looks at them at once."""
    done = handler(
        tmp_path,
        """
        from app.work import file_away


        @router.post("/x")
        def h(number: int):
            file_away(number)
            return {}
        """,
        work=CRUNCH,
    )
    assert "    await file_away_task.kiq(number)\n" in done.body("h")


def test_a_call_that_is_marked(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.work import plain


        @router.post("/x")
        def h(number: int):
            plain(1)
            plain(number)  # async-fix: task
            return {}
        """,
        work=CRUNCH,
    )
    assert done.body("h") == source("""
        async def h(number: int):
            plain(1)
            await plain_task.kiq(number)  # async-fix: task
            return {}
        """)


def test_functions_named_in_the_config(tmp_path: Path) -> None:
    """The value of one is used: that call stays, off the loop."""
    routes = source("""
        from fastapi import APIRouter

        from app.work import count, plain

        router = APIRouter()


        @router.post("/x")
        def h(number: int):
            plain(number)
            return {"n": count(number)}
        """)
    config = '[tool.async-fix]\nfunctions = { "app.work.*" = "task" }\n'
    files = {**PACKAGES, "app/work.py": CRUNCH, ROUTES: routes, "pyproject.toml": config}
    done = migrate(tmp_path, files)
    assert done.body("h") == source("""
        async def h(number: int):
            await plain_task.kiq(number)
            return {"n": await run_in_threadpool(count, number)}
        """)
    assert done.stays == ("app.work:count stays: its result is used",)


@pytest.mark.parametrize(("length", "lines"), [(70, 3), (100, 1)])
def test_signatures_are_as_long_as_the_project_has_its_lines(tmp_path: Path, length: int, lines: int) -> None:
    text = source("""
        from fastapi import APIRouter

        from app.mail import send_welcome

        router = APIRouter()


        @router.post("/x")
        def h(to: str):
            send_welcome(to, "Ann")
            return {}
        """)
    config = f"[tool.ruff]\nline-length = {length}\n"
    done = migrate(tmp_path, {**PACKAGES, ROUTES: text, "pyproject.toml": config})
    assert done.tasks.count("\n") == lines + 2


# names and modules ----------------------------------------------------------------------------------------


def test_two_helpers_of_one_name_go_by_their_modules(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app import sms
        from app.mail import send_welcome


        @router.post("/x")
        def h(to: str):
            send_welcome(to, "Ann")
            sms.send_welcome(to)
            return {}


        @router.post("/y")
        def again(to: str):
            send_welcome(to, "Bob")
            return {}
        """,
        sms="from app.mail import send_welcome as by_mail\n\n\n"
        'def send_welcome(to: str) -> None:\n    by_mail(to, "by phone")\n',
    )
    assert done.tasks == f"{WELCOME}\n\n" + source("""
        @broker.task
        def sms_send_welcome_task(to: str) -> None:
            sms.send_welcome(to)
        """)
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE)[:2] == [
        "mail ann Welcome Ann (en)",
        "mail ann Welcome by phone (en)",
    ]


def test_two_blocks_of_one_handler_are_numbered(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        @router.post("/x")
        def create_order(to: str, boss: str):
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@example.com", to, "thanks")
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@example.com", boss, "sold")
            return {}
        """,
    )
    assert done.body("create_order") == source("""
        async def create_order(to: str, boss: str):
            await send_order_email_task.kiq(to)
            await send_order_email_2_task.kiq(boss)
            return {}
        """)


def test_a_module_that_queues_tasks_is_imported_late_by_them(tmp_path: Path) -> None:
    """`app.members` queues a task of its own, and another task runs a function of it."""
    done = handler(
        tmp_path,
        """
        from app.members import greet, sign_up


        @router.post("/x")
        def h(to: str):
            greet(to)
            return {"number": sign_up(to)}
        """,
        members=MEMBERS,
    )
    assert "    from app.members import greet\n" in done.tasks
    assert is_open(done)
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == [
        "greeting",
        "mail ann Welcome Ann (en)",
        "mail ann Welcome Ann (en)",
        "200 {'number': 1}",
    ]


def test_types_of_untyped_helpers_are_those_of_the_arguments(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.old import tell


        @router.post("/x")
        def h(to: str, number: int):
            tell(to, number)
            return {}
        """,
        old=MAIL
        + '\n\ndef tell(to, number, extra=None):\n    send_welcome(to, "member " + str(number + 1))\n',
    )
    assert done.tasks == "@broker.task\ndef tell_task(to: str, number: int) -> None:\n    tell(to, number)\n"
    assert asked(done, 'post("/x?to=ann&number=1")', **IN_PLACE) == [
        "mail ann Welcome member 2 (en)",
        "200 {}",
    ]


SEND = """
from app.mail import send_welcome


@router.post("/x")
def h(to: str):
    send_welcome(to, "Ann")
    return {}
"""


def test_a_package_that_loads_the_application_leads_in_no_circle(tmp_path: Path) -> None:
    """`app/__init__.py` imports `app.main`: it is loaded before anything of `app` is."""
    files = {**PACKAGES, "app/__init__.py": "from app.main import app\n", ROUTES: HEAD + SEND}
    done = migrate(tmp_path, files)
    assert "from app.mail import send_welcome\n" in done.imports
    assert is_open(done)
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == ["mail ann Welcome Ann (en)", "200 {}"]


def test_what_such_a_package_defines_itself_is_imported_inside_the_task(tmp_path: Path) -> None:
    package = """
    from app.mail import send_welcome


    def greet(to: str) -> None:
        send_welcome(to, "Ann")


    from app.main import app
    """
    routes = SEND.replace("app.mail import send_welcome", "app import greet").replace(
        'send_welcome(to, "Ann")', "greet(to)"
    )
    done = migrate(tmp_path, {**PACKAGES, "app/__init__.py": package, ROUTES: HEAD + routes})
    assert "    from app import greet\n" in done.tasks
    assert is_open(done)
    assert asked(done, 'post("/x?to=ann")', **IN_PLACE) == ["mail ann Welcome Ann (en)", "200 {}"]
