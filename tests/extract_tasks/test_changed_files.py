"""A worker reads a file some time later: what the request removes, moves or writes anew behind the mail is
gone by then."""

from __future__ import annotations

import re
from textwrap import indent

import pytest
from projects import Migrated, handler, source

THINGS = source(
    """
    import os
    import smtplib
    from email.message import EmailMessage
    from pathlib import Path

    from reportlab.pdfgen import canvas


    def mail_file(to: str, path: str) -> None:
        message = EmailMessage()
        message.add_attachment(open(path, "rb").read(), maintype="a", subtype="b")
        with smtplib.SMTP("localhost") as smtp:
            smtp.send_message(message)


    def make_pdf(path: str, text: str) -> None:
        pdf = canvas.Canvas(path)
        pdf.drawString(10, 10, text)
        pdf.save()


    def drop(path: str) -> None:
        os.remove(path)


    class Store:
        def __init__(self, folder: str) -> None:
            self.folder = folder

        def drop(self, name: str) -> None:
            os.remove(os.path.join(self.folder, name))

        def get(self, name: str) -> bytes:
            return Path(self.folder, name).read_bytes()
    """
)
HEAD = """
import os
import shutil
import tempfile
from pathlib import Path

from fastapi import BackgroundTasks, Response
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask

from app.things import Store, drop, mail_file, make_pdf
"""
ROUTE = """

@router.post("/h{number}/{{to}}")
def h{number}(to: str, name: str, background: BackgroundTasks):
    folder = "/files"
    path = f"{{folder}}/{{name}}.pdf"
{body}
    return {{}}
"""
MAIL = "mail_file(to, path)\n"
STAYS = [
    MAIL + "Path(path).unlink(missing_ok=True)",
    MAIL + "drop(path)",
    MAIL + "os.rename(path, '/b')",
    MAIL + "shutil.move(path, '/b')",
    MAIL + "shutil.copyfile('/b', path)",
    MAIL + "shutil.rmtree(folder)",
    MAIL + "Path(path).write_text('new')",
    MAIL + "with open(path, 'w') as out:\n    out.write('new')",
    MAIL + "os.system(f'rm {path}')",
    MAIL + "for each in [path]:\n    os.remove(each)",
    MAIL + "background.add_task(os.remove, path)",
    MAIL + "background.add_task(drop, path)",
    MAIL + "return JSONResponse({}, background=BackgroundTask(os.remove, path))",
    "def clean():\n    os.remove(path)\n" + MAIL + "background.add_task(clean)",
    MAIL + "background.add_task(lambda: os.remove(path))",
    "try:\n    mail_file(to, path)\nfinally:\n    os.unlink(path)",
    "mail_file(to, os.path.join(folder, name))\nStore(folder).drop(name)",
    "make_pdf(os.path.join(folder, name), to)\nreturn Response(Store(folder).get(name))",
    "make_pdf(f'{folder}/{name}', to)\nreturn {'is': name in os.listdir(folder)}",
]
MOVES = [
    MAIL + "os.makedirs(folder, exist_ok=True)",
    MAIL + "os.remove(f'/locks/{to}')",
    MAIL + "return {'name': path.replace('/', '_')}",
    MAIL + "return {'bytes': len(Store(folder).get(name))}",
    MAIL + "shutil.copyfile(path, '/b')",
    MAIL + "background.add_task(lambda: print(to))",
    "make_pdf(f'{folder}/{name}', to)\nreturn Response(Store('/others').get(to))",
    "with tempfile.TemporaryDirectory() as own:\n    part = own + '/a'\n    Path(part).write_text(to)\n"
    "    mail_file(to, part)",
]
_TOLD = re.compile(
    r"is (changed or removed|used) afterwards|looks at files afterwards"
    r"|background are the background tasks"  # with what removes it in the task
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    routes = [ROUTE.format(number=n, body=indent(body, " " * 4)) for n, body in enumerate(STAYS + MOVES)]
    return handler(tmp_path_factory.mktemp("files"), HEAD + "".join(routes), things=THINGS)


@pytest.mark.parametrize("number", range(len(STAYS)), ids=STAYS)
def test_what_is_changed_behind_it_is_read_in_time(done: Migrated, number: int) -> None:
    assert ".kiq(" not in done.body(f"h{number}")
    assert _TOLD.search(done.stays[number]), done.stays[number]


@pytest.mark.parametrize("number", range(len(MOVES)), ids=MOVES)
def test_what_others_do_with_other_files_does_not_matter(done: Migrated, number: int) -> None:
    assert ".kiq(" in done.body(f"h{len(STAYS) + number}")
