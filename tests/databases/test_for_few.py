"""A query that many routes share loads nothing for the one that reads it."""

from __future__ import annotations

from pathlib import Path

from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, convert

SHARED = """

def find(db: Session, id: int) -> User:
    user = db.scalars(select(User).where(User.id == id)).first()
    if user is None:
        raise HTTPException(404)
    return user
"""
PLAIN = """

@router.get("/plain{number}/{{id}}")
def plain{number}(id: int, db: Session = Depends(get_db)):
    return find(db, id).name
"""
READS = """

@router.get("/titles/{id}")
def titles(id: int, db: Session = Depends(get_db)):
    user = find(db, id)
    found = []
    for note in user.notes:
        found.append([note.title, note.owner.name])
    return found
"""


def test_who_reads_it_loads_it_where_most_of_those_who_share_the_query_do_not(tmp_path: Path) -> None:
    texts = {}
    for others in (1, 5):
        routes = "".join(PLAIN.format(number=number) for number in range(others))
        files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
        done = convert(tmp_path / str(others), {**files, "app/api.py": HEADER + SHARED + READS + routes})
        assert done.obstacles == []
        texts[others] = done.texts["app/api.py"]
    shared, own = texts[1], texts[5]
    assert "selectinload(User.notes)" in shared.split("async def titles(")[0]
    find, titles = own.split("async def titles(")
    assert "selectinload" not in find.split("async def find(")[1]
    assert "selectinload(User.notes)" in titles.split("for note in")[0]
    before, after = answers(tmp_path / "5", done, FILL, ["/titles/1", "/plain0/1", "/titles/9"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 200, 404]
