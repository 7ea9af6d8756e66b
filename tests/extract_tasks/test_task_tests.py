"""Tests that are written for tasks: they pass, and fail where an argument would not arrive."""

from __future__ import annotations

from pathlib import Path

from projects import HEAD, PACKAGES, ROUTES, Migrated, migrate

ROUTE = """\
from app.bills import Bill, send_bill, send_whole


@router.post("/x")
def h(bill: Bill):
    send_bill(bill.id, bill.amount, bill.due, ["a"])
    send_whole(bill)
    return {}
"""
BILLS = """\
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel

from app.mail import send_welcome


class Bill(BaseModel):
    id: UUID
    amount: Decimal
    due: date


def send_bill(number: UUID, amount: Decimal, due: date | None, words: list[str]) -> None:
    send_welcome("a", f"{number} {amount:.2f} {due} {words}")


def send_whole(bill: Bill) -> None:
    send_welcome("a", str(bill.id))
"""
RUN = "import sys, pytest\nsys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', 'tests']))"


def with_tests(folder: Path, config: str) -> Migrated:
    files = {**PACKAGES, ROUTES: HEAD + ROUTE, "app/bills.py": BILLS, "async-fix.toml": config}
    return migrate(folder, {**files, "tests/conftest.py": "import os\n"})


def test_a_test_for_what_an_example_can_be_made_of(tmp_path: Path) -> None:
    done = with_tests(tmp_path, "with-tests = true\n")
    text = done.after["tests/test_tasks.py"]
    assert 'tasks.send_bill_task, (UUID(int=1), Decimal("1.50"), date(2026, 1, 2), ["x"])' in text
    assert "send_whole_task" not in text
    assert "1 passed" in done.runs(RUN)


def test_it_fails_when_a_type_is_lost(tmp_path: Path) -> None:
    done = with_tests(tmp_path, "with-tests = true\n")
    tasks = tmp_path / "app/domain/tasks.py"
    tasks.write_text(tasks.read_text().replace("amount: Decimal", "amount"))
    assert "1 failed" in done.runs(RUN.replace("sys.exit(", "print("))


def test_none_when_nobody_asks(tmp_path: Path) -> None:
    assert "tests/test_tasks.py" not in with_tests(tmp_path, "").after
