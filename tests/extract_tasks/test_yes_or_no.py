"""Helpers that tell their caller yes or no: of the mail, or of something else, beside which they send one."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import HEAD, PACKAGES, ROUTES, Migrated, migrate

ACCOUNTS = """\
import smtplib

from app.mail import send_welcome

known = {}


def of_something_else(to: str, old: str) -> bool:
    if known.get(to) != old:
        return False
    send_welcome(to, "Ann")
    return True


def of_the_mail(to: str, old: str) -> bool:
    try:
        send_welcome(to, "Ann")
        return True
    except smtplib.SMTPException:
        return False


def of_nothing(to: str, old: str) -> bool:
    send_welcome(to, "Ann")
    return True
"""


def _migrated(folder: Path, body: str) -> Migrated:
    imports = "from app.accounts import of_nothing, of_something_else, of_the_mail\n\n\n"
    route = f'@router.post("/x")\nasync def h(to: str, old: str):\n    {body}\n    return {{"ok": ok}}\n'
    return migrate(folder, {**PACKAGES, "app/accounts.py": ACCOUNTS, ROUTES: HEAD + imports + route})


def test_what_is_told_of_something_else_lets_the_mail_go(tmp_path: Path) -> None:
    done = _migrated(tmp_path, "ok = of_something_else(to, old)")
    assert "ok = await of_something_else(to, old)" in done.body("h")
    accounts = done.after["app/accounts.py"]
    assert "async def of_something_else(" in accounts
    assert 'await send_welcome_task.kiq(to, "Ann")\n    return True' in accounts


def test_what_is_told_of_the_mail_waits_for_it(tmp_path: Path) -> None:
    done = _migrated(tmp_path, "ok = of_the_mail(to, old)")
    assert "ok = await run_in_threadpool(of_the_mail, to, old)" in done.body("h")
    assert not done.tasks


@pytest.mark.parametrize("name", ["of_the_mail", "of_nothing"])
def test_what_nobody_reads_moves_as_a_whole(tmp_path: Path, name: str) -> None:
    done = _migrated(tmp_path, f"{name}(to, old)\n    ok = True")
    assert f"await {name}_task.kiq(to, old)" in done.body("h")
