"""Two blocking statements far apart do not carry what stands around them into a thread."""

from __future__ import annotations

import pytest
from small_projects import APP, migrate

HEAD = """
import os

from fastapi import HTTPException
"""
FIRST = """
    if deep:
        if not name:
            raise HTTPException(400)
        size = os.stat(name).st_size
        if size > 10:
            raise HTTPException(
                413,
                detail={{
                    "size": size,
                    "limit": 10,
                }},
            )
{between}
    os.mkdir(name)
    return {{"name": name}}
"""


def _text(between: str) -> str:
    return (
        APP + HEAD + '\n@app.post("/x")\nasync def x(name: str, deep: bool):' + FIRST.format(between=between)
    )


def test_each_call_goes_from_its_place() -> None:
    done = migrate(
        {"app/__init__.py": "", "app/main.py": _text("    # a directory\n    #\n    # of its own")}
    )
    text = done.function("app/main.py", "x")
    assert "        size = (await run_in_threadpool(os.stat, name)).st_size\n" in text
    assert "    await run_in_threadpool(os.mkdir, name)\n" in text
    assert "    def " not in text


@pytest.mark.parametrize("between", ["    os.remove(name)"])
def test_more_of_them_go_together(between: str) -> None:
    text = migrate({"app/__init__.py": "", "app/main.py": _text(between)}).function("app/main.py", "x")
    assert text.count("await run_in_threadpool(") == 1
