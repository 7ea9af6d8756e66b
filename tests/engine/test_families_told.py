"""What `check` says of calls that are awaited only because another method of the family waits."""

from __future__ import annotations

from small_projects import migrate_main

PROGRAM = """
import time


class Problem:
    def told(self):
        return {}


class Fatal(Problem):
    def told(self):
        time.sleep(0.1)
        return super().told()


class Guard:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        time.sleep(0.1)


@app.get("/")
def show(fatal: bool):
    problem: Problem = Fatal() if fatal else Problem()
    with Guard():
        return problem.told()
"""


def test_only_what_waits_is_found() -> None:
    done = migrate_main(PROGRAM)
    assert "async with Guard():\n        return await problem.told()" in done.function("app/main.py", "show")
    assert "return await super().told()" in done.texts["app/main.py"]
    found = {(each.code, each.message) for each in done.report.findings}
    assert ("AF202", "Fatal.told blocks: it reaches time.sleep") in found
    assert not [message for code, message in found if code == "AF301"]
    assert not [message for _, message in found if "Problem.told" in message or "__enter__" in message]
