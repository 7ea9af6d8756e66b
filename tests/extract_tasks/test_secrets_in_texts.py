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


def test_what_is_made_to_be_a_secret_is_told_whatever_its_name(tmp_path: Path) -> None:
    line = 'code = secrets.token_hex(2)\n    send_welcome(email, f"Your code: {code}")'
    done = handler(tmp_path, f"import secrets\n{HEAD}    {line}\n    return {{}}\n")
    assert "code is stored in the queue in clear text" in done.behaviour


CODES = """
import jwt
from secrets import randbelow, token_urlsafe


def one_time_code() -> str:
    return f"{randbelow(1_000_000):06d}"


def new_code() -> str:
    code = one_time_code()
    return code.strip()


def make_link(email: str) -> str:
    return "https://example.com?t=" + jwt.encode({"sub": email}, "key")


def add_user(email: str) -> int:
    print(token_urlsafe(8))
    return len(email)
"""


@pytest.mark.parametrize("made", ["one_time_code()", "new_code()", "make_link(email)", "token_urlsafe(8)"])
def test_what_functions_make_to_be_a_secret_is_told(tmp_path: Path, made: str) -> None:
    line = f'text = {made}\n    send_welcome(email, f"Yours: {{text}}")'
    text = f"from app.codes import *\nfrom secrets import token_urlsafe\n{HEAD}    {line}\n    return {{}}\n"
    assert "text is stored in the queue in clear text" in handler(tmp_path, text, codes=CODES).behaviour


def test_what_a_function_makes_beside_a_secret_is_none(tmp_path: Path) -> None:
    line = 'text = add_user(email)\n    send_welcome(email, f"You are number {text}")'
    text = f"from app.codes import add_user\n{HEAD}    {line}\n    return {{}}\n"
    done = handler(tmp_path, text, codes=CODES)
    assert "send_welcome_task.kiq(" in done.body("signup")
    assert not [told for told in done.behaviour if "clear text" in told]


@pytest.mark.parametrize(
    "line",
    [
        'text = f"Welcome {email}"',
        'text = "Welcome"\n    code = secrets.token_hex(2)',
        "text = make_email(email, 'unknown')",
        "text = get_user_by_email(otp)",
        "text = hash_text(password)",
        "text = make_password_email(email)",
        "other = f'{otp}'\n    text = email",
        "text = str(len(password))",
    ],
)
def test_other_texts_are_not_told(tmp_path: Path, line: str) -> None:
    done = handler(
        tmp_path, f"import secrets\n{HEAD}    {line}\n    send_welcome(email, text)\n    return {{}}\n"
    )
    assert "await send_welcome_task.kiq(email, text)" in done.body("signup")
    assert not [text for text in done.behaviour if "clear text" in text]


SENDER = """
import smtplib


def send_key(to: str, api_key: str, text: str = "") -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("us@example.com", to, f"{text} {api_key}")
"""
KEYS = """
from app.keys import send_key

@router.post("/keys")
def add_key(email: str):
    made = email[::-1]
    {call}
    return {{}}
"""
TOLD = "api_key is stored in the queue in clear text"


@pytest.mark.parametrize("call", ["send_key(email, made)", "send_key(email, api_key=made)"])
def test_a_secret_is_told_by_the_name_that_it_gets(tmp_path: Path, call: str) -> None:
    done = handler(tmp_path, KEYS.format(call=call), keys=SENDER)
    assert "send_key" in done.tasks
    assert TOLD in done.behaviour


def test_a_text_of_the_program_is_no_secret(tmp_path: Path) -> None:
    done = handler(tmp_path, KEYS.format(call='send_key(email, "none", made)'), keys=SENDER)
    assert "send_key" in done.tasks
    assert TOLD not in done.behaviour
