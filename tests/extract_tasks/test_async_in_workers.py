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


def test_what_a_route_awaits_as_well_moves(tmp_path: Path) -> None:
    imports = "from app.service import EmailService"
    done = project(tmp_path, "@staticmethod", "await EmailService.welcome(to)", imports)
    assert "await send_email_task.kiq(" in done.after["app/service.py"] + done.after["app/api/routes.py"]
