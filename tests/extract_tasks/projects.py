"""Small projects through the whole pipeline: read from a folder, judged, rewritten, proven, run again."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import forked
from applied import applied
from async_fix.codemods.model import NoteKind, Report

HEAD = """\
import smtplib
from email.message import EmailMessage

from fastapi import APIRouter

router = APIRouter()


"""
MAIL = """\
import smtplib
from email.message import EmailMessage

HOST = "localhost"


def send_welcome(to: str, name: str, *, lang: str = "en") -> None:
    msg = EmailMessage()
    msg["To"] = to
    msg["Subject"] = f"Welcome {name} ({lang})"
    with smtplib.SMTP(HOST) as smtp:
        smtp.send_message(msg)


def deliver(msg: EmailMessage) -> None:
    with smtplib.SMTP(HOST) as smtp:
        smtp.send_message(msg)
"""
MAIN = """\
from fastapi import FastAPI

from app.api import routes

app = FastAPI()
app.include_router(routes.router)
"""
PACKAGES = {"app/__init__.py": "", "app/api/__init__.py": "", "app/main.py": MAIN, "app/mail.py": MAIL}
API = ("app/api",)
ROUTES = "app/api/routes.py"
TASKS = "app/domain/tasks.py"
LEFT = '[tool.async-fix]\ndatabase = "leave"\n\n[project]\nname = "x"\nversion = "1"\n'
DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine("sqlite:///users.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


def get_db():
    with SessionLocal() as db:
        yield db
"""


@dataclass(frozen=True)
class Migrated:
    folder: Path
    before: Mapping[str, str]
    after: Mapping[str, str]
    report: Report

    @property
    def tasks(self) -> str:
        """The tasks without the head of their module; empty when there are none."""
        return self.tasks_of(TASKS)

    def tasks_of(self, path: str) -> str:
        text = self.after.get(path, "")
        start = text.find("@broker.task")
        return text[start:] if start >= 0 else ""

    @property
    def imports(self) -> str:
        """The head of the tasks module."""
        text = self.after.get(TASKS, "")
        return text[: text.find("\n\n\n") + 1]

    @property
    def stays(self) -> tuple[str, ...]:
        """Why slow work stays on the request path."""
        return self._notes(NoteKind.WAITS)

    @property
    def behind(self) -> tuple[str, ...]:
        """Why slow work behind the response stays in the web process."""
        return self._notes(NoteKind.IN_PROCESS)

    @property
    def celery(self) -> tuple[str, ...]:
        """Why what starts tasks of Celery stays."""
        return self._notes(NoteKind.CELERY)

    @property
    def behaviour(self) -> tuple[str, ...]:
        return self._notes(NoteKind.BEHAVIOUR)

    def _notes(self, kind: NoteKind) -> tuple[str, ...]:
        told = [note for group in self.report.groups for note in group.notes]
        notes = dict.fromkeys(note for note in (*told, *self.report.left) if note.kind is kind)
        return tuple(note.text for note in notes)

    def body(self, function: str, path: str = ROUTES) -> str:
        """A function as it came out, without its decorators."""
        text = self.after.get(path, self.before[path])
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == function:
                lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
                return textwrap.dedent("\n".join(lines)) + "\n"
        raise AssertionError(f"no function {function}")

    def runs(self, code: str, **environment: str) -> str:
        """What the changed project prints, in a process of its own."""
        done = forked.run(
            "-c", textwrap.dedent(code), cwd=self.folder, environment={"PATH": "", **environment}
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def migrate(folder: Path, files: Mapping[str, str], *api: str) -> Migrated:
    """Write the files and change them in the folder; a second run changes nothing."""
    before = {path: textwrap.dedent(text) for path, text in files.items()}
    for path, text in before.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    _, report = applied(folder, api or API)
    assert not report.problems, report.problems
    assert not report.dropped, [why for _, why in report.dropped]
    after = {file.path: (file.new or b"").decode() for file in report.files}
    for path, text in after.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    _, again = applied(folder, api or API)
    assert not again.files, [file.path for file in again.files]
    return Migrated(folder, before, after, report)


def handler(folder: Path, text: str, **more: str) -> Migrated:
    """One file of routes under the usual head, in the usual project; `more` are other modules of `app`."""
    extra = {f"app/{name}.py": body for name, body in more.items()}
    return migrate(folder, {**PACKAGES, ROUTES: HEAD + textwrap.dedent(text).lstrip("\n"), **extra})


def source(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


OUTBOX = """
import smtplib


class Outbox:
    def __init__(self, *where, **options):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def send_message(self, message):
        print(f"mail {message['To']} {message['Subject']}\\n", end="")  # in one piece: threads print, too

    def sendmail(self, sender, to, text):
        print(f"mail {to} {text}\\n", end="")


smtplib.SMTP = Outbox
"""
"""Mails are printed."""
