"""Statements that share their lines, carry comments or use names like ours: cut out whole, or not at all."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import textwrap
from pathlib import Path

import forked
import pytest
from projects import OUTBOX, PACKAGES, ROUTES, Migrated, migrate

HEAD = """\
import smtplib
from contextlib import suppress
from email.message import EmailMessage
from threading import Thread

from fastapi import APIRouter, BackgroundTasks, HTTPException
from pydantic import BaseModel

from app.mail import HOST, deliver, send_welcome
from app.mailers import HOST as OTHER_HOST
from app.mailers import Mailer, greet, write

router = APIRouter()
LAST = ""


class Customer(BaseModel):
    name: str = "Bob"
    password: str = "secret"


def find() -> int:
    return 1


"""
MAILERS = """\
from app.mail import send_welcome

HOST = "localhost"


def greet(to: str, name: str = "Ann", /, lang: str = "en") -> None:
    send_welcome(to, name, lang=lang)


def write(to: str, make) -> None:
    send_welcome(to, make())


class Mailer:
    def __init__(self) -> None:
        self.inner = self

    def send(self, to: str) -> None:
        send_welcome(to, "Ann")
"""
SMTP = 'with smtplib.SMTP("localhost") as smtp:\n'
MAIL_TO = '    smtp.sendmail("a@example.com", to, "hello")\n'
MOVES = {
    "another statement on its line": (
        'x = to; send_welcome(x, "Ann")',
        'x = to; await send_welcome_task.kiq(x, "Ann")',
        "",
    ),
    "what it needs on one line with what stays": (
        f"n = 1; msg = EmailMessage(); msg['To'] = to\n{SMTP}    smtp.send_message(msg)",
        "n = 1\nawait send_h1_email_task.kiq(to)",
        "    msg = EmailMessage()\n    msg['To'] = to\n    with smtplib",
    ),
    "a block on one line": (
        'with smtplib.SMTP("localhost") as smtp: smtp.sendmail("a@example.com", to, "hello")',
        "await send_h2_email_task.kiq(to)",
        '    with smtplib.SMTP("localhost") as smtp: smtp.sendmail("a@example.com", to, "hello")\n',
    ),
    "behind a colon": (
        'if to: smtplib.SMTP("localhost").sendmail("a@example.com", to, "hello")',
        "if to:\n    await send_h3_email_task.kiq(to)",
        '(to: str) -> None:\n    smtplib.SMTP("localhost").sendmail("a@example.com", to, "hello")\n',
    ),
    "a name like those that stand for slots": (
        f'slot_0 = to.strip()\n{SMTP}    smtp.sendmail("a@example.com", slot_0, f"{{HOST}}")',
        "slot_0 = to.strip()\nawait send_h4_email_task.kiq(slot_0)",
        'smtp.sendmail("a@example.com", slot_0, f"{HOST}")',
    ),
    "comments on both sides of what stays": (
        f"msg = EmailMessage()\n# what stays\nx = find()\n# to whom\nmsg['To'] = to\n# now\n{SMTP}"
        "    smtp.send_message(msg)\n# sent\nprint(x)",
        "# what stays\nx = find()\nawait send_h5_email_task.kiq(to)\n# sent\nprint(x)",
        "    msg = EmailMessage()\n    # to whom\n    msg['To'] = to\n    # now\n    with smtplib",
    ),
    "parameters by their place alone": (
        'greet(to, "Ann")',
        'await greet_task.kiq(to, "Ann")',
        'def greet_task(to: str, name: str = "Ann", /, lang: str = "en") -> None:\n    greet(to, name, lang)\n',
    ),
    "arguments in a dict": (
        'given = {"name": "Ann"}\nsend_welcome(to, **given)',
        "await send_h7_email_task.kiq(to)",
        '    given = {"name": "Ann"}\n    send_welcome(to, **given)\n',
    ),
    "a function that is written in the call": (
        'write(to, lambda: "Ann")',
        "await write_email_task.kiq(to)",
        '    write(to, lambda: "Ann")\n',
    ),
    "an object deep in another": (
        "mailer = Mailer()\nmailer.inner.inner.send(to)",
        "await send_email_task.kiq(to)",
        "    mailer = Mailer()\n    mailer.inner.inner.send(to)\n",
    ),
    "a name that a field would have": (
        f'customer_name = "Cid"\nuser, customer = Customer(), Customer()\n{SMTP}'
        '    smtp.sendmail("a@example.com", to, user.name + customer.name + customer_name)\nprint(user, customer)',
        'customer_name = "Cid"\nuser, customer = Customer(), Customer()\n'
        "await send_h10_email_task.kiq(to, user.name, customer.name, customer_name)\nprint(user, customer)",
        "user_name + customer_name_value + customer_name)\n",
    ),
    "an error that is none of its own": (
        'try:\n    send_welcome(to, "Ann")\nexcept HTTPException:\n    raise',
        'try:\n    await send_welcome_task.kiq(to, "Ann")\nexcept HTTPException:\n    raise',
        "",
    ),
    "the line that says it was sent": (
        'try:\n    send_welcome(to, "Ann")\nexcept HTTPException:\n    raise\nelse:\n    print("sent")',
        'try:\n    await send_welcome_task.kiq(to, "Ann")\nexcept HTTPException:\n    raise\nelse:\n    print("sent")',
        "",
    ),
    "suppressed errors": (
        'with suppress(Exception):\n    send_welcome(to, "Ann")',
        'with suppress(Exception):\n    await send_welcome_task.kiq(to, "Ann")',
        "",
    ),
    "errors that are suppressed by name": (
        'with suppress(OSError):\n    send_welcome(to, "Ann")',
        "await send_h14_email_task.kiq(to)",
        '    with suppress(OSError):\n        send_welcome(to, "Ann")\n',
    ),
    "a comment beside the function that is handed on": (
        'background.add_task(\n    send_welcome,  # the mail\n    to,\n    "Ann",\n)',
        "await send_h15_email_task.kiq(to)",
        '    send_welcome(  # the mail\n        to,\n        "Ann",\n    )\n',
    ),
    "a comment beside an argument": (
        'background.add_task(  # later\n    send_welcome,\n    to,  # who\n    "Ann",\n)',
        'await send_welcome_task.kiq(  # later\n    to,  # who\n    "Ann",\n)',
        "",
    ),
    "a comment beside the helper of a message": (
        "msg = EmailMessage()\nmsg['To'] = to\nbackground.add_task(\n    deliver,  # at last\n    msg,\n)",
        "await deliver_email_task.kiq(to)",
        "    msg['To'] = to\n    deliver(  # at last\n        msg,\n    )\n",
    ),
    "an assignment on the line of the call": (
        'if to: n = 1; send_welcome(to, "Ann")',
        'if to: n = 1; await send_welcome_task.kiq(to, "Ann")',
        "",
    ),
}
"""Bodies, what is in the handler and in the tasks afterwards."""
STAYS = {
    "a field in a text that shows its name": (
        f"user = Customer()\n{SMTP}    smtp.sendmail('a@example.com', to, f'{{user.name=}}')\nprint(user)",
        "the statements cannot be cut out as lines",
    ),
    "a name of the module that it sets": (
        f"global LAST\n{SMTP}    LAST = to\n{MAIL_TO}",
        "LAST is a name of the module, which a task in another process cannot change",
    ),
    "two names that are one where they come from": (
        f"with smtplib.SMTP(HOST) as smtp, smtplib.SMTP(OTHER_HOST):\n{MAIL_TO}",
        "two modules are imported as HOST",
    ),
    "more is done where it succeeds": (
        'try:\n    send_welcome(to, "Ann")\nexcept HTTPException:\n    raise\nelse:\n    find()',
        "`else` runs only when it succeeded",
    ),
    "a comment beside a thread": (
        'Thread(\n    target=send_welcome,  # the mail\n    args=(to, "Ann"),\n).start()',
        "a comment stands beside what would go",
    ),
    "a comment beside a lambda": (
        'background.add_task(\n    lambda: send_welcome(to, "Ann")  # the mail\n)',
        "a comment stands beside what would go",
    ),
    "two comments of which one line is left": (
        "msg = EmailMessage()\nmsg['To'] = to\nbackground.add_task(  # later\n    deliver,\n    msg,\n)",
        "msg is EmailMessage, which cannot be sent",
    ),
}
ASK = """from fastapi.testclient import TestClient
from app.main import app

with TestClient(app) as client:
    for number in range({count}):
        answer = client.post(f"/h{{number}}", params={{"to": "b@example.com"}})
        print(f"{{answer.status_code}} {{answer.json()}}\\n", end="")
"""


def routes(*bodies: str) -> str:
    return HEAD + "\n\n".join(
        f'@router.post("/h{number}")\ndef h{number}(to: str, background: BackgroundTasks):\n'
        + textwrap.indent(body.rstrip(), "    ")
        + '\n    return {"to": to}\n'
        for number, body in enumerate(bodies)
    )


def moved(folder: Path, *bodies: str) -> Migrated:
    return migrate(folder, {**PACKAGES, "app/mailers.py": MAILERS, ROUTES: routes(*bodies)})


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    bodies = [*(before for before, _, _ in MOVES.values()), *(body for body, _ in STAYS.values())]
    return moved(tmp_path_factory.mktemp("layouts"), *bodies)


@pytest.mark.parametrize("layout", MOVES)
def test_it_is_cut_out_whole(done: Migrated, layout: str) -> None:
    _, handler, task = MOVES[layout]
    body = done.body(f"h{list(MOVES).index(layout)}")
    assert body.partition(":\n")[2] == textwrap.indent(f'{handler}\nreturn {{"to": to}}\n', "    ")
    assert task in done.tasks


@pytest.mark.parametrize("layout", STAYS)
def test_it_stays_whole(done: Migrated, layout: str) -> None:
    body, why = STAYS[layout]
    after = done.body(f"h{len(MOVES) + list(STAYS).index(layout)}")
    assert "kiq" not in after
    assert all(line.partition("# ")[2] in after for line in body.splitlines())
    assert any(why in told for told in (*done.stays, *done.behind)), (done.stays, done.behind)


def test_the_same_mails_go_out(done: Migrated, tmp_path: Path) -> None:
    for path, text in done.before.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    asked = OUTBOX + ASK.format(count=len(MOVES) + len(STAYS))
    old = forked.run("-c", asked, cwd=tmp_path, environment={"PATH": ""})
    assert old.returncode == 0, old.stderr
    assert "mail" in old.stdout
    # a thread of the old program may send its mail before or behind the answer
    new = done.runs(asked, TASKIQ_IN_PLACE="1")
    assert sorted(new.splitlines()) == sorted(old.stdout.splitlines())


MESSAGE = "msg = EmailMessage()\nmsg['To'] = to\n{}with smtplib.SMTP('localhost') as smtp:\n    smtp.send_message(msg)"
NOW = MESSAGE.format("# now\n")


@pytest.mark.parametrize(
    ("one", "other", "tasks"),
    [
        (NOW, NOW, ["send_email_task"]),
        (NOW, NOW.replace("'", '"'), ["send_email_task"]),
        (NOW, MESSAGE.format("# then\n"), ["send_h0_email_task", "send_h1_email_task"]),
        (NOW, MESSAGE.format(""), ["send_h0_email_task", "send_h1_email_task"]),
    ],
    ids=["letter for letter", "other quotes", "another comment", "no comment"],
)
def test_what_two_handlers_do_is_one_task_unless_a_comment_would_go(
    tmp_path: Path, one: str, other: str, tasks: list[str]
) -> None:
    """Each name is defined once."""
    done = moved(tmp_path, one, other)
    assert [line.partition("(")[0] for line in done.tasks.splitlines() if line.startswith("def ")] == [
        f"def {name}" for name in tasks
    ]
    for comment in ("# now", "# then"):
        assert (comment in done.tasks) == (comment in one + other)
