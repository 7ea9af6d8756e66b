"""Slow work that must not move: a worker could not do it, or the client would see something else.

Each case is a whole project; the slow call is still there afterwards, off the loop, and the reason is told.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import DATABASE, HEAD, PACKAGES, ROUTES, Migrated, handler, migrate

FROM_MAIL = "from app.mail import send_welcome\n"


def route(
    body: str, parameters: str = "to: str", *, path: str = "/x", before: str = "", word: str = "def"
) -> str:
    lines = "\n".join(f"    {line}" if line else "" for line in body.strip("\n").splitlines())
    return f'{FROM_MAIL}{before}\n\n@router.post("{path}")\n{word} h({parameters}):\n{lines}\n'


def stays(folder: Path, text: str, reason: str, **more: str) -> Migrated:
    done = handler(folder, text, **more)
    assert done.tasks == ""
    assert "kiq" not in done.after.get("app/api/routes.py", "")
    assert any(reason in told for told in (*done.stays, *done.behind)), (done.stays, done.behind)
    return done


# the response needs it ------------------------------------------------------------------------------------

NEEDED = {
    "the value is returned": (route("return {'sent': send_welcome(to, 'Ann')}"), "its result is used"),
    "the value is kept on an object that others read": (
        route(
            """
job = JOBS[1]
job.sent = send_welcome(to, "Ann")
return {}
""",
            before="JOBS = {}\n",
        ),
        "its result is used",
    ),
    "the value is kept in a mapping": (
        route("SENT[to] = send_welcome(to, 'Ann')\nreturn {}", before="SENT = {}\n"),
        "its result is used",
    ),
    "the value is kept by the module": (
        route("global last\nlast = send_welcome(to, 'Ann')\nreturn {}", before="last = None\n"),
        "its result is used",
    ),
    "a flag says whether it worked": (
        route(
            """
ok = True
try:
    send_welcome(to, "Ann")
except OSError:
    ok = False
return {"ok": ok}
"""
        ),
        "its failure decides what the client is told",
    ),
    "else says that it worked": (
        route(
            """
sent = False
try:
    send_welcome(to, "Ann")
except OSError:
    print("no")
else:
    sent = True
return {"sent": sent}
"""
        ),
        "sent, which the slow work gives, is used afterwards",
    ),
    "a failure is another status": (
        route(
            """
try:
    send_welcome(to, "Ann")
except OSError:
    raise HTTPException(502)
return {}
""",
            before="from fastapi import HTTPException\n",
        ),
        "its failure decides what the client is told",
    ),
    "a failure is another answer": (
        route(
            """
try:
    send_welcome(to, "Ann")
except:
    return {"sent": False}
return {"sent": True}
"""
        ),
        "its failure decides what the client is told",
    ),
    "a failure skips the rest of the round": (
        route(
            """
for one in to:
    try:
        send_welcome(one, "Ann")
    except OSError:
        continue
    print(one)
return {}
""",
            "to: list[str]",
        ),
        "its failure decides what the client is told",
    ),
    "a flag below a suppressed failure": (
        route(
            """
sent = False
with suppress(Exception):
    send_welcome(to, "Ann")
    sent = True
return {"sent": sent}
""",
            before="from contextlib import suppress\n",
        ),
        "`sent = True` runs only when it succeeded",
    ),
    "the sent ones are counted": (
        route(
            """
sent = 0
for one in to:
    try:
        send_welcome(one, "Ann")
        sent += 1
    except OSError:
        pass
return {"sent": sent}
""",
            "to: list[str]",
        ),
        "sent, which the slow work gives, is used afterwards",
    ),
    "a loop whose end is told": (
        route(
            """
tries = 0
while tries < 3:
    try:
        send_welcome(to, "Ann")
        break
    except OSError:
        tries += 1
return {"tries": tries}
"""
        ),
        "its failure decides what the client is told",
    ),
    "it returns from the middle": (
        route(
            """
with smtplib.SMTP("localhost") as smtp:
    if not loud:
        return {"sent": False}
    smtp.sendmail("a@example.com", to, "hello")
return {"sent": True}
""",
            "to: str, loud: bool",
        ),
        "the block returns from the function",
    ),
    "a flag is set behind it": (
        route(
            """
sent = False
try:
    send_welcome(to, "Ann")
    sent = True
except Exception:
    print("no")
return {"sent": sent}
"""
        ),
        "`sent = True` runs only when it succeeded",
    ),
    "the answer stands behind it": (
        route(
            """
try:
    send_welcome(to, "Ann")
    return {"sent": True}
except Exception:
    print("no")
return {"sent": False}
"""
        ),
        "`return {'sent': True}` runs only when it succeeded",
    ),
    "what was sent is counted, failures are suppressed": (
        route(
            """
sent = 0
with suppress(Exception):
    for _ in range(3):
        send_welcome(to, "Ann")
        sent += 1
return {"sent": sent}
""",
            before="from contextlib import suppress\n",
        ),
        "`sent += 1` runs only when it succeeded",
    ),
    "what is sent is marked": (
        route(
            """
try:
    send_welcome(to, "Ann")
    SENT[to] = True
except Exception:
    print("no")
return {"sent": to in SENT}
""",
            before="\nSENT = {}\n",
        ),
        "`SENT[to] = True` runs only when it succeeded",
    ),
    "refused addresses are told": (
        route(
            """
with smtplib.SMTP("localhost") as smtp:
    refused = smtp.sendmail("a@example.com", to, "hello")
return {"refused": refused}
"""
        ),
        "refused, which the slow work gives, is used afterwards",
    ),
    "a list of the route grows": (
        route(
            """
audit = []
with smtplib.SMTP("localhost") as smtp:
    smtp.sendmail("a@example.com", to, "hello")
    audit.append(to)
return {"audit": audit}
"""
        ),
        "audit.append() may change audit",
    ),
    "a connection is only tried": (
        route('smtp = smtplib.SMTP("localhost")\nsmtp.noop()\nreturn {}'),
        "the block only connects: it works by raising",
    ),
    "a login is only tried": (
        route(
            'with smtplib.SMTP("localhost") as smtp:\n    smtp.login(str(to), "secret")\nreturn {}',
        ),
        "the block only connects: it works by raising",
    ),
    "a helper only tries a login": (
        route(
            "log_in(to)\nreturn {}",
            before='\n\ndef log_in(user):\n    with smtplib.SMTP("localhost") as smtp:\n'
            '        smtp.login(user, "secret")\n',
        ),
        "log_in() only connects: it works by raising",
    ),
    "only to open an image tells whether it is one": (
        route("Image.open(path).verify()\nreturn {}", "path: str", before="from PIL import Image\n"),
        "what the block leaves behind cannot be told: its failure may be all that counts",
    ),
    "the names of the files are the response": (
        route(
            "Image.open(path).save('out/small.bmp')\nreturn {'files': os.listdir('out')}",
            "path: str",
            before="import os\n\nfrom PIL import Image\n",
        ),
        "os.listdir() looks at files afterwards, which the work may make or remove",
    ),
    "the name of the file is made of that of its source": (
        route(
            "target = Path(to)\nImage.open(target).save('out/x.bmp')\nreturn f'{target.stem}-small'",
            before="from pathlib import Path\n\nfrom PIL import Image\n",
        ),
        "target, which the block may write, is used afterwards",
    ),
    "a helper is a check by its name": (
        route(
            "verify_mail(to)\nreturn {}",
            before='\n\ndef verify_mail(to):\n    with smtplib.SMTP("localhost") as smtp:\n'
            '        smtp.sendmail(to, to, "x")\n',
        ),
        "verify_mail() is a check: it works by raising",
    ),
    "a helper tells the status by its name": (
        route(
            "mail(to)\nreturn {}",
            before="from fastapi import HTTPException, status\n\n\ndef mail(to):\n"
            '    with smtplib.SMTP("localhost") as smtp:\n'
            '        if smtp.sendmail("a@example.com", to, "x"):\n'
            "            raise HTTPException(status.HTTP_404_NOT_FOUND)\n",
        ),
        "mail() may raise HTTPException(404) in mail()",
    ),
    "the PDF is the response": (
        route(
            "pdf = FPDF()\npdf.add_page()\nreturn Response(bytes(pdf.output()))",
            before="from fastapi import Response\nfrom fpdf import FPDF\n",
        ),
        "its result is used",
    ),
}


@pytest.mark.parametrize("hazard", NEEDED)
def test_the_response_needs_it(tmp_path: Path, hazard: str) -> None:
    stays(tmp_path, *NEEDED[hazard])


# it cannot be sent ----------------------------------------------------------------------------------------

ORM = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.mail import send_welcome


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


def current() -> User:
    return User(id=1, email="a@example.com")


def greet(user: User) -> None:
    try:
        send_welcome(user.email, "Ann")
    except OSError:
        again(user)


def again(user: User) -> None:
    print(user)
"""
GREET = """\
from fastapi import UploadFile
from pydantic import BaseModel

from app.mail import send_welcome


class User(BaseModel):
    email: str
    password: str


def greet(user: User) -> None:
    send_welcome(user.email, "Ann")


def attach(to: str, data: bytes) -> None:
    send_welcome(to, str(len(data)))


def later(to: str, write) -> None:
    send_welcome(to, write())
"""
FORMS = """\
from pydantic import BaseModel, Field, field_validator

from app.mail import send_welcome


class Line(BaseModel):
    sku: str = Field(alias="SKU")


class Form(BaseModel):
    BODY


def invite(form: Form) -> None:
    send_welcome(form.email, "Ann")
"""
SPLITS = """
    @field_validator("tags", mode="before")
    @classmethod
    def split(cls, tags):
        return tags.split(",")
"""
UNSENDABLE = {
    "an ORM object": (
        route(
            "greet(user)\nreturn {}",
            "user: User = Depends(current)",
            before="from fastapi import Depends\nfrom app.users import User, current, greet\n",
        ),
        "user belongs to its database session",
        ORM,
    ),
    "raw bytes": (
        route(
            "data = await file.read()\nattach(to, data)\nreturn {}",
            "to: str, file: UploadFile",
            before="from fastapi import UploadFile\nfrom app.users import attach\n",
            word="async def",
        ),
        "data is raw bytes",
        GREET,
    ),
    "a model with a password": (
        route("greet(user)\nreturn {}", "user: User", before="from app.users import User, greet\n"),
        "user would be stored in the queue as a whole, with its password",
        GREET,
    ),
    "a function": (
        route(
            "def write():\n    return to\nlater(to, write)\nreturn {}", before="from app.users import later\n"
        ),
        "write is a function",
        GREET,
    ),
    "a model that is read by other names": (
        route("invite(form)\nreturn {}", "form: Form", before="from app.forms import Form, invite\n"),
        "form is not read back by the names of its fields",
        FORMS.replace("BODY", "email: str = Field(alias='e-mail')"),
    ),
    "a model that holds such a model": (
        route("invite(form)\nreturn {}", "form: Form", before="from app.forms import Form, invite\n"),
        "form holds a Line, which is not read back by the names of its fields",
        FORMS.replace("BODY", "email: str\n    lines: list[Line]"),
    ),
    "a model that does not say everything": (
        route("invite(form)\nreturn {}", "form: Form", before="from app.forms import Form, invite\n"),
        "form would lose the fields that it excludes",
        FORMS.replace("BODY", "email: str\n    by: str = Field('', exclude=True)"),
    ),
    "a model that takes its fields apart": (
        route("invite(form)\nreturn {}", "form: Form", before="from app.forms import Form, invite\n"),
        "form would be validated again, by validators that expect what came from the client",
        FORMS.replace("BODY", "email: str\n    tags: list[str] = []\n" + SPLITS),
    ),
    "a model with a file in it": (
        route("invite(form)\nreturn {}", "form: Form", before="from app.forms import Form, invite\n"),
        "form has a field card, which cannot be sent",
        FORMS.replace("BODY", "email: str\n    card: bytes = b''"),
    ),
    "an upload": (
        route(
            "image = Image.open(file.file)\nimage.thumbnail((9, 9))\nimage.save('small.png')\nreturn {}",
            "file: UploadFile",
            before="from fastapi import UploadFile\nfrom PIL import Image\n",
        ),
        "file is an uploaded file, which is closed with the request",
        GREET,
    ),
}


@pytest.mark.parametrize("hazard", UNSENDABLE)
def test_it_cannot_be_sent(tmp_path: Path, hazard: str) -> None:
    text, reason, helpers = UNSENDABLE[hazard]
    stays(tmp_path, text, reason, **{"forms" if "invite" in helpers else "users": helpers})


def test_the_value_of_a_secret_is_not_put_into_the_queue(tmp_path: Path) -> None:
    text = route(
        "send_welcome(user.email, user.pin.get_secret_value())\nreturn {}",
        "user: User",
        before="from pydantic import BaseModel, SecretStr\n\n\n"
        "class User(BaseModel):\n    email: str\n    pin: SecretStr\n",
    )
    stays(tmp_path, text, "user.pin is a secret, which would lie in the queue in clear text")


def test_a_model_with_a_password_behind_the_response(tmp_path: Path) -> None:
    text = route(
        "background.add_task(greet, user)\nreturn {}",
        "user: User, background: BackgroundTasks",
        before="from fastapi import BackgroundTasks\nfrom app.users import User, greet\n",
    )
    done = stays(tmp_path, text, "with its password", users=GREET)
    assert done.stays == (), "no request waits for it"
    assert "background: BackgroundTasks" in done.body("h")


# only this process has it ---------------------------------------------------------------------------------

STATE = """\
import smtplib

mailer: smtplib.SMTP | None = None


class Holder:
    mailer: smtplib.SMTP


holder = Holder()


def start() -> None:
    global mailer
    mailer = smtplib.SMTP("localhost")
    holder.mailer = mailer
"""
SERVICE = """\
from contextvars import ContextVar

from app.mail import send_welcome

language: ContextVar[str] = ContextVar("language")
SENT: list[str] = []
COUNT = 0


def remember(to: str) -> None:
    SENT.append(to)
    send_welcome(to, "Ann")


def count(to: str) -> None:
    global COUNT
    COUNT += 1
    send_welcome(to, "Ann")


def in_their_language(to: str) -> None:
    send_welcome(to, "Ann", lang=language.get())


class Outbox:
    def __init__(self) -> None:
        self.sent = 0
        self.prefix = None

    def connect(self) -> None:
        self.prefix = "x"

    def push(self, to: str) -> None:
        self.sent += 1
        send_welcome(to, "Ann")

    def greet(self, to: str) -> None:
        send_welcome(to, str(self.prefix))


class Quiet(Outbox):
    def push(self, to: str) -> None:
        send_welcome(to, "quiet")


def any_outbox(to: str) -> Outbox:
    return Quiet() if to else Outbox()


outbox = Outbox()


def script() -> None:
    remember("a@example.com")
    count("a@example.com")
    outbox.push("a@example.com")


if __name__ == "__main__":
    script()
"""
OWN = {
    "a global of another module, set at start": (
        route("state.mailer.sendmail('a@example.com', to, 'x')\nreturn {}", before="from app import state\n"),
        "state.mailer, which the application sets at run time",
    ),
    "an attribute of an object, set at start": (
        route(
            "holder.mailer.sendmail('a@example.com', to, 'x')\nreturn {}",
            before="from app.state import holder\n",
        ),
        "holder.mailer, which the application sets at run time",
    ),
    "a list of the module grows": (
        route("remember(to)\nreturn {}", before="from app.service import remember\n"),
        "remember() changes SENT, and a worker would change its own",
    ),
    "a counter of the module": (
        route("count(to)\nreturn {}", before="from app.service import count\n"),
        "count() changes COUNT, and a worker would change its own",
    ),
    "results that are kept": (
        route(
            "first(to)\nreturn {}",
            before="from functools import lru_cache\nfrom app.mail import send_welcome\n\n\n"
            "@lru_cache\ndef first(to: str) -> None:\n    send_welcome(to, 'Ann')\n",
        ),
        "first() changes the results that it keeps, and a worker would change its own",
    ),
    "a counter of an object": (
        route("outbox.push(to)\nreturn {}", before="from app.service import outbox\n"),
        "Outbox.push() changes self.sent, and a worker would change its own",
    ),
    "a lock between requests": (
        route(
            "with lock:\n    send_welcome(to, 'Ann')\nreturn {}",
            before="from threading import Lock\n\nlock = Lock()\n",
        ),
        "lock works between the requests of this process; a worker has another one",
    ),
    "one of several classes": (
        route("any_outbox(to).push(to)\nreturn {}", before="from app.service import any_outbox\n"),
        "Outbox.push() changes self.sent, and a worker would change its own",
    ),
    "a list that grows behind the response": (
        route(
            "background.add_task(remember, to)\nreturn {}",
            "to: str, background: BackgroundTasks",
            before="from fastapi import BackgroundTasks\nfrom app.service import remember\n",
        ),
        "remember() changes SENT, and a worker would change its own",
    ),
}


@pytest.mark.parametrize("hazard", OWN)
def test_only_this_process_has_it(tmp_path: Path, hazard: str) -> None:
    text, reason = OWN[hazard]
    stays(tmp_path, text, reason, state=STATE, service=SERVICE)


@pytest.mark.parametrize(
    ("call", "name", "queued"),
    [
        ("in_their_language(to)", "in_their_language", "lang=language.get()"),
        ("outbox.greet(to)", "greet", "str(self.prefix)"),
    ],
)
def test_what_only_this_process_has_is_read_before_the_mail_is_queued(
    tmp_path: Path, call: str, name: str, queued: str
) -> None:
    """A context variable, an attribute that another method sets."""
    first = call.partition("(")[0].partition(".")[0]
    text = route(f"{call}\nreturn {{}}", before=f"from app.service import {first}\n")
    done = handler(tmp_path, text, service=SERVICE)
    assert f"    await {call}\n" in done.body("h")
    service = done.body(name, "app/service.py")
    assert "await send_welcome_task.kiq(" in service
    assert queued in service


# the block does more than slow work -----------------------------------------------------------------------

SMTP = 'with smtplib.SMTP("localhost") as smtp:\n'
MAILS = '    smtp.sendmail("a@example.com", to, "hello")\n'
TOUCHES = """
def deliver(order):
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@example.com", order["to"], "hello")
    order["sent"] = "yes"
"""
FAILS = """
import traceback


def check(to):
    int(to)
"""
WAITS = """
import asyncio


async def ping(to):
    await asyncio.sleep(1)
"""
BLOCKS = {
    "it refuses what it cannot mail": (
        route(
            f"{SMTP}    if not to:\n        raise HTTPException(400)\n{MAILS}return {{}}",
            before="from fastapi import HTTPException\n",
        ),
        "the block raises an error that shapes the response",
    ),
    "it reads all names of the function": (
        route(f"{SMTP}    smtp.sendmail('a@example.com', to, str(locals()))\nreturn {{}}"),
        "the block needs the frame of the function",
    ),
    "it returns": (
        route(f"{SMTP}{MAILS}    return {{}}"),
        "the block returns from the function",
    ),
    "it yields": (
        route(f"{SMTP}{MAILS}    yield to"),
        "the block yields",
    ),
    "it deletes a name": (
        route(f"{SMTP}{MAILS}    del to\nreturn {{}}"),
        "the block deletes to",
    ),
    "it tells of the error that is handled": (
        route(
            "try:\n    check(to)\nexcept ValueError:\n    with smtplib.SMTP('localhost') as smtp:\n"
            "        smtp.sendmail('a@example.com', to, traceback.format_exc())\nreturn {}",
            before=FAILS,
        ),
        "the block looks at the exception that is being handled",
    ),
    "it adds to a list of the module": (
        route(f"{SMTP}{MAILS}    SENT.append(to)\nreturn {{}}", before="\nSENT = []\n"),
        "SENT.append() changes an object of this process",
    ),
    "it sets an item": (
        route(f"{SMTP}{MAILS}    order['sent'] = 'yes'\nreturn order", "to: str, order: dict[str, str]"),
        "the block changes order",
    ),
    "it takes an item out": (
        route(
            f"{SMTP}    smtp.sendmail('a@example.com', order.pop('to'), 'hello')\nreturn order",
            "order: dict[str, str]",
        ),
        "order.pop() may change order",
    ),
    "it calls what changes an argument": (
        route(
            "if order:\n    deliver(order)\n    print(1)\nreturn order",
            "order: dict[str, str]",
            before=TOUCHES,
        ),
        "deliver() changes order",
    ),
    "it awaits something as well": (
        route(f"{SMTP}{MAILS}    await ping(to)\nreturn {{}}", word="async def", before=WAITS),
        "the block awaits and blocks",
    ),
}


@pytest.mark.parametrize("hazard", BLOCKS)
def test_the_block_does_more_than_slow_work(tmp_path: Path, hazard: str) -> None:
    text, reason = BLOCKS[hazard]
    stays(tmp_path, text, reason)


# dependencies ---------------------------------------------------------------------------------------------

DEPS = """\
from fastapi import Depends, Request

from app.mail import send_welcome


class Teller:
    def __init__(self, lang: str = "en") -> None:
        self.lang = lang

    def tell(self, to: str) -> None:
        send_welcome(to, "Ann", lang=self.lang)


class OfRequest:
    def __init__(self, request: Request) -> None:
        self.lang = request.headers["lang"]

    def tell(self, to: str) -> None:
        send_welcome(to, "Ann", lang=self.lang)


def of_tenant(tenant: str = "x") -> Teller:
    return Teller(tenant)
"""


@pytest.mark.parametrize(
    "given", ["Teller = Depends()", "OfRequest = Depends()", "Teller = Depends(of_tenant)"]
)
def test_a_service_into_which_something_of_the_request_goes(tmp_path: Path, given: str) -> None:
    """`lang` is a parameter of the query, although it has a default."""
    before = "from fastapi import Depends\nfrom app.deps import OfRequest, Teller, of_tenant\n"
    text = route("service.tell(to)\nreturn {}", f"to: str, service: {given}", before=before)
    stays(tmp_path, text, "is made for the request, and a task cannot make it anew", deps=DEPS)


# transactions ---------------------------------------------------------------------------------------------

DB = """\
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Session = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"), expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


async def get_db() -> AsyncIterator[AsyncSession]:
    async with Session() as db:
        yield db
        await db.commit()
"""
REPORT = """\
import csv
from reportlab.pdfgen.canvas import Canvas


def draw(number: int) -> None:
    canvas = Canvas(f"{number}")
    canvas.drawString(1, 1, "x")
    canvas.save()
"""
TRANSACTIONS = {
    "committed afterwards": ("draw(number)\nawait db.commit()", "committed after the slow work"),
    "committed before it returns": (
        "if loud:\n    draw(number)\n    await db.commit()\n    return {}",
        "committed after the slow work",
    ),
    "committed on the way out": (
        "try:\n    if to:\n        draw(number)\n        return {}\nfinally:\n    await db.commit()",
        "committed after the slow work",
    ),
    "committed by the dependency": ("await db.flush()\ndraw(number)", "is not committed yet"),
    "committed where the error is caught": (
        "try:\n    draw(number)\n    raise KeyError\nexcept KeyError:\n    print(to)\nawait db.commit()",
        "committed after the slow work",
    ),
    "handed on before the commit": (
        "background.add_task(send_welcome, to, 'Ann')\nawait db.commit()",
        "committed after the slow work",
    ),
}


@pytest.mark.parametrize("hazard", TRANSACTIONS)
def test_the_row_is_not_committed_yet(tmp_path: Path, hazard: str) -> None:
    body, reason = TRANSACTIONS[hazard]
    before = (
        "from fastapi import Depends\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
        "from app.db import User, get_db\n"
    )
    text = route(
        f"user = User(email=to)\ndb.add(user)\n{body}\nreturn {{'id': user.id}}",
        "to: str, number: int, background: BackgroundTasks, loud: bool = True, "
        "db: AsyncSession = Depends(get_db)",
        before=f"from fastapi import BackgroundTasks\nfrom app.report import draw\n{before}",
        word="async def",
    )
    stays(tmp_path, text, reason, db=DB, report=REPORT)


@pytest.mark.parametrize("begins", ["begin", "begin_nested"])
def test_a_block_that_ends_with_a_commit_is_said_to(tmp_path: Path, begins: str) -> None:
    before = (
        "from fastapi import Depends\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
        "from app.db import User, get_db\n"
    )
    body = f'async with db.{begins}():\n    send_welcome(to, "Ann")\nreturn {{}}'
    text = route(body, "to: str, db: AsyncSession = Depends(get_db)", before=before, word="async def")
    stays(tmp_path, text, f"`with db.{begins}()` commits after the slow work", db=DB)


def test_a_commit_that_it_does_not_come_to_is_no_reason(tmp_path: Path) -> None:
    before = (
        "from fastapi import Depends\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
        "from app.db import User, get_db\n"
    )
    body = """
user = User(email=to)
db.add(user)
if loud:
    await db.commit()
    send_welcome(to, "Ann")
    return {}
user.email = to.upper()
await db.commit()
return {}
"""
    parameters = "to: str, loud: bool = True, db: AsyncSession = Depends(get_db)"
    done = handler(tmp_path, route(body, parameters, before=before, word="async def"), db=DB)
    assert '        await send_welcome_task.kiq(to, "Ann")\n        return {}\n' in done.body("h")


TOLD_BEFORE = {
    "committed afterwards": "send_welcome(user.email, 'Ann')\nawait db.commit()",
    "committed by the dependency": "await db.flush()\nsend_welcome(user.email, 'Ann')",
    "not committed, as an error is raised": (
        "try:\n    if loud:\n        send_welcome(user.email, 'Ann')\n        raise HTTPException(409)\n"
        "except HTTPException:\n    raise\nawait db.commit()"
    ),
}


@pytest.mark.parametrize("how", TOLD_BEFORE)
def test_who_is_told_all_need_not_wait_for_the_commit(tmp_path: Path, how: str) -> None:
    """The mail left before the commit, and still does; its task looks nothing up."""
    before = (
        "from fastapi import Depends, HTTPException\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
        "from app.db import User, get_db\n"
    )
    text = route(
        f"user = User(email=to)\ndb.add(user)\n{TOLD_BEFORE[how]}\nreturn {{'id': 1}}",
        "to: str, loud: bool = True, db: AsyncSession = Depends(get_db)",
        before=before,
        word="async def",
    )
    done = handler(tmp_path, text, db=DB)
    assert 'await send_welcome_task.kiq(user.email, "Ann")' in done.body("h").replace("'", '"')
    told = (
        "send_welcome_task is queued before the transaction is committed, which it is even if the task fails"
    )
    assert (told in done.behaviour) is ("error" not in how)


@pytest.mark.parametrize(
    ("behind", "told"),
    [
        ("user.status = 'sent'", "user.status = 'sent'"),
        ("user.welcome_sent = True", "user.welcome_sent = True"),
        ("user.notified_at = now()", "user.notified_at = now()"),
        ("user.status = 'new'", None),
        ("user.sentiment = 1", None),
        ("status = 'sent'", None),
    ],
)
def test_what_is_stored_tells_of_it_before_it_is_done(tmp_path: Path, behind: str, told: str | None) -> None:
    sent = f"user = await db.get(User, 1)\nsend_welcome(user.email, 'Ann')\n{behind}"
    body = f"{sent}\nawait db.commit()\nreturn {{}}"
    before = (
        "from fastapi import Depends\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
        "from app.db import User, get_db, now\n"
    )
    text = route(body, "db: AsyncSession = Depends(get_db)", before=before, word="async def")
    done = handler(tmp_path, text, db=DB + "\n\ndef now(): ...\n")
    assert "await send_welcome_task.kiq(" in done.body("h")
    notes = [note for note in done.behaviour if "is stored before" in note]
    assert notes == (
        [f"`{told}` is stored before send_welcome_task has run, and even if it fails"] if told else []
    )


# what is waited for ---------------------------------------------------------------------------------------


def test_what_the_tool_put_into_a_thread_stays_there(tmp_path: Path) -> None:
    done = handler(tmp_path, route('smtplib.SMTP("localhost").noop()\nreturn {}'))
    assert 'await run_in_threadpool(lambda: smtplib.SMTP("localhost").noop())' in done.body("h")


WAITED = {
    "a thread is joined": ("t = Thread(target=send_welcome, args=(to, 'Ann'))\nt.start()\nt.join()", "def"),
    "a future is asked": ("return {'ok': pool.submit(send_welcome, to, 'Ann').result() is None}", "def"),
    "the value of a thread is used": (
        "done = await to_thread(send_welcome, to, 'Ann')\nprint(done)",
        "async def",
    ),
}


@pytest.mark.parametrize("hazard", WAITED)
def test_somebody_waits_for_the_thread(tmp_path: Path, hazard: str) -> None:
    body, word = WAITED[hazard]
    before = (
        "from asyncio import to_thread\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "from threading import Thread\n\npool = ThreadPoolExecutor()\n"
    )
    done = handler(tmp_path, route(f"{body}\nreturn {{}}", before=before, word=word))
    assert done.tasks == ""


# tests ----------------------------------------------------------------------------------------------------

REPLACES = {
    "a patch": "from unittest.mock import patch\n\n\n"
    '@patch("app.api.routes.send_welcome")\ndef test_it(fake):\n    pass\n',
    "monkeypatch": "from app.api import routes\n\n\ndef test_it(monkeypatch):\n"
    '    monkeypatch.setattr(routes, "send_welcome", print)\n',
}


@pytest.mark.parametrize("how", REPLACES)
def test_a_name_that_tests_replace_in_the_route_module(tmp_path: Path, how: str) -> None:
    """Else the suite would send mails, or fail as the name is gone."""
    text = HEAD + route("send_welcome(to, 'Ann')\nreturn {}")
    done = migrate(tmp_path, {**PACKAGES, ROUTES: text, "tests/test_routes.py": REPLACES[how]})
    assert done.tasks == ""
    assert "await run_in_threadpool(send_welcome, to, 'Ann')" in done.body("h")
    told = "tests replace app.api.routes.send_welcome, which a task would not see"
    assert done.stays == (f"app.mail:send_welcome stays: {told}",)


def test_a_module_that_tests_replace_in_the_route_module(tmp_path: Path) -> None:
    text = f"{HEAD}from app import mail\n" + route("mail.send_welcome(to, 'Ann')\nreturn {}")
    test = (
        'from unittest.mock import patch\n\n\n@patch("app.api.routes.mail")\ndef test_it(fake):\n    pass\n'
    )
    done = migrate(tmp_path, {**PACKAGES, ROUTES: text, "tests/test_routes.py": test})
    assert done.tasks == ""
    assert "await run_in_threadpool(mail.send_welcome, to, 'Ann')" in done.body("h")
    told = "tests replace app.api.routes.mail, which a task would not see"
    assert done.stays == (f"app.mail:send_welcome stays: {told}",)


def test_a_name_that_tests_replace_in_its_own_module_is_looked_up_there(tmp_path: Path) -> None:
    """One task serves all of its callers, those as well that would not have seen the mock."""
    by_module = route("mail.send_welcome(to, 'Bob')\nreturn {}").replace("def h(", "def by_module(")
    text = f"{HEAD}from app import mail\n" + route("send_welcome(to, 'Ann')\nreturn {}") + by_module
    test = (
        'from unittest.mock import patch\n\n\n@patch("app.mail.send_welcome")\ndef test_it(fake):\n    pass\n'
    )
    done = migrate(tmp_path, {**PACKAGES, ROUTES: text, "tests/test_routes.py": test})
    assert done.body("h").count(".kiq(") == done.body("by_module").count(".kiq(") == 1
    assert "    mail.send_welcome(to, name" in done.tasks
    assert "    send_welcome(" not in done.tasks


LOOKS_FOR = {
    "a mock that was called with it": "tasks.add_task.assert_called_once_with(send_welcome, 'ann@x', 'Ann')",
    "the first argument of the call": "assert tasks.add_task.call_args.args[0] is send_welcome",
    "the function of a module": "assert mail.send_welcome in [task.func for task in tasks.tasks]",
}


@pytest.mark.parametrize("how", LOOKS_FOR)
def test_a_function_that_tests_look_for_among_the_background_tasks(tmp_path: Path, how: str) -> None:
    text = HEAD.replace("import APIRouter", "import APIRouter, BackgroundTasks") + route(
        "tasks.add_task(send_welcome, to, 'Ann')\nreturn {}", "to: str, tasks: BackgroundTasks"
    )
    imports = "from app import mail\nfrom app.mail import send_welcome"
    test = f"{imports}\n\n\ndef test_it(tasks):\n    {LOOKS_FOR[how]}\n"
    done = migrate(tmp_path, {**PACKAGES, ROUTES: text, "tests/test_routes.py": test})
    assert done.tasks == ""
    assert "tasks.add_task(send_welcome, to, 'Ann')" in done.body("h")
    told = "tests/test_routes.py:6 looks for send_welcome among what is handed on"
    assert done.behind == (f"app.mail:send_welcome stays: {told}",)


@pytest.mark.parametrize("test", ["def test_it():\n    send_welcome('ann@x', 'Ann')\n", "\n"])
def test_a_function_that_tests_only_call_is_handed_on_as_a_task(tmp_path: Path, test: str) -> None:
    text = HEAD.replace("import APIRouter", "import APIRouter, BackgroundTasks") + route(
        "tasks.add_task(send_welcome, to, 'Ann')\nreturn {}", "to: str, tasks: BackgroundTasks"
    )
    test = f"from app.mail import send_welcome\n\n\n{test}"
    done = migrate(tmp_path, {**PACKAGES, ROUTES: text, "tests/test_routes.py": test})
    assert "await send_welcome_task.kiq(to, 'Ann')" in done.body("h")


OVERRIDDEN = """\
from app.api.routes import get_service
from app.main import app

app.dependency_overrides[get_service] = print
"""


def test_a_dependency_that_tests_override(tmp_path: Path) -> None:
    """A task would ask for the real one."""
    text = HEAD + route(
        "service.welcome(to)\nreturn {}",
        "to: str, service: Service = Depends(get_service)",
        before="from fastapi import Depends\n\n\n"
        "class Service:\n    def welcome(self, to: str) -> None:\n        send_welcome(to, 'Ann')\n\n\n"
        "def get_service() -> Service:\n    return Service()\n",
    )
    done = migrate(tmp_path, {**PACKAGES, ROUTES: text, "tests/test_routes.py": OVERRIDDEN})
    assert done.tasks == ""
    assert "await run_in_threadpool(service.welcome, to)" in done.body("h")


# what callers see -----------------------------------------------------------------------------------------

SIGN_UP = """\
import requests

from app.mail import send_welcome


def sign_up(to: str) -> str:
    price = requests.get("http://localhost/price", timeout=3).text
    send_welcome(to, price)
    return price
"""
WATCHES = {
    "its failure is answered": """
try:
    price = sign_up(to)
except Exception:
    raise HTTPException(502)
return price
""",
    "its success is told": """
try:
    price = sign_up(to)
    return price
except Exception:
    print("no")
return ""
""",
    "what it works with is removed": """
path = f"{to}.txt"
price = sign_up(path)
os.remove(path)
return price
""",
}


@pytest.mark.parametrize("how", WATCHES)
def test_a_helper_whose_caller_looks_at_how_it_ends(tmp_path: Path, how: str) -> None:
    """The mail inside of it is not queued, though it could be awaited there."""
    before = "import os\nfrom fastapi import HTTPException\nfrom app.service import sign_up\n"
    done = handler(tmp_path, route(WATCHES[how], before=before), service=SIGN_UP)
    assert done.tasks == ""
    assert "kiq" not in done.after.get("app/service.py", "")
    assert "sign_up" in done.body("h")


# more than slow work --------------------------------------------------------------------------------------

MORE = """\
from pathlib import Path

import requests

from app.mail import send_welcome


def filed(to: str) -> None:
    Path("outbox").joinpath(to).write_text("x")
    send_welcome(to, "Ann")


def logged(to: str) -> None:
    with open("sent.txt", "a") as log:
        log.write(to)
    send_welcome(to, "Ann")


def charged(to: str) -> None:
    response = requests.post("http://localhost/charge", json={"to": to}, timeout=3)
    response.raise_for_status()
    send_welcome(to, "Ann")


def give(to: str) -> str:
    send_welcome(to, "Ann")
    return to


if __name__ == "__main__":
    CALL("a@example.com")
"""
DOES = {
    "filed(to)": "filed() also changes files (write_text), which the next request may look at",
    "logged(to)": "logged() also writes files, which the next request may look at",
    "charged(to)": "charged() also sends a request (requests.post), which the next request may look at",
    "to = give(to)": "is used",
}


@pytest.mark.parametrize("call", DOES)
def test_a_helper_that_does_more_and_that_a_script_calls_too(tmp_path: Path, call: str) -> None:
    name = call.removeprefix("to = ").partition("(")[0]
    text = route(f"{call}\nreturn {{'to': to}}", before=f"from app.more import {name}\n")
    stays(tmp_path, text, DOES[call], more=MORE.replace("CALL", name))


HELPER = """
from fastapi import Depends
from sqlalchemy.orm import Session
from app.db import User, get_db
from app.mail import send_welcome


def invite(db: Session, to: str):
    user = db.query(User).filter(User.email == to).first()
    sent = send_welcome(user.email, "Ann")
    return sent


@router.post("/h")
def h(to: str, db: Session = Depends(get_db)):
    return {"to": to, "sent": invite(db, to)}
"""


def test_why_it_stays_is_told_of_a_helper_that_turns(tmp_path: Path) -> None:
    """Its callers await it, and say nothing of what it does."""
    done = handler(tmp_path, HELPER, db=DATABASE)
    assert "async def invite(" in done.after["app/api/routes.py"]
    assert done.tasks == ""
    assert done.stays == ("app.mail:send_welcome stays: its result is used",)
