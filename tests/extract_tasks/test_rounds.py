"""Work on files in loops, and more work on the same files behind it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest
from projects import HEAD, PACKAGES, ROUTES, Migrated, migrate

IMAGES = """\
from PIL import Image


def shrink(path: str) -> None:
    image = Image.open(path)
    image.thumbnail((64, 64))
    image.save(f"{path}.small.png")


def mark(path: str, text: str) -> bool:
    image = Image.open(path)
    image.rotate(20).save(f"{path}.marked.png")
    return True
"""
EACH_ON_ITS_OWN = {
    "the next one is printed": """
        for path in paths:
            print(path)
            shrink(path)
    """,
    "the next one is looked for": """
        for path in paths:
            if not os.path.exists(path):
                raise HTTPException(404)
            shrink(path)
    """,
    "its name is made in each round": """
        for name in paths:
            target = f"{name}.png"
            print("next", target)
            shrink(target)
    """,
}
STAYS = {
    "all names are told": """
        made = []
        for path in paths:
            made.append(path)
            shrink(path)
        return made
    """,
    "the last name is told": """
        last = ""
        for path in paths:
            last = path
            shrink(path)
        return last
    """,
    "the one before is printed": """
        path = ""
        for name in paths:
            print("made", path)
            path = f"{name}.png"
            shrink(path)
    """,
    "the loop is over, and it is told": """
        path = ""
        for path in paths:
            shrink(path)
        return {"path": path}
    """,
}
TOGETHER = {
    "in a row": """
        shrink(path)
        mark(path, "x")
    """,
    "in a loop": """
        for path in paths:
            shrink(path)
            mark(path, name)
    """,
    "for some": """
        shrink(path)
        if name:
            mark(path, name)
    """,
    "beside its own statements": """
        image = Image.open(path)
        image.save(path + ".png")
        mark(path, name)
    """,
}
APART = {
    "the answer tells where it is": """
        shrink(path)
        mark(path, "x")
        return {"path": path}
    """,
    "what comes last gives the answer": """
        shrink(path)
        return mark(path, "x")
    """,
    "the handler gives up between": """
        shrink(path)
        if not name:
            raise HTTPException(400, path)
        mark(path, "x")
    """,
}


def _migrated(folder: Path, body: str) -> Migrated:
    answer = "" if "return" in body else '\n    return {"status": "ok"}'
    body = indent(dedent(body).strip(), "    ") + answer
    imports = "import os\nfrom PIL import Image\nfrom fastapi import HTTPException\n"
    imports += "from app.images import mark, shrink\n"
    route = f'@router.post("/x")\ndef h(path: str, paths: list[str], name: str):\n{body}\n'
    return migrate(folder, {**PACKAGES, "app/images.py": IMAGES, ROUTES: HEAD + imports + route})


@pytest.mark.parametrize("body", EACH_ON_ITS_OWN.values(), ids=EACH_ON_ITS_OWN)
def test_what_the_next_round_does_is_about_another_file(tmp_path: Path, body: str) -> None:
    done = _migrated(tmp_path, body)
    assert "await shrink_task.kiq(" in done.body("h"), done.stays


@pytest.mark.parametrize("body", STAYS.values(), ids=STAYS)
def test_a_file_that_is_told_of_is_made_by_the_request(tmp_path: Path, body: str) -> None:
    assert not _migrated(tmp_path, body).tasks


@pytest.mark.parametrize("body", TOGETHER.values(), ids=TOGETHER)
def test_one_task_works_on_the_same_file_twice(tmp_path: Path, body: str) -> None:
    done = _migrated(tmp_path, body)
    assert done.tasks.count("@broker.task") == 1, done.stays
    assert "mark(path" in done.tasks.partition("@broker.task")[2]
    assert "mark(" not in done.body("h")


@pytest.mark.parametrize("body", APART.values(), ids=APART)
def test_the_first_work_on_a_file_is_waited_for_by_what_stays(tmp_path: Path, body: str) -> None:
    done = _migrated(tmp_path, body)
    assert "shrink(" not in done.tasks
