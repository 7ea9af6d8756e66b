"""What an async function calls on the result of a call that goes to a thread: it may do the work."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

HEAD = """
import duckdb
import grpc
import gspread
from async_library import ask


"""


def body(line: str) -> str:
    text = f'{HEAD}@app.get("/")\nasync def show(url, channel):\n    return {line}\n'
    return migrate_main(text).function("app/main.py", "show").partition("\n    return ")[2].strip()


@pytest.mark.parametrize(
    "chain",
    [
        "grpc.channel_ready_future(channel).result(timeout=3)",
        'gspread.service_account("k.json").open(url).sheet1.get_all_records()',
        'duckdb.connect("a.db").execute("SELECT 1").fetchall()',
        'duckdb.connect("a.db").tables["orders"].refresh()',
    ],
)
def test_the_last_call_of_a_chain_goes_with_the_first(chain: str) -> None:
    """`(await run_in_threadpool(connect, ..)).execute(..)` would run the query on the event loop."""
    assert body(chain) == f"await run_in_threadpool(lambda: {chain})"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('duckdb.connect("a.db").name', '(await run_in_threadpool(duckdb.connect, "a.db")).name'),
        (
            'str(duckdb.connect("a.db")).upper()',
            'str(await run_in_threadpool(duckdb.connect, "a.db")).upper()',
        ),
        ('await ask(duckdb.connect("a.db"))', 'await ask(await run_in_threadpool(duckdb.connect, "a.db"))'),
    ],
)
def test_what_is_no_call_on_the_result_stays(line: str, expected: str) -> None:
    assert body(line) == expected


def test_what_is_awaited_stays_on_the_loop() -> None:
    """Nobody knows what gives it, but it gives the loop free."""
    connected = '(await run_in_threadpool(duckdb.connect, "a.db"))'
    assert body('await duckdb.connect("a.db").wait()') == f"await {connected}.wait()"
