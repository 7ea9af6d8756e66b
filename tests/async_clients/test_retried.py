"""Decorators that run a function again after certain errors: they name those of the twin from then on."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from pathlib import Path

import pytest
from client_programs import HEAD, changed, migrate
from running import run
from servers import http_server

PLAIN = "requests.get(f'{base}/status/503', timeout=3)"
RETRY = {
    "tenacity": (
        "from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_none",
        "@retry(stop=stop_after_attempt(3), wait=wait_none(), retry=retry_if_exception_type({caught}), reraise=True)",
    ),
    "tenacity through its module": (
        "import tenacity",
        "@tenacity.retry(stop=tenacity.stop_after_attempt(3), retry=tenacity.retry_if_exception_type(exception_types={caught}), reraise=True)",
    ),
    "one condition of several": (
        "from tenacity import retry, retry_if_exception_type, retry_if_result, stop_after_attempt",
        "@retry(stop=stop_after_attempt(3), retry=(retry_if_exception_type({caught}) | retry_if_result(lambda found: not found)), reraise=True)",
    ),
    "backoff": (
        "import backoff",
        "@backoff.on_exception(backoff.constant, {caught}, max_tries=3, interval=0)",
    ),
    "backoff by its name": (
        "from backoff import constant, on_exception",
        "@on_exception(constant, exception={caught}, max_tries=3, interval=0)",
    ),
}
CAUGHT = {
    "a class": "requests.HTTPError",
    "a tuple": "(requests.ConnectionError, requests.exceptions.HTTPError)",
    "a constant": "RETRYABLE",
    "several constants": "ERRORS",
    "the base": "requests.RequestException",
}
CONSTANTS = """
RETRYABLE = (requests.HTTPError, requests.ConnectionError)
ERRORS = RETRYABLE + (requests.Timeout,)
"""
BODY = """
@router.get("/")
def call(base: str):
    tries.clear()
    try:
        fetch(base)
    except requests.HTTPError as error:
        return [error.response.status_code, len(tries)]


tries = []


{decorator}
def fetch(base: str):
    tries.append(1)
    response = requests.get(f"{{base}}/status/503", timeout=3)
    response.raise_for_status()
    return response.json()
"""


def program(name: str, caught: str) -> dict[str, str]:
    imported, decorator = RETRY[name]
    head = HEAD.lstrip("\n").replace("import requests\n", f"import requests\n{imported}\n")
    body = changed(BODY).format(decorator=decorator.format(caught=caught))
    return {"app/routes.py": f"{head}{CONSTANTS if caught.isidentifier() else ''}\n\n{body}"}


@pytest.mark.parametrize("caught", CAUGHT)
@pytest.mark.parametrize("name", RETRY)
def test_it_runs_again_as_often_as_before(name: str, caught: str, tmp_path: Path) -> None:
    pytest.importorskip(name.partition(" ")[0].replace("one", "tenacity"))
    outcome = migrate(program(name, CAUGHT[caught]))
    assert "await http_client().get(" in outcome.text, outcome.reasons
    with http_server() as url:
        old = run(tmp_path / "old", outcome.before, "call", url)
        assert old == [[503, 3]]
        assert run(tmp_path / "new", outcome.texts, "call", url) == old


@pytest.mark.parametrize("name", RETRY)
@pytest.mark.parametrize("caught", CAUGHT)
def test_it_names_the_errors_of_the_twin(name: str, caught: str) -> None:
    outcome = migrate(program(name, CAUGHT[caught]))
    assert "httpx.HTTPError" in outcome.text or "httpx.HTTPStatusError" in outcome.text, outcome.reasons


STAYS = {
    "an error of the system, which requests raises and httpx does not": (
        "IOError",
        "catches errors of requests",
    ),
    "one of several": ("(requests.Timeout, OSError)", "catches errors of requests"),
    "a class that cannot be told": ("errors_of()", "cannot be told"),
    "a class without an equal": ("requests.exceptions.SSLError", "has no equal"),
}


@pytest.mark.parametrize("hazard", STAYS)
@pytest.mark.parametrize("name", RETRY)
def test_what_would_no_longer_run_again_stays(name: str, hazard: str) -> None:
    caught, why = STAYS[hazard]
    outcome = migrate(program(name, caught))
    assert "http_client" not in outcome.text
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


OTHERS = {
    "a decorator of the project": ("from app.again import again", "@again({caught})"),
    "a function of that name": (
        "from app.again import retry, retry_if_exception_type",
        "@retry(retry=retry_if_exception_type({caught}))",
    ),
    "another argument": ("import backoff", "@backoff.on_exception({caught}, Exception)"),
    "what is put together elsewhere": (
        "import backoff",
        "@backoff.on_exception(*[backoff.constant, {caught}])",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("caught", CAUGHT)
def test_decorators_that_are_not_known_keep_the_call(name: str, caught: str) -> None:
    imported, decorator = OTHERS[name]
    RETRY[name] = imported, decorator
    try:
        text = program(name, CAUGHT[caught])
    finally:
        del RETRY[name]
    again = "def again(errors):\n    return lambda function: function\n\n\ndef retry_if_exception_type(errors):\n    return errors\n\n\ndef retry(retry):\n    return lambda function: function\n"
    assert "http_client" not in migrate({**text, "app/again.py": again}).text
