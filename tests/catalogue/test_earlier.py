"""Versions that a project declares, in which a library worked another way than today."""

from __future__ import annotations

import pytest
from async_fix.codemods.catalogue import Effect, load
from async_fix.codemods.engine.settings.earlier import earlier_tables
from small_projects import migrate

MAIN = """\
import telegram
from fastapi import FastAPI

app = FastAPI()
bot = telegram.Bot("x")


@app.post("/x")
async def h(text: str):
    message = bot.send_message(chat_id=1, text=text)
    return {"id": message.message_id}
"""
BEFORE_20 = ["python-telegram-bot==13.15", "python-telegram-bot<20", "python_telegram_bot~=13.7"]


@pytest.mark.parametrize("line", BEFORE_20)
def test_the_bot_of_earlier_versions_waits(line: str) -> None:
    entry = load(list(earlier_tables(line))).find("telegram.Bot.send_message")
    assert entry is not None
    assert entry.effect is Effect.SLOW


@pytest.mark.parametrize("line", ["", "python-telegram-bot", "python-telegram-bot>=20", "telegram==13.15"])
def test_today_it_is_awaited(line: str) -> None:
    assert list(earlier_tables(line)) == []


@pytest.mark.parametrize(
    ("line", "after"),
    [
        (BEFORE_20[0], "await run_in_threadpool(bot.send_message, chat_id=1, text=text)"),
        ("python-telegram-bot==21.0", "await bot.send_message(chat_id=1, text=text)"),
    ],
)
def test_the_declared_version_decides(line: str, after: str) -> None:
    files = {"app/__init__.py": "", "app/main.py": MAIN, "requirements.txt": f"fastapi\n{line}\n"}
    assert after in migrate(files).texts["app/main.py"]


def test_all_tables_of_a_user_count_whatever_is_asked_for_between() -> None:
    """Those of the first ones had been taken for read: others had their places in memory before."""
    names = [f"acme{number}" for number in range(8)]
    catalogue = load([{f"{name}.Bot": {"category": "push", "slow": "*"}} for name in names])
    for name, between in zip(
        names, ("json", "os", "re", "requests", "redis", "time", "csv", "io"), strict=True
    ):
        catalogue.find(f"{between}.loads")
        entry = catalogue.find(f"{name}.Bot.send")
        assert entry is not None, name
        assert entry.effect is Effect.SLOW
