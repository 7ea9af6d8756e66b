"""Demos wait where the slow work will be: what is named after that, and only waits, is slow work."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler, source

DEMO = """\
import asyncio
import time

import requests

seen = []


def send_email(to: str, subject: str) -> None:
    time.sleep(2.5)
    print(f"mail to {to}: {subject}")


async def send_newsletter(to: str) -> None:
    await asyncio.sleep(2)


class SMSService:
    def send(self, phone: str) -> bool:
        time.sleep(1)
        return True


def fetch_report_data(user: str) -> dict:
    time.sleep(0.2)
    return {"user": user}


def generate_pdf(data: dict) -> bytes:
    time.sleep(3)  # the real one takes as long
    return str(data).encode()


def store_report(user: str, pdf: bytes) -> None:
    with open(f"{user}.pdf", "wb") as out:
        out.write(pdf)


async def get_rows(user: str) -> dict:
    return {"user": user}


async def load_rows(user: str) -> dict:
    await asyncio.sleep(0.1)
    return {"user": user}


async def ask_for_rows(user: str) -> dict:
    return await load_rows(user)


async def keep(user: str, pdf: bytes) -> None:
    await asyncio.sleep(0.1)
    store_report(user, pdf)


def heavy_computation(n: int) -> int:
    time.sleep(4)
    return n


def wait_for_mail_server() -> None:
    time.sleep(1)


def send_with_retry(to: str) -> None:
    for _ in range(3):
        try:
            return connect(to)
        except OSError:
            time.sleep(1)


def connect(to: str) -> None:
    pass


def generate_report_elsewhere(user: str) -> None:
    requests.get(f"https://reports.example.com/{user}").raise_for_status()
    time.sleep(1)


def notify_all(text: str) -> None:
    time.sleep(1)
    seen.append(text)


def save(to: str) -> None:
    time.sleep(1)


sms = SMSService()
"""
IMPORTS = """
from fastapi import BackgroundTasks, Response
from app.demo import ask_for_rows, get_rows, keep, load_rows
from app.demo import fetch_report_data, generate_pdf, generate_report_elsewhere, heavy_computation
from app.demo import notify_all, save, send_email, send_newsletter, send_with_retry, sms, store_report
from app.demo import wait_for_mail_server


"""


def demo(folder: Path, body: str, more: str = "") -> Migrated:
    lines = "".join(f"    {line}\n" for line in source(body).splitlines())
    text = f'{IMPORTS}@router.post("/h")\nasync def h(to: str{more}):\n{lines}'
    return handler(folder, text, demo=DEMO)


def test_what_is_named_after_slow_work_and_only_waits_moves(tmp_path: Path) -> None:
    done = demo(
        tmp_path,
        """
        send_email(to, "Welcome")
        await send_newsletter(to)
        sms.send(to)
        background.add_task(heavy_computation, 3)
        return {}
        """,
        ", background: BackgroundTasks",
    )
    assert done.body("h") == source("""
        async def h(to: str):
            await send_email_task.kiq(to, "Welcome")
            await send_newsletter_task.kiq(to)
            await send_sms_task.kiq(to)
            await heavy_computation_task.kiq(3)
            return {}
    """)


def test_what_it_is_made_of_and_kept_in_goes_along(tmp_path: Path) -> None:
    done = demo(
        tmp_path,
        """
        data = fetch_report_data(to)
        pdf = generate_pdf(data)
        store_report(to, pdf)
        return {"message": "started"}
        """,
    )
    assert done.tasks == source("""
        @broker.task
        async def h_task(to: str) -> None:
            data = await fetch_report_data(to)
            pdf = await asyncio.to_thread(generate_pdf, data)
            await asyncio.to_thread(store_report, to, pdf)
    """)


AWAITED = """
data = await {read}(to)
pdf = generate_pdf(data)
await keep(to, pdf)
return {{}}
"""


@pytest.mark.parametrize("read", ["get_rows", "load_rows", "ask_for_rows"])
def test_what_is_awaited_for_it_goes_along(tmp_path: Path, read: str) -> None:
    done = demo(tmp_path, AWAITED.format(read=read))
    assert ("await h_task.kiq(to)" in done.body("h")) is (read != "ask_for_rows")
    assert ("await keep(to, pdf)" in done.tasks) is (read != "ask_for_rows")


STAYS = {
    "it waits for somebody": "wait_for_mail_server()",
    "it tries again": "send_with_retry(to)",
    "it asks somebody else": "generate_report_elsewhere(to)",
    "it keeps what the process knows": "notify_all(to)",
    "its name says nothing": "save(to)",
    "its result is used": "return Response(generate_pdf({'to': to}))",
    "its failure is told": "try:\n    send_email(to, 'x')\nexcept OSError:\n    return {'failed': to}",
}


@pytest.mark.parametrize("hazard", STAYS)
def test_what_only_looks_so_stays(tmp_path: Path, hazard: str) -> None:
    done = demo(tmp_path, f"{STAYS[hazard]}\nreturn {{}}")
    assert done.tasks == ""
    assert "time.sleep(" not in done.body("h")
