"""A text with a secret in it lies in the queue in clear text: the report says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import handler

HEAD = """
from app.mail import send_welcome


def make_email(to: str, password: str) -> str:
    return f"{to}: {password}"


def make_password_email(to: str) -> str:
    return f"{to}: set a new one"


def get_user_by_email(token: str) -> str:
    return token[:2]


def hash_text(password: str) -> str:
    return str(hash(password))


@router.post("/signup")
def signup(email: str, password: str, otp: str):
"""
CLEAR = "text is stored in the queue in clear text, with the {} that is written in it"
WRITTEN = {
    'text = f"Your code is {otp}"': "otp",
    'text = "Your code is " + otp': "otp",
    "text = make_email(email, password=password)": "password",
}


@pytest.mark.parametrize("line", WRITTEN)
def test_a_text_with_a_secret_is_told(tmp_path: Path, line: str) -> None:
    done = handler(tmp_path, f"{HEAD}    {line}\n    send_welcome(email, text)\n    return {{}}\n")
    assert "await send_welcome_task.kiq(email, text)" in done.body("signup")
    assert CLEAR.format(WRITTEN[line]) in done.behaviour


@pytest.mark.parametrize(
    "line",
    [
        'text = f"Welcome {email}"',
        "text = make_email(email, 'unknown')",
        "text = get_user_by_email(otp)",
        "text = hash_text(password)",
        "text = make_password_email(email)",
        "other = f'{otp}'\n    text = email",
        "text = str(len(password))",
    ],
)
def test_other_texts_are_not_told(tmp_path: Path, line: str) -> None:
    done = handler(tmp_path, f"{HEAD}    {line}\n    send_welcome(email, text)\n    return {{}}\n")
    assert "await send_welcome_task.kiq(email, text)" in done.body("signup")
    assert not [text for text in done.behaviour if "clear text" in text]
