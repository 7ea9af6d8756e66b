"""Calls without an exact equal: they keep calling requests, in the thread pool, and say why."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import sys

import pytest
from client_programs import HEAD, changed, migrate

ARGUMENTS = {
    'requests.get(url,  # of the settings\n        params={"q": q})': "query of its own, and there is a comment",
    'requests.get("http://x", headers={"X": page_text})': "",
    'requests.get("http://x", headers={"X": n})': "values of headers=",
    'requests.get("http://x", headers=given)': "values of headers=",
    'requests.get("http://x", headers={"If-None-Match": "abc"})': "304",
    'requests.get("http://x", cookies={"a": "b"})': "cookies=",
    'requests.get("http://x", verify=flag)': "verify= is not written out",
    'requests.get("http://x", verify=q)': "verify= is not written out",
    'requests.get("http://x", cert=(q, "k.pem"))': "cert= is not written out",
    'requests.get("http://x", proxies={"http": q})': "proxies=",
    'requests.get("http://x", proxies={"http": "http://a", "https": "http://b"})': "proxies=",
    'requests.get("http://x", hooks={"response": print})': "hooks=",
    'requests.get("http://x", auth=thing)': "auth=",
    'requests.get("http://x", auth=requests.auth.HTTPDigestAuth("u", "p"))': "auth=",
    'requests.get("http://x", stream=True)': "streamed",
    'requests.post("http://x", data=[("a", "b")])': "values of data=",
    'requests.post("http://x", data=open(q, "rb"))': "values of data=",
    'requests.post("http://x", data=thing)': "values of data=",
    'requests.post("http://x", files={"f": open(q, "rb")})': "files=",
    'requests.post("http://x", files={"f": b"data"})': "files=",
    'requests.post("http://x", files={"f": ("a.txt", b"data")})': "files=",
    'requests.post("http://x", files=given)': "files=",
    'requests.post("http://x", files={"f": ("a", open(q, "rb"), "a/b")})': "open file",
    'requests.post("http://x", files={"f": (page_text, b"a", "a/b")})': "file name in files= may be None",
    'requests.post("http://x", files={"f": ("a", b"a", page_text)})': "content type in files= may be None",
    'requests.get("http://x", {"q": q}, 3)': "more positional arguments",
    'requests.get(params={"q": q})': "URL is missing",
    'requests.get("http://x", params="to=a@x")': "may be a text",
    'requests.get("http://x", params="a")': "may be a text",
    'requests.get("http://x", params="a=1&b=2&a=3")': "may be a text",
    'requests.get("http://x", params=q)': "may be a text",
    'requests.get("http://x", params=page_text)': "may be a text",
    'requests.get("http://x", params=f"to={q}")': "may be a text",
    'requests.get("http://x", params=b"to=a")': "may be a text",
    "requests.get(*given)": "star",
    "requests.get(**given)": "star",
}

USES = {
    "return show(requests.get('http://x'))": "handed on",
    "r = requests.get('http://x')\nreturn show(r)": "handed on",
    "r = requests.get('http://x')\nreturn [r]": "handed on",
    "send = requests.get if flag else requests.delete\nreturn send('http://x').text": "something else",
    "send = requests.get if flag else show\nreturn send('http://x').text": "something else",
    "send = getattr(requests, q)  # of requests.api\nreturn send('http://x').text": "something else",
    "r = requests.get('http://x')\nreturn [c for c in r.iter_content(10)]": "iter_content",
    "r = requests.get('http://x')\nreturn dict(r.headers)": "all headers",
    "r = requests.get('http://x')\nreturn r.cookies.get_dict()": "all cookies",
    "r = requests.get('http://x')\nreturn r.apparent_encoding": "apparent_encoding",
    "r = requests.get('http://x')\nreturn r.raw.read()": "raw",
    "r = requests.get('http://x')\nr.status_code = 3\nreturn r.text": "set",
    "r = requests.get('http://x', allow_redirects=False)\nr.raise_for_status()": "redirects",
    "r = requests.head('http://x')\nr.raise_for_status()": "redirects",
    "r = requests.get('http://x')\nreturn r.history[0].url": "history",
    "r = q\nif flag:\n    r = requests.get('http://x')\nreturn r.text": "bound more than once",
    "r = requests.get('http://x')\nif flag:\n    r = show(q)\nreturn r.text": "bound more than once",
    "r = requests.get('http://x')\nfor n in q:\n    show(r.text)\n    r = n": "bound more than once",
    "r = q\nwhile flag:\n    show(r.text)\n    r = requests.get('http://x')": "bound more than once",
    "r = requests.get('http://x')\ntry:\n    r = show(q)\nexcept ValueError:\n    return r.text\nreturn r.text": "bound more than once",
    "r = requests.get('http://x')\nfor r in q:\n    show(r)\nreturn r.text": "bound more than once",
    "r = requests.get('http://x')\ntext = r.text\nr = show(q)\nreturn [lambda: r, text]": "bound more than once",
    "r = show(q)\nr += q\nr = requests.get('http://x')\nreturn r.text": "handed on",
    "r = requests.get('http://x')\nif flag:\n    r = requests.get('http://y', stream=True)\nreturn r.text": "streamed",
    "r = requests.get('http://x') or None\nreturn r.text": "handed on",
    "global last\nlast = requests.get('http://x')\nreturn 1": "last is handed on",
    "r = requests.get('http://x')\nif flag:\n    r = q\n    show(q)\nreturn r.text": "bound more than once",
    "r = requests.get('http://x')\ntry:\n    if flag:\n        r = show(q)\n        return show(r)\nexcept ValueError:\n    pass\nreturn r.text": "bound more than once",
    "r = requests.get('http://x')\ntry:\n    if flag:\n        r = show(q)\n        raise ValueError(r)\nfinally:\n    show(r.text)": "bound more than once",
    "r = requests.get('http://x')\nwhile flag:\n    r = r.json()\nreturn 1": "bound more than once",
    "r = requests.get('http://x')\nif flag:\n    r = q\n    while r:\n        return r.text\nreturn r.text": "bound more than once",
    "r = requests.get('http://x')\nif flag:\n    r = requests.get('http://y') or None\nreturn r.text": "bound more than once",
    "r = requests.get('http://x')\ntry:\n    show(q)\nexcept ValueError as r:\n    return r.reason\nreturn r.reason": "bound more than once",
    "r = requests.get('http://x')\nmatch q:\n    case str(r):\n        return r.reason\nreturn r.reason": "bound more than once",
    "r = requests.get('http://x')\nmatch given:\n    case [*r] | {**r}:\n        return r.reason\nreturn 1": "bound more than once",
    "r = requests.get('http://x')\nif flag:\n    def r():\n        pass\nreturn r.reason": "bound more than once",
    "r = requests.get('http://x')\nif flag:\n    class r:\n        reason = 1\nreturn r.reason": "bound more than once",
    "r = requests.get('http://x')\nif flag:\n    import re as r\nreturn r.reason": "bound more than once",
    "r = requests.get('http://x')\nif flag:\n    from re import error as r\nreturn r.reason": "bound more than once",
    "r = requests.get('http://x')\ndef inner(r):\n    return r.reason\nreturn [inner(thing), r.reason]": "bound more than once",
    "r = requests.get('http://x')\nreturn [(lambda r: r.reason)(thing), r.reason]": "bound more than once",
    "r = requests.get('http://x')\nwith suppress(ValueError):\n    if flag:\n        r = r.json()\n        return r['a']\nreturn r.reason": "bound more than once",
    "q = requests.get('http://x')\nreturn q.text": "a parameter too",
    "r = requests.get('http://x')\nreturn r.close()": "the response is closed",
    "r = requests.get('http://x')\nreturn r.raise_for_status()": "result of raise_for_status() is used",
    "return requests.get(url, params={'q': q}).ok": "sent differently",
    "return requests.get('http://x',  # slow\n    timeout=3).ok": "comment in the call",
    "return requests.get('http://x', params={'q': (lambda: q)()}).ok": "too long to write anew",
    "r = requests.get('http://x')\nif not r.text:\n    r.encoding = 'latin-1'\nreturn r.text": "after its text is read",
    "r = requests.get('http://x')\nreturn r.content.decode(r.encoding or 'utf-8')": "encoding of the response is used",
    "return show(r := requests.get('http://x'))": "handed on",
    "return [(r := requests.get('http://x')).apparent_encoding, r.text]": "apparent_encoding",
    "a, b = requests.get('http://x'), 1\nreturn a.text": "handed on",
    "with requests.get('http://x') as r:\n    return r.text": "handed on",
    "ok = requests.get(str(q)).ok\nreturn ok": "write anew",
}

CATCHES = {
    "except OSError:\n    return 1": "OSError",
    "except IOError:\n    return 1": "IOError",
    "except requests.RequestException as e:\n    return 'timed out' in str(e)": "text of the error",
    "except requests.RequestException as e:\n    return str(e) == q": "text of the error",
    "except requests.RequestException as e:\n    return str(e).startswith('HTTPS')": "text of the error",
    "except requests.RequestException as e:\n    return str(e).split(':')[0]": "text of the error",
    "except requests.RequestException as e:\n    return re.search('port', str(e))": "text of the error",
    "except requests.RequestException as e:\n    return str(e) or q": "text of the error",
    "except requests.RequestException as e:\n    return e.args[0]": "text of the error",
    "except requests.RequestException as e:\n    return [e]": "text of the error",
    "except requests.RequestException as e:\n    return show(str(e)) == q": "text of the error",
    "except requests.RequestException as e:\n    thing.error = str(e)": "text of the error",
    "except requests.RequestException as e:\n    why = f'no: {e}'\n    return {'why': why, 'slow': 'timed' in why}": "text of the error",
    "except requests.HTTPError as e:\n    return e.response.url": "text of the error",
    "except requests.ConnectionError as e:\n    return e.response.status_code": "text of the error",
    "except Exception as e:\n    raise HTTPException(504 if 'timed out' in str(e) else 500)": "text of the error",
    "except requests.exceptions.SSLError:\n    return 1": "SSLError has no equal",
    "except requests.exceptions.InvalidURL:\n    return 1": "InvalidURL has no equal",
    "except requests.exceptions.MissingSchema:\n    return 1\nexcept requests.exceptions.InvalidSchema:\n    return 2": "MissingSchema has no equal",
    "except (requests.Timeout, requests.exceptions.InvalidSchema):\n    return 1": "InvalidSchema has no equal",
    "except requests.exceptions.RetryError:\n    return 1": "RetryError has no equal",
    "except ERRORS:\n    return 1": "`except OSError` catches errors of requests",
}

if sys.version_info >= (3, 11):
    CATCHES["except* requests.Timeout:\n    pass"] = "except*"

SIGNATURE = (
    "def call(url: str, q: str, n: int, flag: bool, maybe_flag: bool | None, page: int | None, page_text: str = None, "
    "given: dict = {}, maybe: dict[str, str] | None = None, thing=None):"
)


def program(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f'ERRORS = (requests.Timeout, OSError)\n\n\ndef show(r):\n    return r\n\n\n@router.get("/")\n{SIGNATURE}\n{lines}\n'


def stays(source: str, why: str) -> None:
    outcome = migrate(source)
    assert "http_client" not in outcome.text, outcome.text
    assert "requests." in outcome.text
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize("call", ARGUMENTS)
def test_an_argument_without_an_equal(call: str) -> None:
    if not ARGUMENTS[call]:
        outcome = migrate(
            program(f"return {call}.json()").replace("ERRORS = (requests.Timeout, OSError)\n\n\n", "")
        )
        assert "if value is not None" in outcome.text
        return
    stays(
        program(f"return {call}.json()").replace("ERRORS = (requests.Timeout, OSError)\n\n\n", ""),
        ARGUMENTS[call],
    )


@pytest.mark.parametrize("body", USES)
def test_a_use_of_the_response_without_an_equal(body: str) -> None:
    stays(program(body).replace("ERRORS = (requests.Timeout, OSError)\n\n\n", ""), USES[body])


@pytest.mark.parametrize(
    "body",
    [
        "r = requests.get('http://x')\nreturn [[r['id'] for r in r.json()], r.reason]",
        "r = requests.get('http://x')\nreturn {r: r.reason for r in given}, r.reason",
        "r = requests.get('http://x')\nreturn (lambda: r.reason)()",
        "r = requests.get('http://x')\nwith suppress(ValueError):\n    if flag:\n        return r.reason\nreturn r.reason",
    ],
)
def test_names_of_comprehensions_are_others(body: str) -> None:
    outcome = migrate(program(body))
    assert "r = await http_client().get('http://x')" in outcome.text, outcome.reasons
    assert outcome.text.count(".reason_phrase") == body.count("r.reason") - ("{r: r.reason" in body)


@pytest.mark.parametrize("clause", CATCHES)
def test_a_clause_without_an_equal(clause: str) -> None:
    source = program(f"try:\n    return requests.get('http://x').json()\n{clause}")
    if "ERRORS:" not in clause:
        source = source.replace("ERRORS = (requests.Timeout, OSError)\n\n\n", "")
    stays(source, CATCHES[clause])


@pytest.mark.parametrize("clause", [c for c in CATCHES if "ERRORS:" not in c])
def test_a_clause_without_an_equal_in_a_caller(clause: str) -> None:
    source = "def ask():\n    return requests.get('http://x').json()\n\n\n" + program(
        f"try:\n    return ask()\n{clause}"
    )
    stays(source.replace("ERRORS = (requests.Timeout, OSError)\n\n\n", ""), CATCHES[clause])


HANDLER = """
@router.get("/")
def call():
    return requests.get("http://x").json()
"""
ASKED = """
@router.get("/asked")
def asked(url: str):
    try:
        return requests.get(url).json()
    except {} as error:
        return "slow" if isinstance(error, {}) else "down"
"""


@pytest.mark.parametrize("caught", ["Exception", "(requests.Timeout, requests.ConnectionError)"])
@pytest.mark.parametrize("asked", ["requests.Timeout", "(OSError, requests.exceptions.Timeout)"])
def test_where_it_is_asked_for_the_class_of_an_error_nothing_else_stays(caught: str, asked: str) -> None:
    outcome = migrate({"app/routes.py": HEAD.lstrip("\n") + HANDLER.lstrip() + ASKED.format(caught, asked)})
    there, _, here = outcome.text.partition('"/asked"')
    assert "(await http_client().get(" in there
    assert "await run_in_threadpool(requests.get, url)" in here
    assert any("of what class" in reason for reason in outcome.reasons), outcome.reasons


ELSEWHERE = {
    "an exception handler that is added": "app.add_exception_handler(requests.RequestException, print)",
    "a helper that looks at errors": """
        def is_final(error):
            return isinstance(error, requests.HTTPError)
    """,
    "a clause that looks at another error": """
        def ask(others):
            try:
                return None
            except Exception as error:
                return [isinstance(other, requests.HTTPError) for other in others]
    """,
    "a class derived from theirs": """
        class Refused(requests.RequestException):
            pass


        def refusals():
            return [Refused("no")]
    """,
    "a context manager": """
        @contextmanager
        def mapped():
            try:
                yield
            except requests.RequestException:
                raise HTTPException(502)
    """,
    "a decorator of the project": """
        def mapped(function):
            @wraps(function)
            def wrapper(*args, **kwargs):
                try:
                    return function(*args, **kwargs)
                except requests.RequestException:
                    raise HTTPException(502)
            return wrapper
    """,
    "a tuple of theirs": """
        RETRIED = (requests.Timeout, requests.ConnectionError)


        def is_retried(error):
            return isinstance(error, RETRIED)
    """,
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_errors_that_are_handled_elsewhere(name: str) -> None:
    head = "from contextlib import contextmanager\nfrom functools import wraps\nfrom fastapi import FastAPI\n"
    text = HEAD.replace("router =", "app = FastAPI()\nrouter =").lstrip("\n")
    outcome = migrate({"app/routes.py": head + text + changed(ELSEWHERE[name]) + "\n\n" + HANDLER.lstrip()})
    assert "http_client" not in outcome.text
    assert outcome.reasons


TESTS = {
    "the method below": 'from unittest.mock import patch\n\n\ndef test():\n    with patch("requests.Session.request"):\n        pass\n',
    "the adapter": 'import requests\nfrom unittest.mock import patch\n\n\ndef test():\n    with patch.object(requests.adapters.HTTPAdapter, "send"):\n        pass\n',
    "the module in the module": 'from unittest.mock import patch\n\n\ndef test():\n    with patch("app.routes.requests"):\n        pass\n',
    "the function by its own name": 'def test(mocker):\n    mocker.patch("requests.get")\n',
    "a patched name": 'from unittest.mock import patch\n\n\ndef test():\n    with patch("app.routes.requests.get"):\n        pass\n',
    "monkeypatch": (
        'from app import routes\n\n\ndef test(monkeypatch):\n    monkeypatch.setattr(routes.requests, "get", print)\n'
    ),
    "another function in its place": "import requests\n\n\ndef test():\n    requests.get = print\n",
    "another method in its place": "import requests\n\n\ndef test():\n    requests.Session.request = print\n",
    "another function in its place in the module": (
        "from app import routes\n\n\ndef test():\n    routes.requests.get = print\n"
    ),
    "responses": "import responses\n",
    "responses in a test": "def test():\n    import responses\n",
    "responses by name": "from responses import activate\n",
    "a cassette": "import vcr\n",
    "requests_mock as an argument": "def test(requests_mock):\n    pass\n",
    "errors that tests expect": (
        "import pytest\nimport requests\n\n\ndef test():\n    with pytest.raises(requests.HTTPError):\n        pass\n"
    ),
    "errors that fakes raise": (
        "import requests\n\n\ndef fake():\n    raise requests.ConnectionError('down')\n"
    ),
}


@pytest.mark.parametrize("name", TESTS)
def test_what_tests_replace_stays(name: str) -> None:
    text = HEAD.lstrip("\n") + HANDLER.lstrip()
    outcome = migrate({"app/routes.py": text, "tests/__init__.py": "", "tests/test_it.py": TESTS[name]})
    assert "http_client" not in outcome.text
    assert any("test" in reason for reason in outcome.reasons), outcome.reasons


MOUNT = 's.mount("http://", requests.adapters.HTTPAdapter(max_retries=3))'
MOUNTED = {
    "a function that gives it": f"def made():\n    s = requests.Session()\n    {MOUNT}\n    return s\n\n\n@router.get('/')\ndef call(url: str):\n    s = made()\n    return s.get(url).text\n",
    "a block": f"@router.get('/')\ndef call(url: str):\n    with requests.Session() as s:\n        {MOUNT}\n        return s.get(url).text\n",
    "a handler": f"@router.get('/')\nasync def call(url: str):\n    s = requests.Session()\n    {MOUNT}\n    return s.get(url).text\n",
    "the application": f"def start(app):\n    app.state.s = s = requests.Session()\n    {MOUNT}\n\n\n@router.get('/')\ndef call(url: str):\n    s = requests.Session()\n    {MOUNT}\n    return s.get(url).text\n",
}


@pytest.mark.parametrize("name", MOUNTED)
def test_what_is_mounted_is_told_wherever_the_session_goes(name: str) -> None:
    stays(MOUNTED[name], "may repeat requests by their answers")


READ = {
    "r.text": "await run_in_threadpool(lambda: r.text)",
    "r.content[:9]": "(await run_in_threadpool(lambda: r.content))[:9]",
    "r.json()['a']": "(await run_in_threadpool(r.json))['a']",
    "[*r.iter_lines()]": "await run_in_threadpool(lambda: [*r.iter_lines()])",
    "r.status_code": "r.status_code",
    "r.headers['ETag']": "r.headers['ETag']",
}


@pytest.mark.parametrize("asked", READ)
@pytest.mark.parametrize("opened", ["requests", "requests.Session()"])
def test_the_body_of_a_streamed_response_is_read_in_a_thread_and_not_on_the_loop(
    opened: str, asked: str
) -> None:
    text = "@router.get('/')\nasync def h(url: str):\n    r = {}.get(url, stream={})\n    await sleep(0)\n    return {}\n"
    done = migrate("from asyncio import sleep\n\n\n" + text.format(opened, True, asked)).text
    assert f"    return {READ[asked]}\n" in done, done
    whole = migrate("from asyncio import sleep\n\n\n" + text.format(opened, False, asked)).text
    assert f"    return {asked}\n" in whole or "iter_lines" in asked, whole


def test_a_function_that_says_that_it_gives_a_response_may_give_a_streamed_one() -> None:
    opened = "def opened(url: str) -> requests.Response:\n    return requests.get(url, stream=True)\n\n\n"
    read = "@router.get('/')\nasync def h(url: str):\n    r = opened(url)\n    await sleep(0)\n    return r.text\n"
    text = "from asyncio import sleep\n\n\n" + opened + read
    assert "return await run_in_threadpool(lambda: r.text)" in migrate(text).text
    assert "return r.text" in migrate(text.replace(", stream=True", "")).text


def test_a_body_that_a_generator_of_the_project_gives() -> None:
    """An async client takes none that is sync."""
    outcome = migrate("""
        def parts():
            yield b"one"


        @router.get("/")
        def call(base: str):
            return requests.post(base, data=parts()).text
    """)
    assert "await run_in_threadpool(requests.post, base, data=parts())" in outcome.text
