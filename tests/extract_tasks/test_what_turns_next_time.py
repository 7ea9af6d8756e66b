"""Work that keeps a database sync is not taken away by a task: the next run would turn the database."""

from __future__ import annotations

from pathlib import Path

from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import load_config
from projects import HEAD, MAIL, MAIN, ROUTES

DATABASE = """\
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine

engine = create_engine("sqlite:///school.db")


class Student(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    email: str
    places: list["Place"] = Relationship(back_populates="student")


class Course(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    places: list["Place"] = Relationship(back_populates="course")


class Place(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    student_id: int = Field(foreign_key="student.id")
    course_id: int = Field(foreign_key="course.id")
    student: Student = Relationship(back_populates="places")
    course: Course = Relationship(back_populates="places")


def get_session():
    with Session(engine) as session:
        yield session
"""
LISTS = """\
import os

from reportlab.pdfgen import canvas

from app.db import Course, Student
from app.mail import send_welcome


class Lists:
    def write(self, course: Course) -> None:
        os.makedirs("lists", exist_ok=True)
        page = canvas.Canvas(f"lists/{course.id}.pdf")
        for line, place in enumerate(sorted(course.places, key=lambda each: each.student.email)):
            page.drawString(10, line, place.student.email)
        page.save()


def welcome(student: Student) -> None:
    send_welcome(student.email, "Ann")
"""
BODIES = """\
@router.post("/courses/{number}")
def write_list(number: int, session: Session = Depends(get_session)):
    course = session.get(Course, number)
    if course is None:
        return {}
    Lists().write(course)
    return {}


@router.post("/students/{number}")
def greet(number: int, session: Session = Depends(get_session)):
    student = session.get(Student, number)
    if student is None:
        return {}
    welcome(student)
    return {}
"""
IMPORTS = """\
from fastapi import Depends
from sqlmodel import Session

from app.db import Course, Student, get_session
from app.lists import Lists, welcome

"""


def test_only_what_would_clear_the_way_for_the_database_waits(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/api/__init__.py": "",
        "app/main.py": MAIN,
        "app/mail.py": MAIL,
        "app/db.py": DATABASE,
        "app/lists.py": LISTS,
        ROUTES: HEAD + IMPORTS + BODIES,
        "requirements.txt": "fastapi\nsqlmodel\naiosqlite\ngreenlet\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    report = pipeline.apply(pipeline.start([tmp_path / "app/api"], load_config(tmp_path)))
    assert not report.dropped  # that would be a bug
    reasons = {row.entry.function: row.reason for row in report.handlers}
    reason = reasons["app.api.routes:write_list"]
    assert reason in report.refusals
    assert reason is not None
    assert reason.code == "AF901"
    assert "keeps the database sync" in reason.text
    routes = next((file.new or b"").decode() for file in report.files if file.path == ROUTES)
    assert "add_task(welcome_task.kiq, student.id)" in routes
    assert "    Lists().write(course)\n" in routes
