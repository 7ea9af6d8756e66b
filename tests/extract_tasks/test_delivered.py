"""A file that slow work makes, and what is delivered behind it: one task, in their order."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest
from projects import HEAD, PACKAGES, ROUTES, Migrated, migrate

REPORTS = """\
import os
import smtplib
from email.message import EmailMessage

from fpdf import FPDF

FOLDER = os.environ.get("REPORTS", "reports")


def build(name: str) -> bytes:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.cell(text=name)
    return bytes(pdf.output())


def make(name: str, path: str) -> None:
    with open(path, "wb") as file:
        file.write(build(name))


def tell(to: str, text: str) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@example.com", to, text)


def bring(to: str, path: str) -> None:
    message = EmailMessage()
    message["To"] = to
    with open(path, "rb") as file:
        message.add_attachment(file.read(), maintype="application", subtype="pdf")
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(message)
"""
IMPORTS = (
    "import os\nfrom fastapi import HTTPException\nfrom app.reports import FOLDER, bring, build, make, tell\n"
)
TOGETHER = {
    "a mail that tells of it": """
        path = os.path.join(FOLDER, f"{number}.pdf")
        make(name, path)
        tell(name, "it is there")
    """,
    "a mail that brings it": """
        path = os.path.join(FOLDER, f"{number}.pdf")
        make(name, path)
        bring(name, path)
    """,
    "a mail that brings it, and nobody keeps it": """
        path = os.path.join(FOLDER, f"{number}.pdf")
        make(name, path)
        bring(name, path)
        os.remove(path)
    """,
    "written by the handler": """
        content = build(name)
        path = os.path.join(FOLDER, f"{number}.pdf")
        with open(path, "wb") as file:
            file.write(content)
        tell(name, "it is there")
    """,
    "a text between": """
        make(name, os.path.join(FOLDER, f"{number}.pdf"))
        text = f"{name}: it is there"
        tell(name, text)
    """,
    "for some": """
        make(name, os.path.join(FOLDER, f"{number}.pdf"))
        if name:
            tell(name, "it is there")
    """,
    "two mails": """
        make(name, os.path.join(FOLDER, f"{number}.pdf"))
        tell(name, "it is there")
        tell("all@example.com", "it is there")
    """,
}
APART = {
    "a mail before it": """
        tell(name, "wait for it")
        make(name, os.path.join(FOLDER, f"{number}.pdf"))
    """,
    "two mails, and no file": """
        tell(name, "it is there")
        tell("all@example.com", "it is there")
    """,
    "the answer tells whether the mail went out": """
        make(name, os.path.join(FOLDER, f"{number}.pdf"))
        try:
            tell(name, "it is there")
        except OSError:
            raise HTTPException(502)
    """,
    "the handler gives up between": """
        make(name, os.path.join(FOLDER, f"{number}.pdf"))
        if not name:
            raise HTTPException(400)
        tell(name, "it is there")
    """,
}
STAYS = {
    "the answer tells where it is": """
        path = os.path.join(FOLDER, f"{number}.pdf")
        make(name, path)
        bring(name, path)
        return {"path": path}
    """,
    "the handler looks for it": """
        path = os.path.join(FOLDER, f"{number}.pdf")
        make(name, path)
        if os.path.getsize(path) > 10_000_000:
            raise HTTPException(413)
        tell(name, "it is there")
    """,
    "its name is in the answer, made between": """
        content = build(name)
        path = os.path.join(FOLDER, f"{number}.pdf")
        with open(path, "wb") as file:
            file.write(content)
        return {"path": path}
    """,
    "another reads it between": """
        content = build(name)
        path = os.path.join(FOLDER, f"{number}.pdf")
        old = os.path.exists(path)
        with open(path, "wb") as file:
            file.write(content)
        return {"old": old}
    """,
}


def _migrated(folder: Path, body: str) -> Migrated:
    answer = "" if "return" in body else '\n    return {"status": "ok"}'
    body = indent(dedent(body).strip(), "    ") + answer
    route = f'@router.post("/x")\ndef h(number: int, name: str):\n{body}\n'
    return migrate(folder, {**PACKAGES, "app/reports.py": REPORTS, ROUTES: HEAD + IMPORTS + route})


def _steps(text: str) -> list[str]:
    return [step for step in ("build(", "make(", "tell(", "bring(", "os.remove(") if step in text]


@pytest.mark.parametrize("form", TOGETHER)
def test_one_task_makes_and_delivers_it(tmp_path: Path, form: str) -> None:
    done = _migrated(tmp_path, TOGETHER[form])
    assert done.tasks.count("@broker.task") == 1, done.stays
    assert _steps(done.tasks) == _steps(TOGETHER[form])
    assert done.body("h").count("await ") == 1


@pytest.mark.parametrize("form", APART)
def test_what_is_no_delivery_of_it_is_a_task_of_its_own(tmp_path: Path, form: str) -> None:
    for task in _migrated(tmp_path, APART[form]).tasks.split("@broker.task")[1:]:
        assert len(_steps(task)) == 1


@pytest.mark.parametrize("form", STAYS)
def test_a_file_that_the_handler_works_with_is_made_by_it(tmp_path: Path, form: str) -> None:
    done = _migrated(tmp_path, STAYS[form])
    assert not {"make(", "build("} & {*_steps(done.tasks)}


SERVED = """
import os
import smtplib

sent = []


class Smtp:
    def __init__(self, host):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def sendmail(self, sender, to, text):
        sent.append([to, text, os.path.exists("reports/1.pdf")])

    def send_message(self, message):
        sent.append([message["To"], [len(part.get_content()) > 500 for part in message.iter_attachments()]])


smtplib.SMTP = Smtp
from fastapi.testclient import TestClient

from app.main import app

with TestClient(app, raise_server_exceptions=False) as client:
    client.post("/x", params={"number": 1, "name": "ann"})
    os.makedirs("reports")
    client.post("/x", params={"number": 1, "name": "bob"})
print(sent, os.path.exists("reports/1.pdf"))
"""


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("a mail that tells of it", "[['bob', 'it is there', True]] True"),
        ("a mail that brings it, and nobody keeps it", "[['bob', [True]]] False"),
    ],
)
def test_nothing_is_delivered_of_what_could_not_be_made(tmp_path: Path, form: str, expected: str) -> None:
    """The folder is missing when it is asked for first."""
    done = _migrated(tmp_path, TOGETHER[form])
    assert done.runs(SERVED, TASKIQ_IN_PLACE="1").strip() == expected
