"""What a library's decorator calls besides the function: on the event loop, once that is async."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

HEAD = "import asyncio\nimport time\nimport requests\nfrom tenacity import retry, retry_if_result\n"
CHARGE = """
@retry({arguments})
def charge(amount):
    return requests.get(f"http://pay/{{amount}}").json()

@app.get("/pay")
def pay(n: int):
    return charge(n)
"""
TOLD = """
def tell(state):
    requests.post("http://ops", json={"n": 1})

def is_empty(answer):
    return not answer

async def wait(seconds):
    pass
"""


@pytest.mark.parametrize(
    "arguments",
    [
        "before_sleep=tell",
        "before=time.sleep",
        "sleep=time.sleep",
        "sleep=is_empty",
        "sleep=print",
        "retry=retry_if_result(tell)",
    ],
)
def test_a_function_that_blocks_is_not_called_on_the_loop(arguments: str) -> None:
    done = migrate_main(HEAD + TOLD + CHARGE.format(arguments=arguments))
    assert "app/main.py:charge" not in done.turned
    reason = done.reason("app.main:charge")
    assert (reason.code, "the decorator calls" in reason.text) == ("AF904", True), reason


@pytest.mark.parametrize(
    "arguments",
    ["reraise=True", "retry=retry_if_result(is_empty)", "sleep=wait", "sleep=asyncio.sleep", "before=print"],
)
def test_what_does_not_block_may_be(arguments: str) -> None:
    done = migrate_main(HEAD + TOLD + CHARGE.format(arguments=arguments))
    assert "app/main.py:charge" in done.turned
