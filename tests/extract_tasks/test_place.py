"""Where tasks go: into what the project has, before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import MAIL, migrate, source

API = """\
from fastapi import APIRouter

from notes.mail import send_welcome

router = APIRouter()


@router.post("/join")
def join(to: str):
    send_welcome(to, "friend")
    return {}
"""
BROKER = """\
from taskiq_redis import RedisStreamBroker

broker = RedisStreamBroker("redis://localhost")
"""
OLD_TASKS = '''\
"""Theirs."""

from notes.domain.broker import broker


@broker.task
def tidy_task() -> None:
    print("tidy")
'''
PACKAGE = {"notes/__init__.py": "", "notes/mail.py": MAIL, "notes/api.py": API}


def made(folder: Path, files: dict[str, str], *api: str) -> list[str]:
    found = migrate(folder, files, *api)
    return sorted(path for path in found.after if path not in found.before)


def test_tasks_of_a_package_whose_api_is_one_file_are_found(tmp_path: Path) -> None:
    """No second `domain/` at the top, and no import inside the task, as nothing is circular."""
    theirs = {
        "notes/domain/__init__.py": "",
        "notes/domain/broker.py": BROKER,
        "notes/domain/tasks.py": OLD_TASKS,
    }
    found = migrate(tmp_path, {**PACKAGE, **theirs}, "notes/api.py")
    assert sorted(found.after) == ["notes/api.py", "notes/domain/tasks.py"]
    assert found.after["notes/domain/tasks.py"] == source('''
        """Theirs."""

        from notes.domain.broker import broker
        from notes.mail import send_welcome


        @broker.task
        def tidy_task() -> None:
            print("tidy")


        @broker.task
        def send_welcome_task(to: str, name: str, *, lang: str = "en") -> None:
            send_welcome(to, name, lang=lang)
        ''')


def test_the_whole_package_given_as_the_api_layer_makes_no_import_late(tmp_path: Path) -> None:
    theirs = {
        "notes/domain/__init__.py": "",
        "notes/domain/broker.py": BROKER,
        "notes/domain/tasks.py": OLD_TASKS,
    }
    found = migrate(tmp_path, {**PACKAGE, **theirs}, "notes")
    assert "\nfrom notes.mail import send_welcome\n" in found.after["notes/domain/tasks.py"]


LOGGING_API = """\
import logging
import smtplib

from fastapi import APIRouter

router = APIRouter()
logger = logging.getLogger(__name__)


@router.post("/join")
def join(to: str):
    try:
        with smtplib.SMTP("localhost") as server:
            server.sendmail("shop@example.com", [to], "Welcome!")
    except smtplib.SMTPException:
        logger.exception("no mail")
    return {}
"""
LOGGER = "logger = logging.getLogger(__name__)\n"
SMTP = "import smtplib\n\nfrom notes.domain.broker import broker\n"
LOGS = {
    # the tasks module that is there: how it begins afterwards
    "import logging\n": f"import logging\n{SMTP}\n{LOGGER}",
    "import os\n": f"import logging\nimport os\n{SMTP}\n{LOGGER}",
    '"""Theirs."""\n': f'"""Theirs."""\n\nimport logging\n{SMTP}\n{LOGGER}',
    f"import logging\n\n{LOGGER}": f"import logging\n{SMTP}\n{LOGGER}",
    "from notes.logs import logger\n": f"{SMTP}from notes.logs import logger\n",
}


@pytest.mark.parametrize("head", LOGS)
def test_a_task_that_logs_finds_a_logger_in_the_module_that_is_there(tmp_path: Path, head: str) -> None:
    theirs = {
        "notes/__init__.py": "",
        "notes/logs.py": f"import logging\n\n{LOGGER}",
        "notes/api.py": LOGGING_API,
        "notes/domain/__init__.py": "",
        "notes/domain/broker.py": BROKER,
        "notes/domain/tasks.py": head,
    }
    text = migrate(tmp_path, theirs, "notes/api.py").after["notes/domain/tasks.py"]
    assert text.startswith(f"{LOGS[head]}\n\n@broker.task\n")
    assert text.endswith('    except smtplib.SMTPException:\n        logger.exception("no mail")\n')


@pytest.mark.parametrize("path", ["notes/jobs.py", "notes/workers/tasks.py"])
def test_a_module_in_which_the_projects_broker_makes_tasks(tmp_path: Path, path: str) -> None:
    theirs = {"notes/tkq.py": BROKER, path: OLD_TASKS.replace("notes.domain.broker", "notes.tkq")}
    found = migrate(tmp_path, {**PACKAGE, **theirs}, "notes/api.py")
    assert sorted(found.after) == ["notes/api.py", path]
    module = path.removesuffix(".py").replace("/", ".")
    command = f"taskiq worker notes.tkq:broker {module}"
    first, second = found.report.next_steps
    assert first == f"the worker must know the new tasks; deploy it before the web process: {command}"
    assert "no application was found" in second, "there is no application that could start the broker"


def test_a_broker_that_makes_tasks_in_its_own_module(tmp_path: Path) -> None:
    tkq = BROKER + '\n\n@broker.task\ndef tidy_task() -> None:\n    print("tidy")\n'
    found = migrate(tmp_path, {**PACKAGE, "notes/tkq.py": tkq}, "notes/api.py")
    assert sorted(found.after) == ["notes/api.py", "notes/tkq.py"]
    assert "import broker" not in found.after["notes/tkq.py"]
    assert "@broker.task\ndef send_welcome_task(" in found.after["notes/tkq.py"]


LAYOUTS = {
    "a module in a package": (PACKAGE, "notes/api.py", "notes/domain/tasks.py"),
    "a package that makes the application": (
        {**PACKAGE, "notes/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"},
        "notes",
        "notes/domain/tasks.py",
    ),
    "a version of the API": (
        {
            "notes/__init__.py": "",
            "notes/mail.py": MAIL,
            "notes/api/__init__.py": "",
            "notes/api/v1/x.py": API,
        },
        "notes/api/v1",
        "notes/domain/tasks.py",
    ),
    "the whole repository, with a script beside the package": (
        {
            **PACKAGE,
            "notes/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
            "seed.py": "print(1)\n",
            ".idea/main.py": "print(2)\n",
        },
        ".",
        "notes/domain/tasks.py",
    ),
    "folders at the import root": ({"notes/mail.py": MAIL, "api/x.py": API}, "api", "domain/tasks.py"),
    "one feature of many": (
        {
            "notes/__init__.py": "",
            "notes/mail.py": MAIL,
            "notes/orders/models.py": "x = 1\n",
            "notes/orders/x.py": API,
        },
        "notes/orders/x.py",
        "notes/orders/domain/tasks.py",
    ),
    "an existing package of that name": (
        {**PACKAGE, "notes/domain/__init__.py": "", "notes/domain/user.py": "x = 1\n"},
        "notes/api.py",
        "notes/domain/tasks.py",
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_where_a_new_module_is_made(tmp_path: Path, layout: str) -> None:
    files, api, expected = LAYOUTS[layout]
    assert expected in made(tmp_path, files, api)


def test_what_lies_beside_the_tasks_takes_no_name_of_the_users(tmp_path: Path) -> None:
    """Neither a file nor a package, which Python would import instead."""
    api = API.replace("APIRouter\n", "APIRouter, UploadFile\nfrom PIL import Image\n", 1)
    api += """

@router.post("/draw")
def draw(file: UploadFile):
    image = Image.open(file.file)
    image.thumbnail((32, 32))
    image.save("small.png")
    return {}
"""
    theirs = {
        "notes/domain/__init__.py": "",
        "notes/domain/broker.py": "class Broker:\n    pass\n",
        "notes/domain/task_broker/__init__.py": "",
        "notes/domain/uploads/__init__.py": "",
        "pyproject.toml": '[tool.async-fix]\nuploads = "var"\n',
    }
    found = migrate(tmp_path, {**PACKAGE, **theirs, "notes/api.py": api}, "notes/api.py")
    new = sorted(found.after.keys() - found.before.keys())
    assert new == [f"notes/domain/{name}.py" for name in ("task_broker2", "task_uploads", "tasks")]
    assert "from notes.domain.task_broker2 import broker\n" in found.after["notes/domain/tasks.py"]
    assert "from notes.domain.task_uploads import stored_upload\n" in found.after["notes/api.py"]
    assert any("taskiq worker notes.domain.task_broker2:broker" in step for step in found.report.next_steps)


def test_what_is_said_of_a_broker_that_has_no_worker(tmp_path: Path) -> None:
    broker = "from taskiq import InMemoryBroker\n\nbroker = InMemoryBroker()\n"
    theirs = {
        "notes/domain/__init__.py": "",
        "notes/domain/broker.py": broker,
        "notes/domain/tasks.py": OLD_TASKS,
    }
    found = migrate(tmp_path, {**PACKAGE, **theirs}, "notes/api.py")
    said = " ".join(found.report.next_steps)
    assert "notes.domain.broker:broker is an InMemoryBroker" in said
    assert "TASKIQ_BROKER_URL" not in said
    assert "taskiq worker" not in said
    assert "dependency" not in said


def test_a_worker_is_told_where_the_modules_of_a_src_layout_lie(tmp_path: Path) -> None:
    """It runs in the folder above: without that it ends with ModuleNotFoundError, again and again."""
    files = {"pyproject.toml": "", **{f"src/{path}": text for path, text in PACKAGE.items()}}
    found = migrate(tmp_path, files, "src/notes/api.py")
    command = "taskiq worker --app-dir src notes.domain.broker:broker notes.domain.tasks"
    assert any(command in step for step in found.report.next_steps)
    assert f"    {command}\n" in found.after["src/notes/domain/broker.py"]


def test_a_task_that_is_called_as_a_function_gets_no_second_task(tmp_path: Path) -> None:
    """A task that calls the first one had been put beside it, and imported it from its own module."""
    tasks = OLD_TASKS.replace("@broker.task\n", "from notes.mail import send_welcome\n\n\n@broker.task\n")
    theirs = {
        "notes/domain/__init__.py": "",
        "notes/domain/broker.py": BROKER,
        "notes/domain/tasks.py": tasks.replace(
            'def tidy_task() -> None:\n    print("tidy")',
            'def tidy_task(to: str) -> None:\n    send_welcome(to, "friend")',
        ),
    }
    api = API.replace("from notes.mail import send_welcome", "from notes.domain.tasks import tidy_task")
    api = api.replace('    send_welcome(to, "friend")', "    tidy_task(to)")
    found = migrate(tmp_path, {**PACKAGE, **theirs, "notes/api.py": api}, "notes/api.py")
    assert "notes/domain/tasks.py" not in found.after
    assert "run_in_threadpool(tidy_task, to)" in found.after["notes/api.py"]
    assert any("it is a task already" in why for why in found.stays)
