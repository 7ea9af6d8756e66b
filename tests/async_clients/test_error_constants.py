"""Classes of errors under a name: what the name stands for changes, and the clauses that read it stay."""

from __future__ import annotations

import re

import pytest
from client_programs import HEAD, changed, migrate

ERRORS = "ERRORS = (requests.Timeout, requests.ConnectionError)\n"
BOTH = "ERRORS = ( httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError, )"
ROUTE = """
@router.get("/{name}")
def {name}():
    try:
        return requests.get("http://x/{name}", timeout=3).json()
    except {caught}:
        raise HTTPException(502)
"""
SYNC = """
def load():
    try:
        return requests.get("http://x/load", stream=True)
    except ERRORS:
        return None
"""


def program(constant: str, *parts: str) -> str:
    return HEAD.lstrip("\n") + constant + "\n" + "\n".join(parts)


def route(name: str, caught: str = "ERRORS") -> str:
    return ROUTE.replace("{name}", name).replace("{caught}", caught)


def test_what_one_function_reads_becomes_the_errors_of_the_twin() -> None:
    outcome = migrate({"app/routes.py": program(ERRORS, route("a"))})
    assert BOTH in " ".join(outcome.text.split())
    assert "    except ERRORS:\n" in outcome.text
    assert "requests" not in outcome.text
    assert "await http_client().get(" in outcome.text


@pytest.mark.parametrize(
    "constant",
    [
        "ERRORS = requests.RequestException\n",
        "ERRORS: type[Exception] = requests.RequestException\n",
    ],
)
def test_a_single_class_may_become_several(constant: str) -> None:
    outcome = migrate({"app/routes.py": program(constant, route("a", "ERRORS as error"))})
    classes = "(httpx.HTTPError, httpx.InvalidURL, json.JSONDecodeError, UnicodeDecodeError)"
    assert f" = {classes}" in re.sub(r"\n *", " ", outcome.text).replace("( ", "(").replace(", )", ")")
    assert "except ERRORS as error:" in outcome.text


def test_what_several_functions_read_catches_both() -> None:
    """The change of one of them may be made without that of the other."""
    outcome = migrate({"app/routes.py": program(ERRORS, route("a"), route("b"))})
    assert outcome.text.count("await http_client().get(") == 2
    for name in ("requests.Timeout", "requests.ConnectionError", "httpx.TimeoutException"):
        assert outcome.text.count(f"    {name},\n") == 1


def test_it_catches_both_where_another_function_stays_with_requests() -> None:
    outcome = migrate({"app/routes.py": program(ERRORS, route("a"), SYNC)})
    assert "await http_client().get(" in outcome.text
    assert "    requests.Timeout,\n" in outcome.text
    assert "    httpx.TimeoutException,\n" in outcome.text


def test_other_classes_stay_beside_them() -> None:
    constant = "ERRORS = (KeyError, requests.Timeout)\n"
    outcome = migrate({"app/routes.py": program(constant, route("a"))})
    assert "ERRORS = (KeyError, httpx.TimeoutException)\n" in outcome.text


def test_a_name_in_the_function_is_followed_as_well() -> None:
    text = changed("""
        @router.get("/a")
        def a():
            errors = (requests.Timeout, requests.ConnectionError)
            try:
                return requests.get("http://x", timeout=3).json()
            except errors:
                raise HTTPException(502)
    """)
    outcome = migrate({"app/routes.py": program("", text)})
    assert BOTH.lower() in " ".join(outcome.text.split()).lower()
    assert "await http_client().get(" in outcome.text


# what must not change -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        "def is_ours(error):\n    return isinstance(error, ERRORS)\n",
        "def fail():\n    raise ERRORS[0]\n",
        "ALL = (*ERRORS, ValueError)\n",
        "def widen():\n    global ERRORS\n    ERRORS = (*ERRORS, ValueError)\n",
        "ERRORS = (*ERRORS, ValueError)\n",
        "def retry(errors=ERRORS):\n    return errors\n",
        "from tenacity import retry\n\n\n@retry(retry=retry.on(ERRORS))\ndef f():\n    pass\n",
        "def shadowed(ERRORS):\n    return ERRORS\n",
        "def nested():\n    try:\n        pass\n    except (ERRORS, ValueError):\n        pass\n",
    ],
)
def test_a_name_that_is_read_for_more_keeps_the_calls(more: str) -> None:
    outcome = migrate({"app/routes.py": program(ERRORS, more, route("a"))})
    assert ERRORS in outcome.text
    assert "http_client()" not in outcome.text


@pytest.mark.parametrize(
    "value",
    [
        "(requests.Timeout, requests.exceptions.ChunkedEncodingError, requests.exceptions.RetryError)",
        "(requests.Timeout, *OTHERS)",
        "tuple([requests.Timeout])",
        "(requests.Timeout,) if DEBUG else ()",
    ],
)
def test_classes_that_cannot_be_told_or_have_no_equal_keep_the_calls(value: str) -> None:
    constant = f"OTHERS = ()\nDEBUG = True\nERRORS = {value}\n"
    outcome = migrate({"app/routes.py": program(constant, route("a"))})
    assert f"ERRORS = {value}\n" in outcome.text
    assert "http_client()" not in outcome.text


def test_a_name_that_another_file_takes_keeps_the_calls() -> None:
    other = "from app.routes import ERRORS\n\n\ndef f(error):\n    return isinstance(error, ERRORS)\n"
    outcome = migrate({"app/routes.py": program(ERRORS, route("a")), "app/other.py": other})
    assert ERRORS in outcome.text
    assert "http_client()" not in outcome.text


def test_a_constant_of_other_errors_stays() -> None:
    constant = "ERRORS = (KeyError, ValueError)\n"
    outcome = migrate({"app/routes.py": program(constant, route("a"))})
    assert constant in outcome.text
    assert "await http_client().get(" in outcome.text


ERRORS_FILE = "import requests\n\nERRORS = (requests.Timeout, requests.ConnectionError)\n"
IMPORT = "from app.errors import ERRORS\n\n"


def three_files(**more: str) -> dict[str, str]:
    texts = {f"app/{name}.py": text for name, text in more.items()}
    return {"app/routes.py": program(IMPORT, route("a")), "app/errors.py": ERRORS_FILE} | texts


@pytest.mark.parametrize("line", [IMPORT, "from .errors import ERRORS\n\n"])
def test_what_another_file_imports_is_mapped_where_it_stands(line: str) -> None:
    texts = three_files() | {"app/routes.py": program(line, route("a"))}
    outcome = migrate(texts)
    assert "await http_client().get(" in outcome.text, outcome.reasons
    assert "    except ERRORS:\n" in outcome.text
    errors = outcome.texts["app/errors.py"]
    assert BOTH in " ".join(errors.split())
    assert "import httpx" in errors
    assert "requests" not in errors


def test_what_two_files_import_catches_both() -> None:
    other = program(IMPORT, SYNC)
    outcome = migrate(three_files(other=other))
    assert "await http_client().get(" in outcome.text, outcome.reasons
    errors = outcome.texts["app/errors.py"]
    assert "requests.Timeout" in errors
    assert "httpx.TimeoutException" in errors


@pytest.mark.parametrize(
    "more",
    [
        {"other": "from app.errors import ERRORS\n\n\ndef f(error):\n    return isinstance(error, ERRORS)\n"},
        {"other": "from app.errors import ERRORS as E\n\n\ndef f(error):\n    return isinstance(error, E)\n"},
        {"other": "from app import errors\n\n\ndef f(error):\n    return isinstance(error, errors.ERRORS)\n"},
        {"other": "from app.errors import *\n\n\ndef f(error):\n    return isinstance(error, ERRORS)\n"},
        {"other": "from app.routes import ERRORS\n\n\ndef f(error):\n    return isinstance(error, ERRORS)\n"},
        {"__init__": "from app.errors import ERRORS\n"},
        {"other": "from app.errors import ERRORS\n\n__all__ = ['ERRORS']\n"},
        {"errors": ERRORS_FILE + "\n\ndef f(error):\n    return isinstance(error, ERRORS)\n"},
    ],
)
def test_a_name_that_is_read_for_more_in_some_file_keeps_the_calls(more: dict[str, str]) -> None:
    outcome = migrate(three_files(**more))
    assert "ERRORS = (requests.Timeout, requests.ConnectionError)\n" in outcome.texts["app/errors.py"]
    assert "http_client()" not in outcome.text


SUMS = {
    "two constants": "RETRYABLE = (requests.Timeout,)\nERRORS = RETRYABLE + (requests.HTTPError,)\n",
    "what is added first": "RETRYABLE = (requests.Timeout,)\nERRORS = (requests.HTTPError,) + RETRYABLE\n",
    "three": "ONE = (requests.Timeout,)\nTWO = (requests.HTTPError,)\nERRORS = ONE + TWO\n",
    "two steps": "ONE = (requests.Timeout,)\nTWO = ONE + (requests.HTTPError,)\nERRORS = TWO + (KeyError,)\n",
}


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_sum_of_tuples_stays_one(name: str, elsewhere: bool) -> None:
    if not elsewhere:
        outcome = migrate({"app/routes.py": program(SUMS[name], route("a"))})
        text = outcome.text
    else:
        head = HEAD.lstrip("\n").replace(
            "import requests\n", "import requests\nfrom app.errors import ERRORS\n"
        )
        errors = "import requests\n\n" + SUMS[name]
        outcome = migrate({"app/routes.py": head + route("a"), "app/errors.py": errors})
        text = outcome.texts["app/errors.py"]
    assert "await http_client().get(" in outcome.text, outcome.reasons
    found: dict[str, object] = {}
    exec(
        "import httpx, requests\n" + "\n".join(line for line in text.splitlines() if line[:3].isupper()),
        found,
    )
    errors = found["ERRORS"]
    assert isinstance(errors, tuple)
    assert {"TimeoutException", "HTTPStatusError"} <= {error.__name__ for error in errors}


READ_ELSEWHERE = {
    "what it is made of is handed on": "ONE = (requests.Timeout,)\nERRORS = ONE + (KeyError,)\nprint(ONE)\n",
    "it is handed on": "ONE = (requests.Timeout,)\nERRORS = ONE + (KeyError,)\nprint(ERRORS)\n",
    "another sum is handed on": "ONE = (requests.Timeout,)\nERRORS = ONE + (KeyError,)\n"
    "MORE = ONE + (TypeError,)\nprint(MORE)\n",
    "what it is made of is not known": "ERRORS = errors_of() + (requests.Timeout,)\n",
    "it is made of itself": "ERRORS = (requests.Timeout,)\nERRORS = ERRORS + (KeyError,)\n",
    "a list": "ONE = (requests.Timeout,)\nERRORS = tuple([*ONE, KeyError])\n",
}


@pytest.mark.parametrize("name", READ_ELSEWHERE)
def test_a_sum_of_which_a_part_is_read_in_another_way_stays(name: str) -> None:
    outcome = migrate({"app/routes.py": program(READ_ELSEWHERE[name], route("a"))})
    assert "http_client" not in outcome.text
