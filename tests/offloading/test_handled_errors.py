"""A function that looks at the exception which its caller handles: another thread handles none."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

TEXT = """
import logging
import sys
import traceback
from pathlib import Path

log = logging.getLogger(__name__)


def describe() -> str:
    {line}
    return ""


def keep() -> None:
    Path("errors").write_text(describe())


async def ask() -> None: ...


@app.get("/own")
async def own():
    try:
        1 / 0
    except ZeroDivisionError:
        keep()


@app.get("/awaits")
async def awaits():
    try:
        await ask()
    except ZeroDivisionError:
        keep()
"""
LOOKS = ["return traceback.format_exc()", "log.exception('lost')", "return str(sys.exc_info()[1])"]
OTHERS = [
    "log.error('lost')",
    "try:\n        Path('a').read_text()\n    except OSError:\n        log.exception('lost')",
]


@pytest.mark.parametrize("line", LOOKS)
def test_it_goes_with_what_is_tried_or_stays(line: str) -> None:
    done = migrate_main(TEXT.format(line=line))
    own, awaits = (done.function("app/main.py", name) for name in ("own", "awaits"))
    assert "        try:\n            1 / 0\n        except ZeroDivisionError:\n            keep()\n" in own
    assert "        keep()\n" in awaits
    assert "needs the exception that is being handled" in done.findings("AF203")[-1].remedy_text


@pytest.mark.parametrize("line", OTHERS)
def test_one_that_looks_at_none_but_its_own_goes_alone(line: str) -> None:
    done = migrate_main(TEXT.format(line=line))
    for name in ("own", "awaits"):
        assert "        await run_in_threadpool(keep)\n" in done.function("app/main.py", name) + "\n"
