"""The text of an error of requests is another one in httpx: it may be shown, and nothing may depend on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run

ASK = """
def ask(url: str):
    try:
        return {"ok": True, "data": requests.get(url, timeout=2).json()}
    except requests.RequestException as e:
        return {"ok": False, "error": str(e)}


"""

SHOWN = {
    "detail": "raise HTTPException(502, detail=str(e))",
    "cause": "raise HTTPException(502, detail=f'not reachable: {e}') from e",
    "body": "return {'ok': False, 'error': str(e)}",
    "nested body": "return [{'errors': {'ask': ['failed: ' + str(e)]}}]",
    "percent": "return 'failed: %s (%s)' % (url, e)",
    "format": "return 'failed: {}'.format(e)",
    "cut": "return str(e)[:80]",
    "response": "return JSONResponse({'error': repr(e)}, status_code=502)",
    "name": "message = f'failed: {e}'\n        message += '!'\n        return {'error': message}",
    "list": "errors = []\n        errors.append({'url': url, 'error': str(e)})\n        return errors",
    "dictionary": "states = {}\n        states[url] = {'error': str(e)}\n        return states",
    "model": "return Answer(ok=False, error=str(e))",
    "tuple": "return False, f'failed: {e}'",
    "key": "found = {'ok': False}\n        found['error'] = str(e)\n        return found",
    "own exception": "raise NotReachable(f'{url}: {e}') from e",
}

LOGGED = {
    "f-string": "logger.error(f'failed: {e}')",
    "argument": "logger.warning('failed: %s', e)",
    "print": "print('failed', str(e))",
    "name": "message = f'failed: {e}'\n        logger.error(message)",
}

LOOKED_INTO = {
    "by the caller": "return 504 if 'timed out' in ask(url)['error'] else 200",
    "by the caller, through a name": """
        found = ask(url)
        message = found.get("error")
        return message == "gone"
    """,
    "as truth": 'return ask(url).get("error") or "fine"',
    "by a function": 'return classify(ask(url)["error"])',
    "of all": "return ask(url) == {}",
}


def program(clause: str, catches: str = "requests.RequestException") -> str:
    return f"""
import logging
from fastapi.responses import JSONResponse
from pydantic import BaseModel

logger = logging.getLogger(__name__)


class Answer(BaseModel):
    ok: bool
    error: str


class NotReachable(Exception):
    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(f"not reachable: {{message}}")


@router.get("/")
def call(url: str):
    try:
        return requests.get(url, timeout=2).json()
    except {catches} as e:
        {clause}
"""


@pytest.mark.parametrize(
    ("name", "catches"), [*((name, "requests.RequestException") for name in SHOWN), ("detail", "Exception")]
)
def test_a_text_that_is_shown_is_told(name: str, catches: str) -> None:
    outcome = migrate(program(SHOWN[name], catches))
    assert "await http_client().get(url" in outcome.text
    line = next(i for i, text in enumerate(outcome.before["app/routes.py"].splitlines(), 1) if _names(text))
    assert any(f"app/routes.py:{line}: the text of the error" in str(note) for note in outcome.notes)


def _names(line: str) -> bool:
    return any(form in line for form in ("str(e)", "repr(e)", "{e}", ", e)", "format(e)"))


@pytest.mark.parametrize("name", LOGGED)
def test_of_a_text_that_is_only_logged_nothing_is_said(name: str) -> None:
    outcome = migrate(program(LOGGED[name] + "\n        raise HTTPException(502)"))
    assert "await http_client().get(url" in outcome.text
    assert not any("the text of the error" in str(note) for note in outcome.notes)


@pytest.mark.parametrize("asked", ["e.response", "e.response is None", "e.errno", "e.args", "e.__class__"])
def test_what_most_errors_of_httpx_lack_is_not_asked_for_a_log_either(asked: str) -> None:
    outcome = migrate(program(f"print('failed', {asked})\n        raise HTTPException(502)"))
    assert ("await http_client().get(url" in outcome.text) is (asked in ("e.args", "e.__class__"))


ASKED = {
    "is there": ("if e.response is not None and e.response.status_code == 404:", False),
    "is not there": ("if e.response is None or e.response.status_code != 404:", False),
    "truth is whether it is ok": ("if e.response and e.response.status_code == 404:", True),
    "by its name": ("if getattr(e.response, 'status_code', None) == 404:", False),
    "by a name that httpx does not have": ("if getattr(e.response, 'reason', '') == 'x':", True),
    "by a name that is not written out": ("if getattr(e.response, url, 0):", True),
    "as a default": ("if getattr(url, 'status_code', e.response):", True),
    "equal": ("if e.response != url:", True),
}


@pytest.mark.parametrize("name", ASKED)
def test_an_error_of_a_status_has_a_response_in_both(name: str) -> None:
    question, stays = ASKED[name]
    clause = f"{question}\n            raise HTTPException(404)\n        raise HTTPException(502)"
    for catches in ("requests.HTTPError", "requests.RequestException"):
        outcome = migrate(program(clause, catches))
        is_twin = "await http_client().get(url" in outcome.text
        assert is_twin is (catches == "requests.HTTPError" and not stays)


@pytest.mark.parametrize(
    ("read", "stays"),
    [
        ("return ok", False),
        ("raise HTTPException(502, detail=why)", False),
        ("return 'timed out' in why", True),
    ],
)
def test_of_a_pair_the_text_is_the_one_that_counts(read: str, stays: bool) -> None:
    outcome = migrate(f"""
        def ask(url: str):
            try:
                return True, requests.get(url, timeout=2).text
            except requests.RequestException as e:
                return False, str(e)


        @router.get("/")
        def call(url: str):
            ok, why = ask(url)
            if ok:
                return "fine"
            {read}
    """)
    assert ("ok, why = await ask(url)" in outcome.text) is not stays
    if stays:
        _stays(outcome.text, outcome.reasons)


LOOKS = 'return {"is_slow": "timed out" in str(failed)}'
HANDLERS = [
    ("NotReachable", True),
    ("Failed", True),
    ("LookupError", True),
    ("Exception", True),
    ("500", True),
    ("KINDS[0]", True),
    ("404", False),
    ("Other", False),
    ("KeyError", False),
    ("HTTPException", False),
]
HTTP_HANDLERS = [
    ("HTTPException", True),
    ("starlette.exceptions.HTTPException", True),
    ("502", True),
    ("500", True),
    ("Exception", False),
    ("NotReachable", False),
]


def answered(
    registration: str, does: str = LOOKS, raises: str = "NotReachable(str(e))", own: str = "pass"
) -> str:
    """An application that answers errors itself, and a route that raises one."""
    return f"""
import logging

import starlette.exceptions
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()


class Failed(LookupError):
    pass


class NotReachable(Failed):
    {own}


class Other(LookupError):
    pass


{registration}
def answer(request: Request, failed):
    {does}


@router.get("/")
def call(url: str):
    try:
        return requests.get(url, timeout=2).json()
    except requests.RequestException as e:
        raise {raises} from e
"""


@pytest.mark.parametrize(("handled", "stays"), HANDLERS)
def test_only_handlers_that_may_get_the_exception_pin_the_call(handled: str, stays: bool) -> None:
    _check(answered(f"@app.exception_handler({handled})"), stays)


@pytest.mark.parametrize(("handled", "stays"), HTTP_HANDLERS)
def test_http_errors_go_to_handlers_of_their_class_and_of_a_status(handled: str, stays: bool) -> None:
    _check(answered(f"@app.exception_handler({handled})", raises="HTTPException(502, str(e))"), stays)


@pytest.mark.parametrize(
    ("does", "stays"),
    [
        ("logging.exception(failed)\n    return JSONResponse({'error': 'internal'}, 500)", False),
        ("return JSONResponse({'error': str(failed), 'kind': type(failed).__name__}, 500)", False),
        ("if isinstance(failed, Other):\n        raise failed\n    return JSONResponse({}, 500)", False),
        ("logging.error(failed.args[0])\n    return JSONResponse({}, 500)", False),
        ("return JSONResponse({}, 504 if failed.args[0] == 'gone' else 500)", True),
        ("code = str(failed)\n    return JSONResponse({}, CODES.get(code, 500))", True),
        ("return JSONResponse({'slow': is_slow(failed)}, 500)", True),
    ],
)
def test_a_handler_of_everything_pins_only_where_it_looks_into_the_text(does: str, stays: bool) -> None:
    looking = 'CODES = {}\n\n\ndef is_slow(failed):\n    return "timed out" in str(failed)\n\n\n'
    _check(answered(f"{looking}@app.exception_handler(Exception)", does), stays)


UNCAUGHT = """
@router.get("/all")
def call_all(url: str):
    return requests.get(url, timeout=2).json()
"""


@pytest.mark.parametrize(
    ("handled", "does", "stays"),
    [
        ("Exception", "return JSONResponse({'error': str(failed)}, 500)", False),
        ("Exception", "if isinstance(failed, HTTPException):\n        raise failed\n    return {}", False),
        ("500", LOOKS, True),
        ("Exception", "return JSONResponse({}, 504 if isinstance(failed, OSError) else 500)", True),
        ("OSError", "return JSONResponse({}, 502)", True),
        ("NotReachable", LOOKS, False),
    ],
)
def test_an_error_that_nobody_catches_goes_to_handlers_of_everything(
    handled: str, does: str, stays: bool
) -> None:
    source = answered(f"@app.exception_handler({handled})", does).partition('@router.get("/")')[0]
    outcome = migrate(source + UNCAUGHT)
    assert ("await http_client().get(url, timeout=2)" in outcome.text) is not stays
    told = [str(note) for note in outcome.notes if "the text of the error" in str(note)]
    assert bool(told) is ("str(failed)" in does and not stays and handled == "Exception")


@pytest.mark.parametrize(("does", "stays"), [("return JSONResponse(str(failed))", False), (LOOKS, True)])
@pytest.mark.parametrize(
    "registration",
    [
        "app.add_exception_handler(Exception, answer)",
        "app = FastAPI(exception_handlers={Exception: answer})",
        "app.exception_handlers[Exception] = answer",
    ],
)
def test_handlers_are_registered_in_several_ways(registration: str, does: str, stays: bool) -> None:
    is_unknown = registration.startswith("app.exception_handlers")
    _check(answered("", does) + f"\n\n{registration}\n", stays or is_unknown)


def test_the_detail_of_an_http_error_is_what_counts_where_a_caller_catches_it() -> None:
    for read, stays in (("e.status_code == 502", False), ("'timed out' in e.detail", True)):
        _check(
            f"""
            def ask(url: str):
                try:
                    return requests.get(url, timeout=2).json()
                except requests.RequestException as e:
                    raise HTTPException(502, detail=str(e)) from e


            @router.get("/")
            def call(url: str):
                try:
                    return ask(url)
                except HTTPException as e:
                    return {read}
            """,
            stays,
        )


def test_an_exception_that_looks_into_what_it_is_given_pins_the_call() -> None:
    looks = """def __init__(self, message: str) -> None:
        self.is_slow = "timed out" in message"""
    _check(answered("", "pass", own=looks), stays=True)


@pytest.mark.parametrize(
    ("name", "does", "stays"),
    [
        ("error", 'logging.error("failed: %s", text)', False),
        ("tell", 'logging.error("failed: %s", text)', False),
        ("error", 'self.slow = "timed out" in text', True),
        ("log", 'if text == "gone":\n            raise HTTPException(504)', True),
    ],
)
def test_a_method_of_the_project_that_is_called_like_one_of_a_logger_is_read(
    name: str, does: str, stays: bool
) -> None:
    _check(
        f"""
import logging


class Log:
    def {name}(self, text: str):
        {does}


log = Log()


@router.get("/")
def call(url: str):
    try:
        return requests.get(url, timeout=2).json()
    except requests.RequestException as e:
        log.{name}(f"failed: {{e}}")
        return 1
""",
        stays,
    )


def test_a_caller_that_reads_other_keys_does_not_look_into_it() -> None:
    outcome = migrate(
        ASK
        + changed("""
        @router.get("/")
        def call(url: str):
            found = ask(url)
            if not found["ok"]:
                raise HTTPException(502, found["error"])
            return found["data"]
    """)
    )
    assert "found = await ask(url)" in outcome.text
    assert any("app/routes.py:11: the text of the error" in str(note) for note in outcome.notes)


@pytest.mark.parametrize("name", LOOKED_INTO)
def test_a_text_that_a_caller_looks_into_pins_the_call(name: str) -> None:
    body = "".join(f"    {line}\n" for line in changed(LOOKED_INTO[name]).strip().splitlines())
    outcome = migrate(
        f'{ASK.strip()}\n\n\ndef classify(text):\n    return "timed" in text\n\n\n@router.get("/")\n'
        f"def call(url: str):\n{body}"
    )
    _stays(outcome.texts["app/routes.py"], outcome.reasons)


@pytest.mark.parametrize("read", ["'timed out' in str(failed)", "failed.args[0] == 'gone'"])
def test_a_text_that_is_raised_on_and_looked_into_pins_the_call(read: str) -> None:
    outcome = migrate(f"""
        def ask(url: str):
            try:
                return requests.get(url, timeout=2).json()
            except requests.RequestException as e:
                raise RuntimeError(f"failed: {{e}}") from e


        def ask_again(url: str):
            return ask(url)


        @router.get("/")
        def call(url: str):
            try:
                return ask_again(url)
            except RuntimeError as failed:
                return {{"slow": {read}}}
    """)
    _stays(outcome.texts["app/routes.py"], outcome.reasons)


@pytest.mark.parametrize(
    "clause",
    [
        "raise make_error(str(e))",
        "self.error = str(e)",
        "LAST.append(str(e))",
        "given.append(str(e))",
        "return lambda: str(e)",
        "return make_error(*[], str(e))",
        "shown = lambda text: text; return shown(str(e))",
        "ok, *why = False, str(e); return why",
        "return len(str(e))",
        "return e.request.url",
        "return {type(e).__name__: 1}",
        "return {str(e): 1}",
    ],
)
def test_a_text_that_goes_where_it_cannot_be_followed_pins_the_call(clause: str) -> None:
    outcome = migrate(f"""
        LAST = []


        def make_error(text):
            return KeyError() if "timed" in text else ValueError()


        class Asker:
            def ask(self, url: str, given: list):
                try:
                    return requests.get(url, timeout=2).json()
                except requests.RequestException as e:
                    {clause}


        @router.get("/")
        def call(url: str):
            return Asker().ask(url, [])
    """)
    _stays(outcome.texts["app/routes.py"], outcome.reasons)


def test_a_text_that_a_function_hands_to_itself_is_followed_once() -> None:
    again = "def shown(text, n):\n    return shown(text, n - 1) if n else {'error': text}\n\n\n"
    call = program("return shown(str(e), 3)").replace('@router.get("/")', f'{again}@router.get("/")')
    outcome = migrate(call)
    assert "await http_client().get(url" in outcome.text
    assert any("the text of the error" in str(note) for note in outcome.notes)


def test_an_exception_that_is_given_the_text_by_name_keeps_it() -> None:
    outcome = migrate(program("raise NotReachable(message=str(e))"))
    assert "await http_client().get(url" in outcome.text


def test_a_method_that_unknown_objects_may_have_may_be_called_by_anybody() -> None:
    outcome = migrate("""
        class Asker:
            def ask(self, url: str):
                try:
                    return requests.get(url, timeout=2).json()
                except requests.RequestException as e:
                    return {"error": str(e)}


        def other(thing):
            return thing.ask("http://x")["error"] == "gone"


        @router.get("/")
        def call(url: str):
            return Asker().ask(url)
    """)
    _stays(outcome.texts["app/routes.py"], outcome.reasons)


def test_a_function_that_is_handed_on_may_be_called_by_anybody() -> None:
    outcome = migrate(
        ASK
        + changed("""
        CHECKS = {"partner": ask}


        @router.get("/")
        def call(url: str):
            return ask(url)
    """)
    )
    _stays(outcome.texts["app/routes.py"], outcome.reasons)


RETRIED = """
import logging

logger = logging.getLogger(__name__)


@router.get("/")
def call(url: str):
    last = None
    for _ in range(2):
        try:
            return requests.get(url, timeout=2).json()
        except requests.ConnectionError as e:
            last = e
            continue
    END
"""
KEPT = {
    "raised": "raise last",
    "raised where there is one": "if last is not None:\n        raise last\n    return None",
    "the cause of another": "raise HTTPException(502, 'gave up') from last",
    "told": "raise HTTPException(502, f'gave up: {last}')",
    "logged": "logger.error('gave up: %s', last)\n    return 'none' if not last else 'failed'",
}
KEPT_AND_LOOKED_INTO = {
    "its arguments": "return last.args",
    "its text": "return 'refused' in str(last)",
    "itself": "return {'error': last}",
    "what it is": "return type(last).__name__",
    "compared": "return last == url",
    "raised where others catch it": "try:\n        raise last\n    except Exception:\n        return 502",
}


@pytest.mark.parametrize("name", KEPT)
def test_an_error_that_is_kept_for_later_is_that_of_the_new_library(name: str, tmp_path: Path) -> None:
    outcome = migrate(RETRIED.replace("END", KEPT[name]))
    assert "await http_client().get(url, timeout=2)" in outcome.text, outcome.reasons
    is_told = any("the text of the error" in str(note) for note in outcome.notes)
    assert is_told is (name == "told")
    old, new = (
        run(tmp_path / folder, texts, "call", "http://127.0.0.1:9/")
        for folder, texts in (("old", outcome.before), ("new", outcome.texts))
    )
    if name.startswith("raised"):
        assert (old[0][0], new[0][0]) == ("ConnectionError", "ConnectError")
    else:
        assert new == old


@pytest.mark.parametrize("name", KEPT_AND_LOOKED_INTO)
def test_an_error_that_is_kept_and_looked_into_pins_the_call(name: str) -> None:
    outcome = migrate(RETRIED.replace("END", KEPT_AND_LOOKED_INTO[name]))
    _stays(outcome.text, outcome.reasons)


@pytest.mark.parametrize("kept", ["global last\n            last = e", "logger.last = e", "last = first = e"])
def test_an_error_that_is_kept_where_others_read_it_pins_the_call(kept: str) -> None:
    source = (
        RETRIED.replace("last = e\n", f"{kept}\n")
        .replace("    last = None\n", "")
        .replace("END", "return None")
    )
    outcome = migrate(source)
    _stays(outcome.text, outcome.reasons)


def test_who_calls_what_raises_a_kept_error_catches_the_new_one(tmp_path: Path) -> None:
    source = RETRIED.replace('@router.get("/")\ndef call', "def ask").replace("END", "raise last")
    source += changed("""


        @router.get("/")
        def call(url: str):
            try:
                return ask(url)
            except requests.ConnectionError:
                raise HTTPException(502, "not there")
    """)
    outcome = migrate(source)
    old, new = (
        run(tmp_path / folder, texts, "call", "http://127.0.0.1:9/")
        for folder, texts in (("old", outcome.before), ("new", outcome.texts))
    )
    assert "await ask(url)" in outcome.text
    assert old == new == [("HTTPException", 502)]


def _check(source: str, stays: bool) -> None:
    outcome = migrate(source)
    if stays:
        _stays(outcome.text, outcome.reasons)
    else:
        assert "await http_client().get(url, timeout=2)" in outcome.text


def _stays(text: str, reasons: tuple[str, ...]) -> None:
    assert "http_client" not in text, text
    assert "the text of the error is used" in " ".join(reasons), reasons


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "127.0.0.1/x"])
def test_the_answer_is_the_same_but_for_the_words(url: str, tmp_path: Path) -> None:
    source = (
        ASK.strip()
        + '\n\n\n@router.get("/")\ndef call(url: str):\n'
        + '    found = ask(url)\n    return {"ok": found["ok"], "why": f"failed: {found[\'error\']}"}\n'
    )
    outcome = migrate(source)
    old = run(tmp_path / "old", outcome.before, "call", url)
    new = run(tmp_path / "new", outcome.texts, "call", url)
    assert "await ask(url)" in outcome.text
    for answers in (old, new):
        assert answers[0]["why"].startswith("failed: ")
        assert answers[0]["why"] != "failed: "
        assert answers[0]["ok"] is False
