"""A task makes the object that it is sent anew from its fields: it must come out as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import HEAD, PACKAGES, ROUTES, Migrated, migrate

FORMS = """\
from dataclasses import dataclass, field

from pydantic import BaseModel, PrivateAttr, field_validator, model_validator

from app.mail import send_welcome


class Form(BaseModel):
    email: str


@dataclass
class Period:
    email: str


class Invitation(Form):
    text: str = ""


def invite(form: Form) -> None:
    send_welcome(form.email, str(form))


def remind(period: Period) -> None:
    send_welcome(period.email, str(period))
"""
FORM = '@router.post("/x")\ndef h(form: Form):\n    invite(form)\n    return {}\n'
PERIOD = """\
@router.post("/x")
def h(to: str):
    period = Period(to)
    remind(period)
    return {"to": period.email}
"""
VALIDATOR = '\n    @field_validator("email")\n    @classmethod\n    def check(cls, value):\n        '
WHOLE = '\n    @model_validator(mode="after")\n    def check(self):\n        '
AGAIN = "would be made again, by a {} that changes what it gets"
MODELS = {
    "quoted twice": (VALIDATOR + 'return f"<{value}>"\n', AGAIN.format("validator")),
    "quoted twice in steps": (VALIDATOR + 'value += "!"\n        return value\n', AGAIN.format("validator")),
    "one of the fields": (WHOLE + 'self.email += "!"\n        return self\n', AGAIN.format("validator")),
    "a private attribute": ("    _seen: bool = PrivateAttr(False)\n", "would lose its private attributes"),
    "a private field": ("    _seen: bool = False\n", "would lose its private attributes"),
}
SAME = {
    "only looked at": VALIDATOR
    + 'if "@" not in value:\n            raise ValueError\n        return value\n',
    "the same when it is done twice": VALIDATOR + "return value.strip().lower() if value else None\n",
    "all of it only looked at": WHOLE + "assert self.email\n        return self\n",
}
DATACLASSES = {
    "made twice": (
        '\n    def __post_init__(self):\n        self.email = f"<{self.email}>"\n',
        AGAIN.format("__post_init__()"),
    ),
    "not given": ('    text: str = field(init=False, default="")\n', "has a field that nothing but"),
}


def _migrated(folder: Path, route: str, cls: str, more: str) -> Migrated:
    line = (
        f"class {cls}:\n    email: str\n" if cls == "Period" else f"class {cls}(BaseModel):\n    email: str\n"
    )
    names = "from app.forms import Form, Invitation, Period, invite, remind\n\n"
    files = {ROUTES: names + HEAD + route, "app/forms.py": FORMS.replace(line, line + more)}
    return migrate(folder, {**PACKAGES, **files})


@pytest.mark.parametrize("hazard", MODELS)
def test_a_model_that_would_be_another_one_stays(tmp_path: Path, hazard: str) -> None:
    more, reason = MODELS[hazard]
    done = _migrated(tmp_path, FORM, "Form", more)
    assert "invite_task" not in done.tasks
    assert any(f"form {reason}" in told for told in done.stays), done.stays


@pytest.mark.parametrize("hazard", DATACLASSES)
def test_a_dataclass_that_would_be_another_one_stays(tmp_path: Path, hazard: str) -> None:
    more, reason = DATACLASSES[hazard]
    done = _migrated(tmp_path, PERIOD, "Period", more)
    assert "remind_task" not in done.tasks
    assert any(f"period {reason}" in told for told in done.stays), done.stays


@pytest.mark.parametrize("how", SAME)
def test_what_is_the_same_twice_is_sent(tmp_path: Path, how: str) -> None:
    done = _migrated(tmp_path, FORM, "Form", SAME[how])
    assert "def invite_task(form: Form) -> None:" in done.tasks


def test_what_derives_from_what_is_asked_for_keeps_its_own_fields(tmp_path: Path) -> None:
    done = _migrated(tmp_path, FORM.replace("form: Form", "form: Invitation"), "Form", "")
    assert "def invite_task(form: Invitation) -> None:" in done.tasks
