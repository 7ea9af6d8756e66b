"""A call of what nothing gives does nothing but fail; what may come from elsewhere can block."""

from __future__ import annotations

import pytest
from small_projects import APP, migrate

ROUTE = "\n\n@app.get('/')\ndef show():\n    return {call}\n"
REPO = "\n\nclass Repo:\n    {body}\n\n\nrepo = Repo()\n"


def waits(head: str, call: str, **more: str) -> bool:
    """Does the call go to a thread?"""
    files = {f"app/{name}.py": text for name, text in more.items()}
    done = migrate({"app/__init__.py": "", "app/main.py": APP + head + ROUTE.format(call=call), **files})
    text = done.texts["app/main.py"]
    assert "async def show()" in text
    return "run_in_threadpool" in text


@pytest.mark.parametrize(
    ("head", "call"),
    [
        ("", "hashed(1)"),
        (REPO.format(body="def __init__(self): self.hashed = 1"), "hashed(1)"),
        ("from app import more", "more.hashed(1)"),
        (REPO.format(body="def get(self): ..."), "repo.lost(1)"),
        (REPO.format(body="x: int = 1").replace("class", "@dataclass\nclass"), "repo.lost(1)"),
    ],
)
def test_what_nothing_gives(head: str, call: str) -> None:
    assert not waits(f"from dataclasses import dataclass\n{head}", call, more="x = 1\n")


@pytest.mark.parametrize(
    ("head", "call", "more"),
    [
        ("globals()['hashed'] = input()", "hashed(1)", ""),
        ("import builtins\nbuiltins.hashed = input()", "hashed(1)", ""),
        ("def give(module):\n    module.hashed = input()", "hashed(1)", ""),
        ("from app import more", "more.hashed(1)", "def __getattr__(name): ...\n"),
        ("from app import more", "more.hashed(1)", "vars()['hashed'] = input()\n"),
        ("from app import more\nsetattr(more, 'hashed', input())", "more.hashed(1)", ""),
        (REPO.format(body="def __init__(self, **all): self.__dict__.update(all)"), "repo.lost(1)", ""),
        (REPO.format(body="def set(self, key, of): self.__dict__[key] = of"), "repo.lost(1)", ""),
        (REPO.format(body="def __getattr__(self, name): ..."), "repo.lost(1)", ""),
        (REPO.format(body="x = 1").replace("Repo:", "Repo(nobody.Repo):"), "repo.lost(1)", ""),
        (REPO.format(body="x = 1").replace("class", "@nobody.table\nclass"), "repo.lost(1)", ""),
        (REPO.format(body="x = 1") + "setattr(Repo, 'lost', input())\n", "repo.lost(1)", ""),
    ],
)
def test_what_may_come_from_elsewhere(head: str, call: str, more: str) -> None:
    assert waits(f"import nobody\n{head}", call, more=more)
