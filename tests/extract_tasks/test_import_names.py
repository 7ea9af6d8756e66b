"""Tasks call modules what the code called them that they come from."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from async_fix.codemods.extract_tasks.task_imports import late_imports
from async_fix.codemods.model import ImportNeed
from projects import PACKAGES, TASKS
from projects import migrate as project
from small_projects import Migrated, migrate, migrate_main

BODY = "\n\n\n@app.post('/r')\ndef r(key: str):\n    {}\n    return {{}}\n"


def tasks(done: Migrated) -> str:
    return done.texts["app/domain/tasks.py"]


@pytest.mark.parametrize(
    ("imported", "work"),
    [
        ("import pandas as pd", "pd.DataFrame([{'a': key}]).to_excel('a.xlsx')"),
        ("import smtplib as post", "post.SMTP('h').sendmail('a', key, 'm')"),
        ("import firebase_admin.messaging as push", "push.send(push.Message(token=key))"),
        ("import pandas", "pandas.DataFrame([{'a': key}]).to_excel('a.xlsx')"),
    ],
)
def test_a_module_keeps_its_name(imported: str, work: str) -> None:
    text = tasks(migrate_main(imported + BODY.format(work)))
    assert f"{imported}\n" in text
    assert f"    {work}\n" in text


@pytest.mark.parametrize(
    ("api", "late"), [(["app/routes.py", "app/more.py"], False), (["app/routes.py"], True)]
)
def test_a_task_imports_late_where_other_routes_may_come_to_queue_it(
    tmp_path: Path, api: list[str], late: bool
) -> None:
    """Those that a later run converts would close a circle of imports."""
    route = "from fastapi import APIRouter\n\nfrom app.letters import greet\n\nrouter = APIRouter()\n"
    route += "\n\n@router.post('/r')\ndef r(to: str):\n    {}\n    return {{}}\n"
    letters = "from fastapi import APIRouter\n\nfrom app.mail import send_welcome\n\nrouter = APIRouter()\n"
    letters += "\n\n@router.get('/l')\ndef letters():\n    return send_welcome('a', 'Ann')\n"
    letters += "\n\ndef greet(to: str) -> None:\n    send_welcome(to, 'Ann')\n"
    files = {
        **PACKAGES,
        "app/letters.py": letters,
        "app/routes.py": route.format("greet(to)"),
        "app/more.py": route.format("pass"),
    }
    done = project(tmp_path, files, "app/letters.py", *api)
    line = "from app.letters import greet\n"
    assert (f"    {line}" in done.after[TASKS]) == late
    assert done.after[TASKS].count(line) == 1


def test_two_names_of_one_module_are_one_import() -> None:
    work = "{}.DataFrame([{{'a': key}}]).to_excel('{}.xlsx')"
    other = "import pandas as pan\nfrom fastapi import APIRouter\n\nrouter = APIRouter()\n" + BODY.replace(
        "@app", "@router"
    ).format(work.format("pan", "b"))
    text = tasks(migrate_main("import pandas as pd" + BODY.format(work.format("pd", "a")), other=other))
    assert text.count("import pandas") == 1
    compile(text, "tasks.py", "exec")


def test_one_name_of_two_modules_stays_one_of_each() -> None:
    first = "import pandas as p" + BODY.format("p.DataFrame([{'a': key}]).to_excel('a.xlsx')")
    send = BODY.replace("@app", "@router").format("p.SMTP('h').sendmail('a', key, 'm')")
    other = f"import smtplib as p\nfrom fastapi import APIRouter\n\nrouter = APIRouter(){send}"
    text = tasks(migrate_main(first, other=other))
    assert "p.DataFrame(" in text or "pandas.DataFrame(" in text
    assert "import pandas as p\n" not in text or "import smtplib\n" in text
    names = [line.split()[-1] for line in text.splitlines() if line.startswith("import ")]
    assert len(names) == len(set(names))


def test_a_tasks_module_that_is_there_keeps_its_own_name_for_it() -> None:
    existing = (
        "import pandas\nfrom taskiq import InMemoryBroker\n\nbroker = InMemoryBroker()\n\n\n"
        "@broker.task\ndef old(path: str) -> None:\n    pandas.read_csv(path)\n"
    )
    main = "from fastapi import FastAPI\nimport pandas as pd\n\napp = FastAPI()" + BODY.format(
        "pd.DataFrame([{'a': key}]).to_excel('a.xlsx')"
    )
    files = {"app/__init__.py": "", "app/main.py": main, "app/domain/__init__.py": ""}
    text = tasks(migrate({**files, "app/domain/tasks.py": existing}))
    assert "    pandas.DataFrame([{'a': key}]).to_excel('a.xlsx')\n" in text
    assert "import pandas as pd" not in text


PRINTER = """\
import io
from dataclasses import dataclass
from pathlib import Path

from reportlab.pdfgen import canvas


@dataclass
class Line:
    text: str


class Printer:
    def render(self, lines: list[Line]) -> bytes:
        page = canvas.Canvas(buffer := io.BytesIO())
        page.save()
        return buffer.getvalue()

    def write(self, lines: list[Line], folder: Path) -> Path:
        path = folder / "letter.pdf"
        path.write_bytes(self.render(lines))
        return path


def get_printer() -> Printer:
    return Printer()
"""


def test_slow_work_whose_result_is_used_queues_nothing_of_its_own(tmp_path: Path) -> None:
    """Its module never comes to import the tasks; taken for one that may, it could not give them its types,
    and once they are there it could: the second run would have changed what the first had left."""
    route = """\
    from fastapi import APIRouter, BackgroundTasks, Depends
    from pathlib import Path

    from app.printer import Line, Printer, get_printer

    router = APIRouter()


    @router.post("/now")
    def now(printer: Printer = Depends(get_printer)):
        return {"path": str(printer.write([], Path("now")))}


    @router.post("/later")
    def later(texts: list[str], background: BackgroundTasks, printer: Printer = Depends(get_printer)):
        lines = [Line(text) for text in texts]
        background.add_task(printer.write, lines, Path("later"))
        return {}
    """
    done = project(tmp_path, {**PACKAGES, "app/printer.py": PRINTER, "app/routes.py": dedent(route)}, "app")
    assert (
        "def write_pdf_task(lines: list[Line], folder: Path) -> None:\n    get_printer()" in done.after[TASKS]
    )
    assert "\nfrom app.printer import Line, get_printer\n" in done.after[TASKS]


DOTTED = """
import email.message
import email.utils
import os.path
import smtplib
import xml.dom.minidom

from fastapi import FastAPI

import app.letters

routes = FastAPI()


@routes.post("/parts")
def parts(to: str):
    message = email.message.EmailMessage()
    message["To"] = email.utils.formataddr(("", to))
    message.set_content(f"{app.letters.GREETING} {os.path.basename(to)}")
    smtplib.SMTP("localhost").send_message(message)
    return {"to": app.letters.__name__}


@routes.post("/whole")
def whole(to: str):
    message = getattr(email, "message").EmailMessage()
    smtplib.SMTP("localhost").send_message(message)
    return {}
"""


def test_modules_of_a_package_are_imported_as_they_were_and_a_bare_package_is_not() -> None:
    letters = 'GREETING = "Hi"\n'
    done = migrate({"app/__init__.py": "", "app/letters.py": letters, "app/main.py": DOTTED})
    made = tasks(done)
    lines = made.splitlines()
    assert {"import email.message", "import email.utils", "import app.letters"} <= {*lines}
    assert "    message = email.message.EmailMessage()" in lines
    assert '{app.letters.GREETING} {os.path.basename(to)}"' in made
    assert "xml" not in made
    assert ".kiq(" not in done.function("app/main.py", "whole")


def test_late_imports_are_sorted_as_ruff_sorts_them() -> None:
    names = ("send", "Channel", "SENDERS", "send_10", "send_9")
    needs = [ImportNeed("app.notify", name) for name in names]
    line = "    from app.notify import SENDERS, Channel, send, send_9, send_10\n"
    assert late_imports(needs) == line
