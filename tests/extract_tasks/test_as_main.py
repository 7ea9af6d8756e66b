"""A file that is run by its name (`python -m app.main`) and that tasks import: they get that one.

Its body ran a second time in the web process, for the first task: `Table 'orders' is already defined`, a
second counter of Prometheus, a second application of Firebase. The mail was lost, after an answer of 200.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import OUTBOX, migrate, source

MAIN = source("""
    import smtplib

    from fastapi import FastAPI

    from app import server, state

    app = FastAPI()
    state.add("orders")


    def deliver(to: str) -> None:
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@example.com", to, "hello")


    @app.post("/orders")
    def order(to: str):
        deliver(to)
        return {}


    if __name__ == "__main__":
        # on all interfaces
        server.run(app)
""")
STATE = """
    tables = []


    def add(name):
        assert name not in tables, f"{name} is already defined"
        tables.append(name)
"""
SERVER = """
    from fastapi.testclient import TestClient


    def run(app):
        with TestClient(app) as client:
            print(client.post("/orders", params={"to": "ann@example.com"}).status_code)
"""
NAMED = 'sys.modules["app.main"] = sys.modules[__name__]'
RUN = f"""{OUTBOX}
import runpy

smtplib.SMTP = Outbox
runpy.run_module("app.main", run_name="__main__", alter_sys=True)
"""


def _files(main: str) -> dict[str, str]:
    return {"app/__init__.py": "", "app/main.py": main, "app/state.py": STATE, "app/server.py": SERVER}


def test_a_task_finds_the_module_that_runs(tmp_path: Path) -> None:
    done = migrate(tmp_path, _files(MAIN), "app")
    assert "    # on all interfaces\n    server.run(app)\n" in done.after["app/main.py"]
    assert "mail ann@example.com hello" in done.runs(RUN, TASKIQ_IN_PLACE="1")


STAYING = {
    "a server loads it by its name": MAIN.replace("server.run(app)", 'server.run("app.main:app")'),
    "it is run to try the mail": MAIN.replace("server.run(app)", 'deliver("me@example.com")'),
    "nobody runs it": MAIN.partition("\n\nif __name__")[0] + "\n",
    "it does so itself": MAIN.replace("import smtplib", "import smtplib\nimport sys").replace(
        "    # on all interfaces", f"    {NAMED}"
    ),
}


@pytest.mark.parametrize("form", STAYING)
def test_where_no_second_module_comes_to_be(tmp_path: Path, form: str) -> None:
    main = STAYING[form]
    done = migrate(tmp_path, _files(main), "app")
    assert "from app.main import deliver" in done.tasks_of("app/domain/tasks.py")
    assert done.after["app/main.py"].count(NAMED) == main.count(NAMED)


def test_what_starts_a_server_when_it_is_imported_is_imported_by_no_task(tmp_path: Path) -> None:
    unguarded = MAIN.partition("\n\nif __name__")[0] + "\n\nimport uvicorn\n\nuvicorn.run(app)\n"
    (why,) = migrate(tmp_path, _files(unguarded), "app").stays
    assert "a worker needs deliver, and app.main calls uvicorn.run(app) when it is imported" in why
