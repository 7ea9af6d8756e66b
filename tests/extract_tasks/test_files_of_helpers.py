"""Functions that await something and make a file: who calls them may look at it at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler

PAPERS = """\
import requests
from fastapi import HTTPException
from PIL import Image


def check_name(name: str) -> None:
    answer = requests.get(f"https://names.example.com/{name}")
    if answer.status_code != 200:
        raise HTTPException(404, "this is nobody's name")


def draw(name: str, path: str) -> None:
    check_name(name)
    image = Image.new("RGB", (2000, 2000))
    image.save(path)
"""
TELLING = """

def draw_and_tell(name: str, path: str) -> None:
    draw(name, path)
    print("drawn")
"""
HEAD = """
import os
from fastapi.responses import FileResponse
from app import papers


@router.get("/papers/{name}")
def h(name: str):
    path = os.path.join("papers", name)
"""
LOOKED_AT = {
    "served": """
    papers.draw(name, path)
    answer = FileResponse(path, media_type="image/png")
    return answer
""",
    "served in one of two cases": """
    if name == "a":
        papers.draw(name, path)
    else:
        papers.draw("b", path)
    return FileResponse(path)
""",
    "served under another spelling": """
    papers.draw(name, path)
    return FileResponse(f"papers/{name}")
""",
    "read": """
    papers.draw(name, path)
    with open(path, "rb") as made:
        return made.read(8).hex()
""",
    "measured": """
    papers.draw(name, path)
    return {"size": os.path.getsize(path)}
""",
    "told": """
    papers.draw(name, path)
    return {"path": path}
""",
    "removed": """
    papers.draw(name, path)
    os.remove(path)
    return {}
""",
    "served by who calls that": """
    papers.draw_and_tell(name, path)
    return FileResponse(path)
""",
    "served the next time around": """
    for _ in range(2):
        if os.path.exists(path):
            return FileResponse(path)
        papers.draw(name, path)
    return {}
""",
}
LEFT_ALONE = {
    "nobody looks": """
    papers.draw(name, path)
    return {"name": name}
""",
    "nobody looks at either": """
    papers.draw_and_tell(name, path)
    return {"name": name}
""",
    "looked at before": """
    if os.path.exists(path):
        return FileResponse(path)
    papers.draw(name, path)
    return {}
""",
}


def papers(folder: Path, text: str) -> Migrated:
    return handler(folder, HEAD + text, papers=PAPERS + (TELLING if "draw_and_tell" in text else ""))


@pytest.mark.parametrize("how", LOOKED_AT)
def test_a_file_that_a_caller_looks_at_is_waited_for(tmp_path: Path, how: str) -> None:
    """The worker would have made it after the response, which then was an error, or an old file."""
    done = papers(tmp_path, LOOKED_AT[how])
    assert done.tasks == ""
    assert any("afterwards" in reason for reason in done.stays)


@pytest.mark.parametrize("how", LEFT_ALONE)
def test_a_file_that_no_caller_looks_at_is_left_to_a_worker(tmp_path: Path, how: str) -> None:
    assert 'Image.new("RGB", (2000, 2000))' in papers(tmp_path, LEFT_ALONE[how]).tasks
