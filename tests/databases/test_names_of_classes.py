"""Options name classes that the code imports: an import in a function makes the name local to all of it."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, convert

READS = "return [len(note.owner.notes) for note in notes]"
QUERY = "notes = db.query(Note).all()"
IMPORT = "from app.models import User"


def program(body: str) -> dict[str, str]:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    api = f'{HEADER.replace("Note, User", "Note")}\n@router.get("/x")\ndef handler(n: int = 1, db: Session = Depends(get_db)):\n{lines}\n'
    files = {"db": DATABASE, "models": MODELS, "api": api, "main": MAIN}
    return {f"app/{name}.py": text for name, text in files.items()}


def converted(tmp_path: Path, files: dict[str, str]) -> Outcome:
    done = convert(tmp_path, files)
    assert done.obstacles == []
    return done


@pytest.mark.parametrize(
    "body",
    [
        f"{QUERY}\n{IMPORT}\nn = db.query(User).count()\n{READS}",
        f"{QUERY}\nif n:\n    {IMPORT}\n    n = db.query(User).count()\n{READS}",
        f"if n > 5:\n    {IMPORT}\n    n = db.query(User).count()\n{QUERY}\n{READS}",
        f"def inner():\n    {QUERY}\n    {READS}\nfound = inner()\n{IMPORT}\nn = db.query(User).count()\nreturn found",
    ],
    ids=["below", "in a branch below", "in a branch above", "around a function that ran before"],
)
def test_a_name_that_is_not_bound_yet_is_not_used(tmp_path: Path, body: str) -> None:
    done = converted(tmp_path, program(body))
    assert "selectinload(models.User.notes)" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/x", "/x?n=9"])
    assert after == before
    assert all(status == 200 for _, status, _ in before)


@pytest.mark.parametrize(
    "body",
    [
        f"{IMPORT}\n{QUERY}\nn = db.query(User).count()\n{READS}",
        f"n = n + 1\n{IMPORT}\nif n:\n    {QUERY}\n    {READS}\nreturn []",
        f"try:\n    {IMPORT}\nfinally:\n    n = 3\n{QUERY}\n{READS}",
    ],
    ids=["above", "further down, and still above", "in a try above"],
)
def test_a_name_that_is_surely_bound_is_used(tmp_path: Path, body: str) -> None:
    done = converted(tmp_path, program(body))
    assert "selectinload(User.notes)" in done.texts["app/api.py"]
