"""One `with` over a session and something that is not async becomes statements in each other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from async_fix.codemods.analysis.judge.turning.colours import Judge
from async_fix.codemods.analysis.judge.turning.verdicts import Judgement
from async_fix.codemods.model import EntryPoint
from db_programs import DATABASE, FILL, MAIN, MODELS, Outcome, answers, app, convert

EXPORT = """
def export(path: str):
    # to a file
    with {items}:  # both
        # every one
        for user in db.query(User):
            out.write(f"{user.name};")
        out.write('''
  end''')


@router.get("/export")
def exported(path: str):
    export(path)
    return {"ok": True}
"""


def program(folder: Path, items: str, more: str = "") -> Outcome:
    return app(folder, EXPORT.replace("{items}", items) + more)


def function(done: Outcome) -> str:
    text = done.texts["app/api.py"]
    return text[text.index("async def export(") :].partition("\n\n\n")[0]


@pytest.mark.parametrize(
    ("items", "first", "second"),
    [
        (
            "SessionLocal() as db, open(path, 'w') as out",
            "async with SessionLocal() as db:",
            "async with await anyio.open_file(path, 'w') as out:",
        ),
        (
            "open(path, 'w') as out, SessionLocal() as db",
            "async with await anyio.open_file(path, 'w') as out:",
            "async with SessionLocal() as db:",
        ),
        (
            "open(path, 'w') as out, SessionLocal() as db, db.begin()",
            "async with await anyio.open_file(path, 'w') as out:",
            "async with SessionLocal() as db, db.begin():",
        ),
        (
            "(\n        SessionLocal() as db,\n        open(path, 'w') as out,\n    )",
            "async with SessionLocal() as db:",
            "async with await anyio.open_file(path, 'w') as out:",
        ),
    ],
)
def test_the_order_and_the_body_stay(tmp_path: Path, items: str, first: str, second: str) -> None:
    done = program(tmp_path, items)
    assert done.obstacles == []
    assert function(done) == (
        "async def export(path: str):\n"
        "    # to a file\n"
        f"    {first}\n"
        f"        {second}  # both\n"
        "            # every one\n"
        "            for user in await db.scalars(select(User)):\n"
        '                await out.write(f"{user.name};")\n'
        "            await out.write('''\n  end''')"
    )


def test_the_same_run_again_changes_nothing(tmp_path: Path) -> None:
    done = program(tmp_path, "SessionLocal() as db, open(path, 'w') as out")
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS}
    again = convert(tmp_path / "again", {**files, **done.texts})
    assert again.texts == {}


def test_it_does_what_it_did(tmp_path: Path) -> None:
    text = EXPORT.replace("{items}", "open(path, 'w') as out, SessionLocal() as db")
    read = '\n\n@router.get("/read")\ndef read(path: str):\n    return open(path).read()\n'
    done = app(tmp_path, text + read, main=MAIN)
    assert "async with SessionLocal() as db:" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/export?path=a.txt", "/read?path=a.txt"])
    assert before == after
    assert [status for _, status, _ in after] == [200, 200]


def test_what_needs_no_await_stays_a_with(tmp_path: Path) -> None:
    text = (
        'from contextlib import suppress\n\n\n@router.get("/names")\ndef names():\n'
        "    with suppress(ValueError), SessionLocal() as db:\n"
        "        return [user.name for user in db.query(User)]\n"
    )
    done = app(tmp_path, text)
    assert (
        "    with suppress(ValueError):\n        async with SessionLocal() as db:\n"
        in done.texts["app/api.py"]
    )


# what must not change -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (
            "(\n        SessionLocal() as db,  # ours\n        open(path, 'w') as out,\n    )",
            "one `with` enters a session and something that is not async",
        ),
        ("SessionLocal() as db, lock, open(path, 'w') as out", "lock"),
    ],
)
def test_what_cannot_be_split_or_held_keeps_the_database_sync(tmp_path: Path, items: str, words: str) -> None:
    lock = "import threading\n\nlock = threading.Lock()\n\n"
    done = app(tmp_path, lock + EXPORT.replace("{items}", items))
    assert any(words in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())
    assert "app/api.py" not in done.texts, "it is not changed"


def test_a_with_of_other_things_stays_one(tmp_path: Path) -> None:
    text = (
        "def copy(old: str, new: str):\n"
        "    with open(old) as source, open(new, 'w') as out:\n        out.write(source.read())\n\n\n"
        '@router.get("/names")\n'
        "def names():\n    with SessionLocal() as db, db.begin():\n        db.add(User(name='x'))\n"
    )
    done = app(tmp_path, text)
    assert "    with open(old) as source, open(new, 'w') as out:\n" in done.texts["app/api.py"]
    assert "    async with SessionLocal() as db, db.begin():\n" in done.texts["app/api.py"]


def test_where_the_database_stays_sync_all_the_same_the_program_is_judged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []
    judge = Judge.judge

    def counted(self: Judge, entries: Iterable[EntryPoint]) -> Judgement:
        judged.append(len(self.whole.functions))
        return judge(self, entries)

    monkeypatch.setattr(Judge, "judge", counted)
    stuck = "\n\ndef bound(db: Session):\n    return db.get_bind().connect()\n"
    done = program(tmp_path, "SessionLocal() as db, open(path, 'w') as out", stuck)
    assert any("no async form" in each for each in done.obstacles), done.obstacles
    assert not any("one `with`" in each for each in done.obstacles), "the program with two was looked at"
    assert judged == [0]
