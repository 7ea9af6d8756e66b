"""Coroutines that only the tasks of another queue run: no request waits, and no broker is started there."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import PACKAGES, Migrated, migrate

SERVICE = """\
from fastapi_mail import ConnectionConfig, FastMail, MessageSchema, MessageType

conf = ConnectionConfig(
    MAIL_USERNAME="a", MAIL_PASSWORD="b", MAIL_FROM="a@example.com", MAIL_PORT=25, MAIL_SERVER="localhost",
    MAIL_STARTTLS=False, MAIL_SSL_TLS=False,
)


class EmailService:
    {decorator}
    async def send({first}to: str, subject: str) -> None:
        message = MessageSchema(subject=subject, recipients=[to], body="x", subtype=MessageType.plain)
        await FastMail(conf).send_message(message)

    {decorator}
    async def welcome({first}to: str) -> None:
        await {owner}.send(to, "Welcome")
"""
WORKER = """\
import asyncio

from celery import Celery

from app.service import EmailService

celery_app = Celery("shop", broker="memory://")


@celery_app.task
def welcome(to: str) -> None:
    asyncio.run(EmailService.welcome(to))
"""
ROUTES = """\
from fastapi import APIRouter

from app.worker import welcome
{imports}
router = APIRouter()


@router.post("/x")
async def h(to: str):
    {call}
    return {{}}
"""


def project(folder: Path, decorator: str, call: str, imports: str = "") -> Migrated:
    names = {"@staticmethod": ("", "EmailService"), "@classmethod": ("cls, ", "cls")}[decorator]
    service = SERVICE.format(decorator=decorator, first=names[0], owner=names[1])
    routes = ROUTES.format(call=call, imports=imports)
    files = {"app/service.py": service, "app/worker.py": WORKER, "app/api/routes.py": routes}
    return migrate(folder, {**PACKAGES, **files})


@pytest.mark.parametrize("decorator", ["@staticmethod", "@classmethod"])
def test_what_only_celery_runs_stays(tmp_path: Path, decorator: str) -> None:
    done = project(tmp_path, decorator, "welcome.delay(to)")
    assert done.tasks == ""
    assert "app/service.py" not in done.after


def test_what_a_route_awaits_as_well_moves_there(tmp_path: Path) -> None:
    """What Celery comes to queues nothing: no broker of Taskiq is started in its processes."""
    imports = "from app.service import EmailService"
    done = project(tmp_path, "@staticmethod", "await EmailService.welcome(to)", imports)
    assert "app/service.py" not in done.after
    assert "    await welcome_task.kiq(to)\n" in done.body("h", "app/api/routes.py")
    assert "    await EmailService.welcome(to)\n" in done.tasks


def test_without_celery_the_service_queues_it(tmp_path: Path) -> None:
    service = SERVICE.format(decorator="@staticmethod", first="", owner="EmailService")
    routes = ROUTES.format(call="await EmailService.welcome(to)", imports="").replace(
        "from app.worker import welcome", "from app.service import EmailService"
    )
    files = {"app/service.py": service, "app/api/routes.py": routes}
    done = migrate(tmp_path, {**PACKAGES, **files})
    assert ".kiq(" in done.after["app/service.py"]
    assert done.tasks.count("@broker.task") == 1
    assert "kiq" not in done.after.get("app/api/routes.py", "")


def test_what_a_script_runs_to_its_end_queues_nothing(tmp_path: Path) -> None:
    """The loop of `asyncio.run` is gone before the task has run on it."""
    service = SERVICE.format(decorator="@staticmethod", first="", owner="EmailService")
    routes = ROUTES.format(call="await EmailService.welcome(to)", imports="").replace(
        "from app.worker import welcome", "from app.service import EmailService"
    )
    script = (
        "import asyncio\n\nfrom app.service import EmailService\n\n"
        "if __name__ == '__main__':\n    asyncio.run(EmailService.welcome('ann'))\n"
    )
    files = {"app/service.py": service, "app/script.py": script, "app/api/routes.py": routes}
    done = migrate(tmp_path, {**PACKAGES, **files})
    assert "app/service.py" not in done.after
    assert "    await welcome_task.kiq(to)\n" in done.body("h", "app/api/routes.py")


ATTACHED = """
from fastapi import APIRouter, BackgroundTasks, UploadFile
from fastapi_mail import FastMail, MessageSchema

from app.service import conf

router = APIRouter()


async def mail_report(to: str) -> None:
    {attached}
    message = MessageSchema(subject="x", recipients=[to], body="b", subtype="html"{files})
    await FastMail(conf).send_message(message)


@router.post("/x")
async def h(to: str):
    await mail_report(to)
    return {{}}


@router.post("/y")
def other():
    import time

    time.sleep(1)
    return {{}}
"""


@pytest.mark.parametrize("is_read", [True, False])
def test_what_awaits_reads_no_file_on_the_loop_of_a_worker(tmp_path: Path, is_read: bool) -> None:
    """The proof found it there, and refused all else that imports the tasks as well."""
    opened = 'file = UploadFile(filename="report.txt", file=open("report.txt", "rb"))'
    attached, files = (opened, ', attachments=[{"file": file}]') if is_read else ("print(to)", "")
    service = SERVICE.format(decorator="@staticmethod", first="", owner="EmailService")
    routes = ATTACHED.format(attached=attached, files=files)
    done = migrate(tmp_path, {**PACKAGES, "app/service.py": service, "app/api/routes.py": routes})
    assert ("mail_report_task.kiq(to)" in done.body("h")) is is_read
    assert ("await run_in_threadpool(open," in done.body("mail_report")) is is_read
    assert ("_task.kiq(to)" in done.body("mail_report")) is not is_read
    assert "await asyncio.sleep(1)" in done.body("other")


JOB = """
import aiosmtplib
from fastapi import APIRouter, BackgroundTasks

router = APIRouter()


async def send(to: str) -> bool:
    try:
        await aiosmtplib.send("x", sender="a", recipients=[to])
    except OSError:
        return False
    return True


async def job(to: str) -> None:
    if not await send(to):
        print("failed", to)


@router.post("/x")
async def h(to: str, background: BackgroundTasks):
    background.add_task(job, to)
    return {}
"""


@pytest.mark.parametrize("end", ["return {}", "return {'sent': await send('admin')}"])
def test_requests_do_not_wait_for_what_only_tasks_run(tmp_path: Path, end: str) -> None:
    done = migrate(tmp_path, {**PACKAGES, "app/api/routes.py": JOB.replace("return {}", end)})
    assert "    await job_task.kiq(to)\n" in done.body("h", "app/api/routes.py") or "await" in end
    assert bool(done.stays) is ("await" in end)
