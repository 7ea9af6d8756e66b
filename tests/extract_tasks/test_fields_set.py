"""Which fields of a model a client set is lost where a task makes it anew: all of them are set then."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler

PATCHES = """
from typing import Optional

from pydantic import BaseModel

from app.mail import send_welcome


class Patch(BaseModel):
    email: str
    name: Optional[str] = None

    def changed(self):
        return sorted(self.model_fields_set)


def text(patch: Patch) -> str:
    return str(patch.model_dump(exclude_unset=True))


def tell_whole(patch: Patch) -> None:
    send_welcome(patch.email, str(patch.model_dump()))


def tell_given(patch: Patch) -> None:
    send_welcome(patch.email, str(patch.model_dump(exclude_none=True, exclude_unset=False)))


def tell_patch(patch: Patch) -> None:
    send_welcome(patch.email, str(patch.dict(exclude_unset=True)))


def tell_below(patch: Patch) -> None:
    send_welcome(patch.email, text(patch))


def tell_method(patch: Patch) -> None:
    send_welcome(patch.email, str(patch.changed()))


def tell_all(patches: list[Patch]) -> None:
    for patch in patches:
        tell_patch(patch)
"""
HEAD = """
from fastapi import BackgroundTasks

from app.mail import send_welcome
from app.patches import Patch, tell_all, tell_below, tell_given, tell_method, tell_patch, tell_whole, text

@router.post("/x")
def h(patch: Patch, background: BackgroundTasks):
    {line}
    return {{}}
"""
STAYS = {
    "asked by the helper": ("tell_patch(patch)", "tell_patch"),
    "asked two calls below": ("tell_below(patch)", "text"),
    "asked by a method": ("tell_method(patch)", "changed"),
    "of each of a list": ("tell_all([patch])", "tell_patch"),
    "behind the response": ("background.add_task(tell_patch, patch)", "tell_patch"),
}
MOVES = {
    "nobody asks": "tell_whole(patch)",
    "asked for all of them": "tell_given(patch)",
    "made in the task as it was": "tell_patch(Patch(email=patch.email))",
    "asked before": "send_welcome(patch.email, text(patch))",
}


def _migrated(folder: Path, line: str) -> Migrated:
    return handler(folder, HEAD.format(line=line), patches=PATCHES)


@pytest.mark.parametrize("how", STAYS)
def test_a_model_whose_fields_are_asked_for_stays(tmp_path: Path, how: str) -> None:
    line, asking = STAYS[how]
    done = _migrated(tmp_path, line)
    assert not done.tasks, done.tasks
    told = (*done.stays, *done.behind)
    assert any(f"would have all its fields set, and {asking}() asks" in note for note in told), told


def test_a_model_of_a_module_that_imports_the_tasks_stays(tmp_path: Path) -> None:
    models, _, _ = PATCHES.partition("def text(")
    route = """
@router.post("/x")
def h(patch: Patch, background: BackgroundTasks):
    background.add_task(tell_patch, patch)
    return {}


def tell_patch(patch: Patch) -> None:
    requests.post("http://crm/contacts", json=patch.model_dump(exclude_unset=True))
    send_welcome(patch.email, "hi")
"""
    done = handler(tmp_path, "import requests\nfrom fastapi import BackgroundTasks\n" + models + route)
    assert not done.tasks, done.tasks
    assert any("tell_patch() asks which" in note for note in done.behind), done.behind


@pytest.mark.parametrize("how", MOVES)
def test_other_models_are_sent(tmp_path: Path, how: str) -> None:
    done = _migrated(tmp_path, MOVES[how])
    assert ".kiq(" in done.body("h"), done.stays
