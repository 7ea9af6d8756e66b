"""What `map` calls cannot await: where all that it gives is taken at once, a comprehension stands in its place."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

METHODS = """
    def view(self):
        return [self.title, self.owner.name]

    @classmethod
    def of(cls, note):
        return cls.__name__ + note.owner.name
"""
HANDLERS = """
def titles(user):
    return sorted(note.title for note in user.notes)


def upper(user):
    return user.name.upper()


def length(db: Session, user):
    return db.query(Note).filter(Note.owner_id == user.id).count()


def current(id: int = 1, db: Session = Depends(get_db)) -> User:
    return db.query(User).filter(User.id == id).one()


@router.get("/x")
def x(user: User = Depends(current), db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    BODY
"""


def project(folder: Path, body: str) -> Outcome:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS + METHODS}
    return convert(
        folder, {**files, "app/api.py": HEADER + HANDLERS.replace("BODY", body), "app/main.py": MAIN}
    )


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("return list(map(Note.view, user.notes))", "[each.view() for each in user.notes]"),
        ("return sorted(map(Note.of, user.notes))", "sorted([Note.of(each) for each in user.notes])"),
        (
            "def of(user):\n        return length(db, user)\n    return [sum(map(of, users)), list(map(str, [1]))]",
            "[sum([await of(each) for each in users]), list(map(str, [1]))]",
        ),
        (
            "return ','.join(str(length(db, each)) for each in users if each.name)",
            "','.join([str(await length(db, each)) for each in users if each.name])",
        ),
    ],
)
def test_all_of_it_is_known_to_be_called_and_awaited_where_it_waits(
    tmp_path: Path, body: str, line: str
) -> None:
    done = project(tmp_path, body)
    assert done.obstacles == []
    assert line in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1] == 200


@pytest.mark.parametrize(
    "body",
    [
        "return any(map(Note.view, user.notes))",
        "rows = map(Note.view, user.notes)\n    return [row for row in rows if user]",
        "return list(map(Note.of, user.notes, users))",
        "return list(  # all of them\n        map(Note.view, user.notes)\n    )",
    ],
)
def test_what_may_stop_or_is_taken_later_stays(tmp_path: Path, body: str) -> None:
    done = project(tmp_path, body)
    assert any("is handed on as a plain function" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_a_generator_expression_that_may_stop_stays(tmp_path: Path) -> None:
    done = project(tmp_path, "return any(length(db, each) for each in users)")
    assert any("cannot be awaited where it stands" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_a_function_that_needs_not_wait_stays_in_map(tmp_path: Path) -> None:
    done = project(tmp_path, "return [list(map(upper, users)), list(map(titles, users))]")
    assert done.obstacles == []
    assert "[list(map(upper, users)), [titles(each) for each in users]]" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x"])
    assert before == after
    assert before[0][1] == 200
