"""Methods that only texts, dates and loggers have stay on the loop, whatever they are called on."""

from __future__ import annotations

import pytest
from small_projects import APP, migrate

ROUTE = "\n\n@app.get('/')\ndef show():\n    return nobody.found.{call}\n"


def waits(call: str, more: str = "") -> bool:
    text = f"import nobody\n{more}{APP}{ROUTE.format(call=call)}"
    done = migrate({"app/__init__.py": "", "app/main.py": text})
    assert "async def show()" in done.texts["app/main.py"]
    return "run_in_threadpool" in done.texts["app/main.py"]


WORD = "import nobody\n\nword = nobody.find()\n"


@pytest.mark.parametrize(
    "call",
    [
        "lower()",
        "strip(' ')",
        "startswith('a')",
        "splitlines()",
        "isoformat()",
        "total_seconds()",
        "split(',')",
    ],
)
def test_what_only_texts_and_dates_have(call: str) -> None:
    text = f"{WORD}{APP}\n\n@app.get('/')\ndef show():\n    return word.{call}\n"
    done = migrate({"app/__init__.py": "", "app/main.py": text})
    assert "run_in_threadpool" not in done.texts["app/main.py"]


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("get('a')", ""),
        ("items()", ""),
        ("replace('a', 'b')", ""),
        ("run()", ""),
        ("lower()", "\n\nclass Crane:\n    def lower(self):\n        self.rope.wait()\n"),
        ("lower()", "\n\ndef fit(crane):\n    crane.lower = input\n"),
    ],
)
def test_what_other_things_have_as_well(call: str, more: str) -> None:
    text = f"{WORD}{APP}{more}\n\n@app.get('/')\ndef show():\n    return word.{call}\n"
    done = migrate({"app/__init__.py": "", "app/main.py": text})
    assert "run_in_threadpool" in done.texts["app/main.py"]


def test_a_function_of_a_library_is_no_method_of_a_text() -> None:
    assert waits("lower()")


LOGGERS = "from acme.telemetry import get_logger, logger, send_log\n\nlog = get_logger()\n"


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("logger.info('sent')", ""),
        ("log.warning('late', extra={'by': 1})", ""),
        ("app.state.logger.exception('oh')", ""),
        ("logger.error('oh')", "\n\nclass Result:\n    def __init__(self):\n        self.error = None\n"),
    ],
)
def test_what_loggers_have(call: str, more: str) -> None:
    text = f"{LOGGERS}{APP}{more}\n\n@app.get('/')\ndef show():\n    {call}\n    return 1\n"
    main = migrate({"app/__init__.py": "", "app/main.py": text}).texts["app/main.py"]
    assert f"async def show():\n    {call}\n" in main


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("send_log('sent')", ""),
        ("logger.flush()", ""),
        (
            "logger.info('sent')",
            "\n\nclass Audit:\n    def info(self, text):\n        open('a').write(text)\n",
        ),
        ("catalog.info('x')", ""),
    ],
)
def test_what_may_be_no_logger(call: str, more: str) -> None:
    route = f"\n\n@app.get('/')\ndef show():\n    {call}\n    return 1\n"
    text = f"{LOGGERS}from acme import catalog\n{APP}{more}{route}"
    main = migrate({"app/__init__.py": "", "app/main.py": text}).texts["app/main.py"]
    assert f"await run_in_threadpool({call.partition('(')[0]}" in main


ROWS = """import hashlib
import sqlite3


def find(number: int):
    con = sqlite3.connect("notes.db")
    con.row_factory = sqlite3.Row
    row = con.execute("select * from notes where id = ?", (number,)).fetchone()
    con.close()
    return {gives}


"""
DIGEST = """

@app.get("/notes/{number}")
def show(number: int):
    return find(number)


@app.get("/digests/{number}")
def digest(number: int):
    note = find(number)
    return hashlib.pbkdf2_hmac("sha256", note["body"].encode(), b"salt", 100000).hex()
"""


@pytest.mark.parametrize("gives", ["row", "dict(row)", "{k: row[k] for k in row.keys()}", "{**row}"])
def test_a_row_of_sqlite3_holds_plain_data(gives: str) -> None:
    text = ROWS.replace("{gives}", gives) + APP + DIGEST
    main = migrate({"app/__init__.py": "", "app/main.py": text}).texts["app/main.py"]
    assert "    note = await run_in_threadpool(find, number)\n" in main


@pytest.mark.parametrize(
    "gives", ["dict(con)", "nobody.opened(row)", "{k: nobody.opened(row[k]) for k in row.keys()}"]
)
def test_what_is_made_of_a_row_may_be_anything(gives: str) -> None:
    text = "import nobody\n" + ROWS.replace("{gives}", gives) + APP + DIGEST
    main = migrate({"app/__init__.py": "", "app/main.py": text}).texts["app/main.py"]
    assert "return await run_in_threadpool(_digest, number)" in main


def test_a_handler_that_reads_a_row_is_awaited_by_another() -> None:
    find = ROWS.replace("{gives}", "dict(row)").replace("def find", "@app.get('/{number}')\ndef find")
    text = APP + find + DIGEST[DIGEST.index('@app.get("/digests') :]
    main = migrate({"app/__init__.py": "", "app/main.py": text}).texts["app/main.py"]
    assert "async def find(number: int):" in main
    assert "    note = await find(number)\n" in main
