"""`freeze_time` in the tests stops the clock of event loops, too: `asyncio.sleep` would never end there."""

from __future__ import annotations

import pytest
from client_programs import changed, migrate

ROUTES = """
import time

from fastapi import APIRouter

router = APIRouter()


@router.get("/")
def call():
    time.sleep(0.5)
    return {}
"""
STOPS = {
    "decorator": '@freeze_time("2024-01-02")\ndef test_it():\n    pass\n',
    "class": '@freezegun.freeze_time("2024-01-02")\nclass TestIt:\n    pass\n',
    "with": 'def test_it():\n    with freeze_time("2024-01-02") as frozen:\n        frozen.tick()\n',
    "mark": '@pytest.mark.freeze_time("2024-01-02")\ndef test_it():\n    pass\n',
    "said to": '@freeze_time("2024-01-02", tick=False)\ndef test_it():\n    pass\n',
    "fixture": "def test_it(freezer):\n    pass\n",
}
GOES_ON = {
    "real_asyncio": '@freeze_time("2024-01-02", real_asyncio=True)\ndef test_it():\n    pass\n',
    "tick": '@freeze_time("2024-01-02", tick=True)\ndef test_it():\n    pass\n',
    "another library": '@time_machine.travel("2024-01-02")\ndef test_it():\n    pass\n',
    "none": "def test_it():\n    pass\n",
}
IMPORTS = "import freezegun\nimport pytest\nimport time_machine\nfrom freezegun import freeze_time\n\n\n"


@pytest.mark.parametrize("test", STOPS)
def test_it_sleeps_in_a_thread_as_it_did(test: str) -> None:
    outcome = migrate({"app/routes.py": changed(ROUTES), "tests/test_it.py": IMPORTS + STOPS[test]})
    assert "await run_in_threadpool(time.sleep, 0.5)" in outcome.text
    assert all("freeze_time" in each for each in outcome.reasons)
    assert outcome.reasons


@pytest.mark.parametrize("test", GOES_ON)
def test_a_clock_that_goes_on(test: str) -> None:
    outcome = migrate({"app/routes.py": changed(ROUTES), "tests/test_it.py": IMPORTS + GOES_ON[test]})
    assert "await asyncio.sleep(0.5)" in outcome.text


def test_a_clock_that_the_application_stops_is_no_test() -> None:
    program = {"app/routes.py": changed(ROUTES), "app/demo.py": IMPORTS + STOPS["with"]}
    assert "await asyncio.sleep(0.5)" in migrate(program).text
