"""What the application sets up when it is imported: a worker imports it, where a task needs that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from projects import HEAD, MAIN, OUTBOX, PACKAGES, ROUTES, Migrated, migrate, source

BLOCK = """
@router.post("/h")
def h(to: str):
    msg = EmailMessage()
    msg["To"] = to
    with smtplib.SMTP(os.environ["MAIL_HOST"]) as smtp:
        smtp.send_message(msg)
    return {}
"""
SENDS = """
import os
import smtplib


def deliver(to: str) -> None:
    with smtplib.SMTP(os.environ["MAIL_HOST"]) as smtp:
        smtp.sendmail("a@example.com", to, "hello")
"""
CALL = """
from app.sending import deliver


@router.post("/h")
def h(to: str):
    deliver(to)
    return {}
"""
PUSH = """
from firebase_admin import messaging


@router.post("/h")
def h(token: str, title: str):
    message = messaging.Message(data={"title": title}, token=token)
    messaging.send(message)
    return {}
"""
DOTENV = "from dotenv import load_dotenv\n\nload_dotenv()\n"
FIREBASE = "import firebase_admin\n\nfirebase_admin.initialize_app()\n"
OF_DOTENV = "    import app.main  # for load_dotenv  # noqa: F401\n"
OF_FIREBASE = "    import app.main  # for firebase_admin.initialize_app  # noqa: F401\n"


def project(folder: Path, routes: str, main: str = "", **more: str) -> Migrated:
    files = {f"app/{name}.py": text for name, text in more.items()}
    head = HEAD.replace("import smtplib\n", "import os\nimport smtplib\n") if "os." in routes else HEAD
    return migrate(folder, {**PACKAGES, ROUTES: head + routes, "app/main.py": main + MAIN, **files})


STAND_IN = """
import os


def load_dotenv():
    with open(".env") as file:
        os.environ.update(line.strip().split("=") for line in file)
"""
FORMS = {
    "a block that reads the environment": (BLOCK, DOTENV, OF_DOTENV),
    "a helper that reads the environment": (CALL, DOTENV, OF_DOTENV),
    "a library that is told who it is": (PUSH, FIREBASE, OF_FIREBASE),
    "one that is told so if nobody has": (
        PUSH,
        "import firebase_admin\n\nif not firebase_admin._apps:\n    own = firebase_admin.initialize_app()\n",
        OF_FIREBASE,
    ),
    "one that the module of the work tells": (
        PUSH.replace("\n\n@router", f"\n{FIREBASE}\n\n@router"),
        "",
        "    import app.api.routes  # for firebase_admin.initialize_app  # noqa: F401\n",
    ),
    "one that a function tells": (
        PUSH,
        "import firebase_admin\n\n\ndef init():\n    firebase_admin.initialize_app()\n\n\ninit()\n",
        OF_FIREBASE,
    ),
    "the time-out of all sockets": (
        CALL,
        "import socket\n\nsocket.setdefaulttimeout(10)\n",
        "    import app.main  # for socket.setdefaulttimeout  # noqa: F401\n",
    ),
    "one whose key is set": (
        PUSH,
        "import firebase_admin\n\nfirebase_admin.key = 'k'\n",
        "    import app.main  # for firebase_admin.key  # noqa: F401\n",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_task_imports_what_sets_it_up(tmp_path: Path, form: str) -> None:
    routes, main, expected = FORMS[form]
    done = project(tmp_path, routes, main, sending=SENDS)
    assert expected in done.tasks
    assert done.tasks.count("noqa") == 1


def test_of_several_files_that_load_the_same_one_is_imported_that_brings_the_least(tmp_path: Path) -> None:
    more = {"sending": SENDS, "settings": DOTENV, "wired": f"import app.settings\n{DOTENV}"}
    done = project(tmp_path, CALL, f"import app.wired\n{DOTENV}", **more)
    assert "    import app.settings  # for load_dotenv  # noqa: F401\n" in done.tasks
    assert done.tasks.count("noqa") == 1


def test_what_the_work_loads_itself_is_not_imported_once_more(tmp_path: Path) -> None:
    more = {"sending": f"import app.settings\n{SENDS}", "settings": DOTENV}
    assert "noqa" not in project(tmp_path, CALL, DOTENV, **more).tasks


OTHER = """
import stripe
from app.config import settings


class Accounts:
    def paid(self, id: str) -> bool:
        return stripe.Invoice.retrieve(id).paid


def plan_of(business):
    return stripe.Subscription.retrieve(business.subscription).plan
"""
REACHED = {
    "a function that it calls": "    plan_of(None)\n",
    "one that it is told": "    jobs[0](None)\n\n\njobs = [plan_of]\n",
    "a class": "    accounts.paid(to)\n\n\naccounts = Accounts()\n",
    "one by its name": "    globals()['plan_of'](None)\n",
}


@pytest.mark.parametrize("use", ["", *REACHED.values()], ids=["nothing", *REACHED])
def test_a_library_that_the_work_does_not_come_to_is_not_set_up_for_it(tmp_path: Path, use: str) -> None:
    billing = "import stripe\n\nstripe.api_key = 'k'\n"
    sending = SENDS.replace("\n\n\ndef", f"\n{OTHER}\n\ndef") + use
    more = {"sending": sending, "config": "settings = 1\n", "billing": billing}
    done = project(tmp_path, CALL, "import app.billing\n", **more)
    assert ("import app.billing  # for stripe.api_key" in done.tasks) is bool(use)
    assert "deliver(to)\n" in done.tasks


LONG = """
from app.sending import deliver


@router.post("/h")
def h(customer_email: str, business_name: str, business_email: str, starts_on: str):
    deliver({given})
    return {{}}
"""
TWO = "customer_email=customer_email, business_name=business_name, starts_on=starts_on"
THREE = TWO.replace("starts", "business_email=business_email, starts", 1)
LONG_CALLS = {
    TWO: f"    deliver(\n        {TWO}\n    )\n",
    THREE: f"    deliver(\n        {THREE.replace(', ', f',{chr(10)}        ')},\n    )\n",
}


@pytest.mark.parametrize("given", LONG_CALLS)
def test_a_long_call_in_a_task_has_several_lines(tmp_path: Path, given: str) -> None:
    takes = "*, " + ", ".join(f"{each.partition('=')[0]}: str" for each in given.split(", "))
    sending = SENDS.replace("to: str", takes).replace(" to,", " customer_email,")
    done = project(tmp_path, LONG.format(given=given), sending=sending)
    assert LONG_CALLS[given] in done.tasks


AT_IMPORT = SENDS.replace("\n\n\ndef", '\n\nHOST = os.environ["MAIL_HOST"]\n\n\ndef').replace(
    'SMTP(os.environ["MAIL_HOST"])', "SMTP(HOST)"
)


@pytest.mark.parametrize(
    ("routes", "sending"),
    [(BLOCK, SENDS), (CALL, SENDS), (CALL, AT_IMPORT)],
    ids=["block", "call", "at import"],
)
def test_a_worker_finds_what_the_environment_is_told_by_a_file(
    tmp_path: Path, routes: str, sending: str
) -> None:
    (tmp_path / ".env").write_text("MAIL_HOST=mail.example.com\n")
    done = project(tmp_path, routes, DOTENV, sending=sending)
    (tmp_path / "dotenv.py").write_text(STAND_IN)
    printed = done.runs(
        """
        import smtplib

        class Outbox:
            def __init__(self, host):
                print("mails of", host)

            def __enter__(self):
                return self

            def __exit__(self, *error):
                pass

            def send_message(self, message):
                print("mail", message["To"])

            def sendmail(self, sender, to, text):
                print("mail", to)

        smtplib.SMTP = Outbox
        import app.domain.tasks as tasks

        for name, task in vars(tasks).items():
            if name.endswith("_task"):
                task.original_func("ann@example.com")
        """
    )
    assert printed == "mails of mail.example.com\nmail ann@example.com\n"


SETTINGS = """
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    mail_host: str


settings = Settings()
"""
OF_SETTINGS = """
import smtplib

from app.settings import settings


def deliver(to: str) -> None:
    with smtplib.SMTP(settings.mail_host) as smtp:
        smtp.sendmail("a@example.com", to, "hello")
"""
OF_LIBRARY = """
import firebase_admin
from firebase_admin import messaging

own = firebase_admin.get_app()


def deliver(to: str) -> None:
    messaging.send(messaging.Message(token=to), app=own)
"""
BELOW = "    from app.sending import deliver\n\n    deliver(to)\n"
READ_AT_IMPORT = {
    "a variable": ({"sending": AT_IMPORT}, DOTENV, OF_DOTENV),
    "a variable, by a function": (
        {
            "sending": AT_IMPORT.replace('os.environ["MAIL_HOST"]', "host()").replace(
                "HOST =", 'def host():\n    return os.getenv("MAIL_HOST")\n\n\nHOST ='
            )
        },
        DOTENV,
        OF_DOTENV,
    ),
    "settings": ({"sending": OF_SETTINGS, "settings": SETTINGS}, DOTENV, OF_DOTENV),
    "an object of a library": ({"sending": OF_LIBRARY}, FIREBASE, OF_FIREBASE),
}


@pytest.mark.parametrize("form", READ_AT_IMPORT)
def test_what_is_read_at_import_is_imported_below_what_sets_it(tmp_path: Path, form: str) -> None:
    more, main, sets_up = READ_AT_IMPORT[form]
    done = project(tmp_path, CALL, main, **more)
    assert f"{sets_up}{BELOW}" in done.tasks


def test_what_is_read_when_it_is_called_is_imported_at_the_top(tmp_path: Path) -> None:
    assert "from app.sending" not in project(tmp_path, CALL, DOTENV, sending=SENDS).tasks


@pytest.mark.parametrize(
    "settings",
    [SETTINGS.replace("    mail", '    model_config = {"env_file": ".env"}\n    mail'), DOTENV + SETTINGS],
    ids=["a file of its own", "its own module"],
)
def test_settings_that_read_the_file_themselves_need_nobody(tmp_path: Path, settings: str) -> None:
    done = project(tmp_path, CALL, DOTENV, sending=OF_SETTINGS, settings=settings)
    assert "import" not in done.tasks


@pytest.mark.parametrize(
    ("main", "more", "reader"),
    [
        (DOTENV, {"sending": SENDS}, "your application loads, and not the worker before it starts,"),
        ("", {"sending": OF_SETTINGS, "settings": SETTINGS}, "your settings class reads"),
        ("", {"sending": SENDS}, ""),
    ],
    ids=["loaded", "settings", "neither"],
)
def test_where_the_address_of_the_queue_is_not_read_from(
    tmp_path: Path, main: str, more: dict[str, str], reader: str
) -> None:
    steps = "\n".join(project(tmp_path, CALL, main, **more).report.next_steps)
    assert ("a .env file" in steps) is bool(reader)
    assert f"a .env file that only {reader}".strip() in steps or not reader


@pytest.mark.parametrize(("lifespan", "is_told"), [('"off"', True), ('"auto"', False)])
def test_a_function_on_lambda_that_is_not_told_to_stop(tmp_path: Path, lifespan: str, is_told: bool) -> None:
    handler = f"\nfrom mangum import Mangum\n\nhandler = Mangum(app, lifespan={lifespan})\n"
    done = project(tmp_path, CALL, sending=SENDS, serverless=f"from app.main import app\n{handler}")
    assert any("AWS Lambda" in step for step in done.report.next_steps) is is_told


STARTED = {
    "a server": ("uvicorn.run(app)", "app.main calls uvicorn.run(app) when it is imported"),
    "a scheduler": ("scheduler.start()", "app.main calls scheduler.start() when it is imported"),
    "a thread": ("threading.Thread(target=print).start()", "calls threading.Thread(target=print).start()"),
    "by a function": (
        "def begin():\n    scheduler.start()\n\n\nbegin()",
        "calls begin() when it is imported",
    ),
    "by the main guard": ('if __name__ == "__main__":\n    uvicorn.run(app)', ""),
    "when it is called": ("def begin():\n    scheduler.start()", ""),
    "nothing of the kind": ("where = re.match('a', 'ab').start()", ""),
    "an own object": ("class Clock:\n    def start(self):\n        self.at = 1\n\n\nClock().start()", ""),
}


@pytest.mark.parametrize("form", STARTED)
def test_a_module_that_starts_something_is_imported_by_no_worker(tmp_path: Path, form: str) -> None:
    start, why = STARTED[form]
    imports = (
        "import re\nimport threading\n\nimport uvicorn\nfrom apscheduler.schedulers.background import *\n"
    )
    main = f"{imports}{DOTENV}{MAIN}\nscheduler = background.BackgroundScheduler()\n{start}\n"
    done = migrate(tmp_path, {**PACKAGES, ROUTES: HEAD + CALL, "app/main.py": main, "app/sending.py": SENDS})
    assert (OF_DOTENV in done.tasks) is not bool(why)
    assert not why or any(why in note.text for group in done.report.groups for note in group.notes)


LIFESPAN = """
from contextlib import asynccontextmanager

import firebase_admin
from fastapi import FastAPI

from app.api import routes


def tell():
    firebase_admin.initialize_app()


@asynccontextmanager
async def lifespan(app: FastAPI):
    {}
    yield


app = FastAPI(lifespan=lifespan)
app.include_router(routes.router)
"""
EVENT = (
    MAIN + "\n\n@app.on_event('startup')\ndef start():\n    import firebase_admin as fa\n\n    fa.key = 'k'\n"
)
HELPER = PUSH.replace(
    "    message =", "    notify(token, title)\n    return {}\n\n\ndef notify(token, title):\n    message ="
)
ASKED = """
import firebase_admin
import smtplib
from firebase_admin import auth


@router.post("/h")
def h(token: str):
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@x", auth.get_user(token).email, "x")
    return {}
"""
DEPENDENCY = (
    "from fastapi import Depends\n"
    + PUSH.replace('post("/h")', 'post("/h", dependencies=[Depends(told)])')
    + "\n\ndef told():\n    import firebase_admin\n\n    firebase_admin.initialize_app()\n"
)
MIDDLEWARE = """

@app.middleware("http")
async def tell(request, call_next):
    import firebase_admin

    firebase_admin.initialize_app()
    return await call_next(request)
"""
PUSHER = """
import firebase_admin
from firebase_admin import messaging


class Told:
    def __init__(self, key: str = "k") -> None:
        firebase_admin.key = key


class Pusher(Told):
    def push(self, token: str) -> None:
        messaging.send(messaging.Message(token=token))


def push_later(token: str) -> None:
    messaging.send(messaging.Message(token=token))


def get_told() -> Told:
    return Told()
"""
IMPORTED = "from app.pusher import Pusher, Told, get_told, push_later\n"
MADE = (
    IMPORTED
    + """
from fastapi import Depends


@router.post("/h")
def h(token: str, told: Told = Depends(get_told)):
    push_later(token)
    return {}
"""
)
MADE_BY_TASK = (
    IMPORTED
    + """

@router.post("/h")
def h(token: str):
    Pusher().push(token)
    return {}
"""
)
AT_START = {
    "by a lifespan": (PUSH, LIFESPAN.format("firebase_admin.initialize_app()")),
    "by what a lifespan calls": (PUSH, LIFESPAN.format("tell()")),
    "by an event": (PUSH, EVENT),
    "for a helper": (HELPER, LIFESPAN.format("tell()")),
    "for what a mail takes from it": (ASKED, LIFESPAN.format("tell()")),
    "by a dependency": (DEPENDENCY, MAIN),
    "by a middleware": (PUSH, MAIN + MIDDLEWARE),
    "when an object is made": (MADE, MAIN),
}


@pytest.mark.parametrize("form", AT_START)
def test_what_is_set_up_at_start_keeps_the_work(tmp_path: Path, form: str) -> None:
    """A worker runs nothing of that, and would send nothing."""
    routes, main = AT_START[form]
    files = {**PACKAGES, ROUTES: HEAD + routes, "app/main.py": main}
    if IMPORTED in routes:
        files["app/pusher.py"] = PUSHER
    done = migrate(tmp_path, files)
    assert not done.tasks
    told = re.compile(r"sets up (at start|before it|when it is made); a worker does")
    reasons = [each for each in done.stays if told.search(each)]
    assert reasons, done.stays


ITSELF = HELPER.replace("    message =", "    tell()\n    message =")
ITSELF += "\n\ndef tell():\n    import firebase_admin\n\n    firebase_admin.initialize_app()\n"
NOT_AT_START = {
    "for another library": (PUSH, LIFESPAN.format("import sentry_sdk\n\n    sentry_sdk.init()")),
    "at import as well": (PUSH, LIFESPAN.format("tell()") + "\n\ntell()\n"),
    "what a lifespan keeps": (PUSH, LIFESPAN.format("app.state.app = firebase_admin.get_app()")),
    "what is closed at the end": (PUSH, LIFESPAN.format("firebase_admin.close_all_apps()")),
    "what the work does itself": (ITSELF, LIFESPAN.format("routes.tell()")),
    "what makes the object of the work": (MADE_BY_TASK, MAIN),
    "what the work does itself, as objects do": (IMPORTED + ITSELF, MAIN),
}


@pytest.mark.parametrize("hazard", NOT_AT_START)
def test_what_others_start_keeps_nothing(tmp_path: Path, hazard: str) -> None:
    routes, main = NOT_AT_START[hazard]
    files = {**PACKAGES, ROUTES: HEAD + routes, "app/main.py": main}
    if IMPORTED in routes:
        files["app/pusher.py"] = PUSHER
    done = migrate(tmp_path, files)
    assert "_task(" in done.tasks


GUARDED = "if __name__ == '__main__':\n    import firebase_admin\n\n    firebase_admin.initialize_app()\n"
LOADED = {
    "by a script": (PUSH, ""),
    "for another library": (PUSH, "import sentry_sdk\n\nsentry_sdk.init()\n"),
    "of the standard library": (BLOCK, "import warnings\n\nwarnings.simplefilter('ignore')\n"),
    "only when it is run": (PUSH, GUARDED),
    "of the project itself": (CALL, "from app import sending\n\nsending.host = 'x'\n"),
    "made, and not set up": (PUSH, "import firebase_admin\n\ncred = firebase_admin.Certificate('x')\n"),
}


@pytest.mark.parametrize("hazard", LOADED)
def test_nothing_else_is_imported(tmp_path: Path, hazard: str) -> None:
    routes, main = LOADED[hazard]
    script = FIREBASE + "\nfrom app.api import routes\n" if hazard == "by a script" else ""
    done = project(tmp_path, routes, main, sending=SENDS, seed=script)
    assert "_task(" in done.tasks
    assert "import app.main" not in done.tasks
    assert "import app.seed" not in done.tasks


def test_what_the_helper_loads_by_itself_is_not_loaded_twice(tmp_path: Path) -> None:
    done = project(tmp_path, CALL, "", sending=SENDS.replace("\n\ndef", f"\n\n{DOTENV}\n\ndef"))
    assert "from app.sending import deliver\n" in done.imports
    assert "noqa" not in done.tasks


DB = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

engine = create_engine("sqlite:///users.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


def get_db():
    with SessionLocal() as db:
        yield db
"""
USER = """
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class User(Base):
    'Never a Tag.'

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    orders = relationship("Order", back_populates="user")
"""
ORDER = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    user = relationship("User", back_populates="orders")
"""
PLAIN = """
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class NAME(Base):
    __tablename__ = "TABLE"

    id: Mapped[int] = mapped_column(primary_key=True)
"""
WELCOME = """
import smtplib

from app.users import User


def welcome(user: User) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@example.com", user.email, "hello")
"""
LOADS = """
from fastapi import BackgroundTasks, Depends, HTTPException
from sqlalchemy.orm import Session

from app.db import get_db
from app.orders import Order
from app.shops import Shop
from app.tags import Tag
from app.users import User
from app.welcome import welcome


@router.post("/h")
def h(id: int, background: BackgroundTasks, db: Session = Depends(get_db)):
    user = db.get(User, id)
    if user is None:
        raise HTTPException(404)
    background.add_task(welcome, user)
    return {"tables": [Order.__tablename__, Shop.__tablename__, Tag.__tablename__]}
"""
OF_SHOPS = "    import app.shops  # for shops  # noqa: F401\n"


def mapped(folder: Path, users: str = USER) -> Migrated:
    classes = (("Shop", "shops"), ("Tag", "tags"))
    shops, tags = (PLAIN.replace("NAME", name).replace("TABLE", table) for name, table in classes)
    return project(folder, LOADS, db=DB, users=users, orders=ORDER, shops=shops, tags=tags, welcome=WELCOME)


def test_a_worker_loads_the_classes_that_name_each_other(tmp_path: Path) -> None:
    done = mapped(tmp_path)
    assert f"    import app.orders  # for Order  # noqa: F401\n{OF_SHOPS}" in done.tasks
    assert "app.tags" not in done.tasks
    printed = done.runs(
        OUTBOX
        + source(
            """
            import asyncio
            import sqlite3

            with sqlite3.connect("users.db") as db:
                db.execute("create table users (id integer primary key, email text)")
                db.execute("insert into users values (1, 'ann@example.com')")
            from app.domain.tasks import welcome_task

            asyncio.run(welcome_task.original_func(1))
            """
        )
    )
    assert printed == "mail ann@example.com hello\n"


def test_classes_that_are_imported_are_not_loaded_twice(tmp_path: Path) -> None:
    imports = "from app.db import Base\n"
    users = USER.replace(imports, f"{imports}from app.orders import Order\n").replace('"Order"', "Order")
    done = mapped(tmp_path, users)
    assert "app.orders" not in done.tasks
    assert OF_SHOPS in done.tasks


def test_what_is_asked_for_a_value_sets_nothing_up(tmp_path: Path) -> None:
    ask = "from decouple import config\n\nURL = config('URL')\n"
    done = project(tmp_path, CALL, ask, sending=ask + SENDS)
    assert "_task(" in done.tasks
    assert "import app.main" not in done.tasks


SENDS_ASYNC = """
import os

import aiosmtplib


async def deliver(to: str):
    try:
        await aiosmtplib.send("hello", recipients=[to], hostname=os.environ["MAIL_HOST"])
        return {"sent": to}
    except Exception as error:
        return {"error": str(error)}
"""


def test_what_needs_no_late_import_is_imported_once(tmp_path: Path) -> None:
    call = CALL.replace("def h", "async def h").replace("    deliver", "    await deliver")
    done = project(tmp_path, call, DOTENV, sending=SENDS_ASYNC)
    assert "import deliver" not in done.tasks, "it is imported at the top of the module"
    assert f"None:\n{OF_DOTENV}\n    await deliver(to)\n" in done.tasks


TABLES = """
from sqlmodel import Field, Session, SQLModel, create_engine

engine = create_engine("sqlite:///users.db")


class User(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    email: str


def init() -> None:
    SQLModel.metadata.create_all(engine)
"""
JOBS = """
from sqlmodel import Session

from app.db import User, engine
from app.mail import send_welcome


def welcome(number: int) -> None:
    with Session(engine) as session:
        user = session.get(User, number)
        user.email = send_welcome(user.email, "Ann") or user.email
        session.commit()
"""
BEHIND = """
from fastapi import BackgroundTasks

from app.jobs import welcome


@router.post("/h")
def h(number: int, background: BackgroundTasks):
    background.add_task(welcome, number)
    return {}
"""
MAKES = {
    "at start": LIFESPAN.format("init()").replace("import firebase_admin\n", "from app.db import init\n"),
    "at import": f"from app.db import init\n{MAIN}\ninit()\n",
}


@pytest.mark.parametrize("when", MAKES)
def test_tables_are_there_for_a_worker_as_well(tmp_path: Path, when: str) -> None:
    """They are made in the database, and not in the process."""
    main = MAKES[when].replace("    firebase_admin.initialize_app()\n", "    pass\n")
    files = {"app/main.py": main, "app/db.py": TABLES, "app/jobs.py": JOBS, ROUTES: HEAD + BEHIND}
    requirements = {"requirements.txt": "fastapi\nsqlmodel\naiosqlite\ngreenlet\n"}
    done = migrate(tmp_path, {**PACKAGES, **files, **requirements})
    assert "kiq(number)" in done.body("h") or "add_task(welcome_task.kiq, number)" in done.body("h")
    assert "welcome(number)" in done.tasks
    assert "import app.main" not in done.tasks


SET = """
import os

import firebase_admin
from firebase_admin import messaging

from app.pushing import push, push_anyhow


def tell():
    firebase_admin.initialize_app()


@router.post("/h")
def h(token: str, log: list[str] = []):
{}
    return {{}}
"""
PUSHING = """
import firebase_admin
from firebase_admin import messaging


def push(token: str) -> None:
    messaging.send(messaging.Message(token=token))


def push_anyhow(token: str) -> None:
    if not firebase_admin._apps:
        firebase_admin.initialize_app()
    messaging.send(messaging.Message(token=token))
"""
KEY = "    firebase_admin.key = os.environ['KEY']\n"
SEND = "    messaging.send(messaging.Message(token=token))"
GOES = {
    "right above": (KEY + SEND, KEY + SEND),
    "above what stays": (KEY + "    print(token)\n" + SEND, KEY + SEND),
    "above a helper": (KEY + "    push(token)", KEY + "    push(token)"),
    "around a helper": (
        KEY + "    if token:\n        push(token)",
        KEY + "    if token:\n        push(token)",
    ),
    "if nobody has": (
        "    if not firebase_admin._apps:\n        firebase_admin.initialize_app()\n" + SEND,
        "    if not firebase_admin._apps:\n        firebase_admin.initialize_app()\n" + SEND,
    ),
    "for nothing": (KEY + "    push_anyhow(token)", "(token: str) -> None:\n    push_anyhow(token)"),
    "below it": (SEND + "\n" + KEY, "-> None:\n" + SEND),
}  # fmt: skip


@pytest.mark.parametrize("form", GOES)
def test_what_the_route_sets_above_goes_along(tmp_path: Path, form: str) -> None:
    """`resend.api_key = KEY` stayed in the web process, and the worker sent without a key."""
    body, expected = GOES[form]
    done = project(tmp_path, SET.format(body), pushing=PUSHING)
    assert expected in done.tasks
    assert ("firebase_admin.key" in done.after[ROUTES]) is (form in ("for nothing", "below it"))


STAYS_SET = {
    "needed by the answer": KEY + SEND + "\n    log.append(firebase_admin.get_app().name)",
    "by a function of the project": "    tell()\n" + SEND,
}


@pytest.mark.parametrize("hazard", STAYS_SET)
def test_what_the_route_sets_for_others_too_keeps_the_work(tmp_path: Path, hazard: str) -> None:
    done = project(tmp_path, SET.format(STAYS_SET[hazard]), pushing=PUSHING)
    assert not done.tasks
    assert any("which is set above it; a worker does not have it" in each for each in done.stays), done.stays
