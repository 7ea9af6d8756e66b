"""A name that holds a query, where it is asked for or one of two is chosen: `if not users` of a legacy query
never holds, of a `select()` it is an error."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, app, convert

BODIES = {
    "denied": "users = db.query(User).filter(User.id > 1)\nif not users:\n    raise HTTPException(404)\nreturn [u.name for u in users]",
    "none_found": "users = db.query(User).filter(User.id > 100)\nif not users:\n    raise HTTPException(404)\nreturn [u.name for u in users]",
    "one_of_two": "users = db.query(User).filter(User.id > 100)\nuser = users.first()\nif not users or not user:\n    raise HTTPException(404)\nreturn user.name",
    "chosen": "users = db.query(User)\nreturn [u.name for u in users] if users else []",
    "asserted": "users = db.query(User)\nassert users, 'nobody'\nreturn users.count()",
    "one_or_other": "users = db.query(User)\nfirst = users.count() > 1\nusers = users.order_by(User.id.desc()) if first else users.order_by(User.id)\nreturn [u.name for u in users.all()]",
    "one_or_none": "users = db.query(User)\nusers = users if users.count() > 5 else users.filter(User.id == 2).limit(1)\nreturn [u.name for u in users]",
    "compared": "users = None\nif users is None:\n    found = db.query(User)\n    if found is not None:\n        return found.count()",
}


def _convert(folder: Path, bodies: dict[str, str]) -> Outcome:
    api = HEADER
    for name, body in bodies.items():
        lines = "".join(f"    {line}\n" for line in body.split("\n"))
        api += f'\n\n@router.get("/{name}")\ndef {name}_(db: Session = Depends(get_db)):\n{lines}'
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    return convert(folder, {**files, "app/api.py": api})


def test_what_asks_for_a_query_is_answered_as_before(tmp_path: Path) -> None:
    done = _convert(tmp_path, BODIES)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, [f"/{name}" for name in BODIES])
    assert [status for _, status, _ in before] == [200, 200, 404, *[200] * 5]
    assert before == after


def test_it_reads_as_it_would_be_written(tmp_path: Path) -> None:
    text = _convert(tmp_path, {"one_of_two": BODIES["one_of_two"]}).texts["app/api.py"]
    assert "    if users is None or not user:\n" in text


@pytest.mark.parametrize(
    "handlers",
    [
        "@router.get('/users')\ndef users(db: Session = Depends(get_db)):\n    found = db.query(User)\n    return len([found or []])\n",
        "@router.get('/users')\ndef users(db: Session = Depends(get_db)):\n    found = db.query(User)\n    found = found.filter(User.id == 1) if found else found.all()\n    return [u.name for u in found]\n",
        "@router.get('/users')\ndef users(db: Session = Depends(get_db)):\n    found = db.query(User)\n    found = found if found.count() else [1]\n    return len(list(found))\n",
        "def page(query, n):\n    if query:\n        query = query.offset(n)\n    return query\n\n"
        "@router.get('/users')\ndef users(db: Session = Depends(get_db)):\n    return [u.name for u in page(db.query(User), 1).all()]\n",
    ],
)
def test_the_truth_of_a_query_that_goes_elsewhere_is_not_known(tmp_path: Path, handlers: str) -> None:
    assert app(tmp_path, handlers).obstacles
