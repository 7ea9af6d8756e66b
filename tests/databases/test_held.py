"""Objects of a relationship that come by way of a property, a comprehension or a loop over a parameter."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, convert

USER = MODELS.replace(
    '    notes: Mapped[list["Note"]] = relationship(back_populates="owner")\n',
    """    notes: Mapped[list["Note"]] = relationship(back_populates="owner")

    @property
    def short(self):
        return [note for note in self.notes if len(note.title) < 4]

    @property
    def some(self):
        if not self.notes:
            return []
        return sorted(self.short, key=lambda note: note.title)

    @property
    def first(self):
        return next((note for note in self.notes), None)

    @property
    def kept(self):
        return filter(None, self.notes)
""",
)
RENDER = """
import hashlib

def render(user, notes):
    hashlib.scrypt(b"x", salt=b"y", n=16384, r=8, p=1)
    return [user.name, *(f"{note.title} of {note.owner.name}" for note in notes)]

def of_one(note):
    hashlib.scrypt(b"x", salt=b"y", n=16384, r=8, p=1)
    return note.owner.name

def in_a_loop(notes):
    hashlib.scrypt(b"x", salt=b"y", n=16384, r=8, p=1)
    lines = []
    for note in notes:
        lines.append(note.owner.name)
    return lines
"""
TAKEN = ["user.notes", "user.short", "user.some", "user.short[:1]", "list(user.kept)"]


def route(name: str, body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"\n@router.get('/{name}')\ndef {name}(db: Session = Depends(get_db)):\n{lines}"


def files(*routes: str) -> dict[str, str]:
    head = f"{HEADER}from app.pages import in_a_loop, of_one, render\n"
    return {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": USER,
        "app/pages.py": RENDER,
        "app/api.py": head + "".join(routes),
        "app/main.py": MAIN,
    }


@pytest.mark.parametrize("taken", TAKEN)
def test_what_blocks_and_reads_them_goes_to_a_thread_with_all_loaded(tmp_path: Path, taken: str) -> None:
    """Nothing can be loaded there: the session belongs to the loop."""
    rendered = f"user = db.get(User, 1)\nnotes = {taken}\nreturn render(user, notes)"
    looped = f"user = db.get(User, 1)\nreturn in_a_loop({taken})"
    alone = "user = db.get(User, 1)\nreturn of_one(user.first)"
    project = files(route("rendered", rendered), route("looped", looped), route("alone", alone))
    done = convert(tmp_path, project)
    assert done.obstacles == []
    text = done.texts["app/api.py"]
    assert "selectinload(User.notes).selectinload(Note.owner)" in text
    assert "run_sync" not in text
    assert text.count("run_in_threadpool(") == 3
    before, after = answers(tmp_path, done, FILL, ["/rendered", "/looped", "/alone"])
    assert [status for _, status, _ in before] == [200, 200, 200]
    assert after == before


@pytest.mark.parametrize(
    "given",
    [
        "return [Note(title='x', owner=self)]",
        "return self.notes if self.name else self.others",
        "notes = list(self.notes)\n        notes.reverse()\n        return notes",
        "return [(note, 1) for note in self.notes]",
    ],
)
def test_a_property_that_gives_others_is_not_taken_for_the_relationship(tmp_path: Path, given: str) -> None:
    models = USER.replace("return [note for note in self.notes if len(note.title) < 4]", given)
    project = files(route("one", "user = db.get(User, 1)\nreturn render(user, user.short)"))
    done = convert(tmp_path, {**project, "app/models.py": models})
    assert "selectinload(User.notes).selectinload(Note.owner)" not in done.added("app/api.py")
