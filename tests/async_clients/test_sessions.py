"""Sessions and clients that are made once: they turn whole, everywhere, or not at all."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_programs import HEAD, changed, migrate
from running import run
from servers import http_server


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with http_server() as url:
        yield url


def files(shop: str, routes: str, **more: str) -> dict[str, str]:
    head = HEAD.lstrip("\n").replace("HTTPException\n", "HTTPException\n\nfrom app import shop\n", 1)
    head = head.replace("import requests\n", "import httpx\nimport requests\n", 1)
    found = {"app/routes.py": head + changed(routes), "app/shop.py": changed(shop)}
    return found | {path.replace("__", "/") + ".py": changed(text) for path, text in more.items()}


CALL = """
    @router.get("/")
    def call(base: str):
        try:
            first = shop.session.get(f"{base}/status/200", headers={"X-Own": "1"})
            first.raise_for_status()
            return [first.ok, shop.session.post(f"{base}/echo", json={"a": 1}, timeout=2).json()]
        except requests.HTTPError as error:
            return error.response.status_code
"""

SETUPS = {
    "bare": "",
    "headers one by one": 'session.headers["X-Key"] = "k"\nsession.headers["Accept-Language"] = "de"',
    "a cookie of a path": 'session.cookies.set("lang", "de", path="/echo")',
    "headers at once": 'session.headers.update({"X-Key": "k"})  # who we are',
    "auth": '# our account\nsession.auth = ("u", "p")',
    "verify": "session.verify = False",
    "headers on a condition": 'if __name__ == "x":\n    session.headers["X-A"] = "a"\nelif len("k") == 1:\n    # with a key\n    session.headers.update({"X-Key": "k"})\n    session.auth = ("u", "p")\nelse:\n    session.cookies.set("a", "b")',
    "cookies": 'session.cookies.set("lang", "de")',
}


@pytest.mark.parametrize("name", SETUPS)
def test_a_session_of_a_module_is_the_same(name: str, base: str, tmp_path: Path) -> None:
    """Its cookies stay in it, as they did."""
    shop = f"import requests\n\nsession = requests.Session()\n{SETUPS[name]}\nLIMIT = 3\n"
    outcome = migrate(files(shop, CALL))
    assert "await shop.session().post(" in outcome.text
    assert "import requests" not in outcome.texts["app/shop.py"]
    old = run(tmp_path / "old", outcome.before, "call", base, times=2)
    assert run(tmp_path / "new", outcome.texts, "call", base, times=2) == old


def test_a_session_of_an_instance_is_the_same(base: str, tmp_path: Path) -> None:
    shop = """
        import requests


        class Carrier:
            def __init__(self, name):
                self.name = name
                self.session = requests.Session()
                self.session.headers["X-Account"] = "shop"

            def book(self, base, pieces):
                response = self.session.post(f"{base}/echo", json={"pieces": pieces}, timeout=2)
                response.raise_for_status()
                return response.json()

            def track(self, base):
                return self.session.get(f"{base}/status/404", timeout=2).status_code


        carrier = Carrier("ups")
    """
    routes = """
        @router.get("/")
        def call(base: str):
            return [shop.carrier.book(base, 2), shop.carrier.track(base)]
    """
    outcome = migrate(files(shop, routes))
    assert "        self.session = per_event_loop(self._make_session)\n" in outcome.texts["app/shop.py"]
    assert "timeout=None" not in outcome.texts["app/shop.py"]
    old = run(tmp_path / "old", outcome.before, "call", base)
    assert run(tmp_path / "new", outcome.texts, "call", base) == old


MADE_ONCE = {
    "with a token, if there is one": """
        import requests


        class Carrier:
            def __init__(self, key, token=None):
                self.key = key
                self.session = requests.Session()
                self.session.headers.update({"X-Key": key})
                if token:
                    self.session.headers["Authorization"] = f"Bearer {token}"

            def book(self, base):
                return [self.key, self.session.get(f"{base}/echo").json()]


        carrier = Carrier("k", token="t")
        """,
    "with arguments": """
        import requests


        class Carrier:
            def __init__(self, key, lang="de"):
                lang = lang.upper()
                # who we are
                self.session = requests.Session()
                self.session.headers.update({"X-Key": key, "X-Lang": lang})
                self.name = key

            def book(self, base):
                return [self.name, self.session.get(f"{base}/echo").json()]


        carrier = Carrier("k")
        """,
    "in a cached function": """
        from functools import lru_cache

        import requests


        class Carrier:
            def __init__(self):
                self.session = requests.Session()

            def book(self, base):
                return self.session.get(f"{base}/echo").json()


        @lru_cache(maxsize=1)
        def get_carrier():
            return Carrier()
        """,
}


@pytest.mark.parametrize("name", MADE_ONCE)
def test_a_session_of_what_is_made_once(name: str, base: str, tmp_path: Path) -> None:
    carrier = "carrier" if name == "with arguments" else "get_carrier()"
    outcome = migrate(
        files(
            MADE_ONCE[name], f'@router.get("/")\ndef call(base: str):\n    return shop.{carrier}.book(base)\n'
        )
    )
    assert ("self.session = per_event_loop(make_session)" in outcome.texts["app/shop.py"]) is (
        name == "with arguments"
    )
    assert ("# who we are" in outcome.texts["app/shop.py"]) is (name == "with arguments")
    old = run(tmp_path / "old", outcome.before, "call", base, times=2, loops=2)
    assert run(tmp_path / "new", outcome.texts, "call", base, times=2, loops=2) == old


LAZY = """
    import httpx

    _session: httpx.Client | None = None


    # one for all
    def get_session() -> httpx.Client:
        \"\"\"The client of the shop.\"\"\"
        global _session
        if _session is None:
            headers = {"X-Key": "k"}
            _session = httpx.Client(headers=headers)
        return _session
    """
GIVEN = {
    "by a function that makes it when it is first called": (
        LAZY,
        "shop.get_session().get(f'{base}/echo').json()",
        "@per_event_loop\ndef get_session() -> httpx.AsyncClient:\n",
    ),
    "by a cached function": (
        """
        from functools import lru_cache

        import requests


        @lru_cache()
        def get_session() -> requests.Session:
            \"\"\"The session of the shop.\"\"\"
            return requests.Session()
        """,
        "shop.get_session().get(f'{base}/echo').json()",
        "@per_event_loop\ndef get_session() -> httpx.AsyncClient:\n",
    ),
    "by a function": (
        "import requests\n\nsession = requests.Session()\n\n\ndef get_session() -> requests.Session:\n    return session\n",
        "shop.get_session().get(f'{base}/echo').json()",
        "def get_session() -> httpx.AsyncClient:\n    return session()\n",
    ),
    "to helpers": (
        "import requests\n\nsession = requests.Session()\n\n\ndef ask(s: requests.Session, url):\n    return s.get(url).json()\n",
        "[shop.ask(shop.session, f'{base}/echo'), shop.ask(url=base, s=shop.session)]",
        "async def ask(s: httpx.AsyncClient, url):\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", GIVEN)
def test_a_session_that_is_given(how: str, base: str, tmp_path: Path) -> None:
    shop, expression, text = GIVEN[how]
    routes = f'@router.get("/")\ndef call(base: str):\n    other = {expression}\n    return other\n'
    outcome = migrate(files(shop, routes))
    assert text in outcome.texts["app/shop.py"]
    old = run(tmp_path / "old", outcome.before, "call", base, loops=2)
    assert run(tmp_path / "new", outcome.texts, "call", base, loops=2) == old


LAZY_THAT_STAYS = {
    "used elsewhere": (LAZY + "\n\n    def close():\n        _session.close()\n", "", "several places"),
    "with a comment": (LAZY.replace("            headers", "            # ours\n            headers"), "", "a comment"),
    "known to tests": (LAZY, "from app import shop\n\n\ndef test():\n    shop._session = None\n", "tests/test_it.py"),
    "replaced by tests": (LAZY, "def test(monkeypatch):\n    monkeypatch.setattr('app.shop.get_session', print)\n", "tests replace"),
    "in another form": (LAZY.replace("return _session", "return _session or None"), "", ""),
    "with another test": (LAZY.replace("_session is None:", "_session is None or _session.is_closed:"), "", ""),
    "of an argument": (LAZY.replace("get_session()", "get_session(name=None)"), "", ""),
}  # fmt: skip


@pytest.mark.parametrize("how", LAZY_THAT_STAYS)
def test_a_session_that_is_made_when_it_is_first_asked_for_and_stays(how: str) -> None:
    shop, test, why = LAZY_THAT_STAYS[how]
    texts = files(
        shop, '@router.get("/")\ndef call(base: str):\n    return shop.get_session().get(base).text\n'
    )
    outcome = migrate(texts | ({"tests/test_it.py": test} if test else {}))
    assert outcome.texts["app/shop.py"] == outcome.before["app/shop.py"]
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


def test_a_local_name_of_the_session_holds_the_client(base: str, tmp_path: Path) -> None:
    routes = '@router.get("/")\ndef call(base: str):\n    own = shop.session\n    return own.get(f"{base}/echo").json()\n'
    outcome = migrate(files(SESSION, routes))
    assert "    own = shop.session()\n" in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", base, loops=2)
    assert run(tmp_path / "new", outcome.texts, "call", base, loops=2) == old


CACHED = """
        from functools import lru_cache

        import httpx

        KEY = "k"


        # one for all
        @lru_cache
        def get_client() -> httpx.Client:
            \"\"\"The client of the shop.\"\"\"
            key = KEY.upper()
            return httpx.Client(headers={"X-Key": key, "Connection": "close"})
        """


@pytest.mark.parametrize(
    "shop",
    [CACHED, LAZY.replace("get_session", "get_client").replace('"X-Key": "k"', '"Connection": "close"')],
)
def test_a_dependency_that_keeps_the_client_runs_on_the_loop(shop: str, base: str, tmp_path: Path) -> None:
    """FastAPI runs a `def` dependency in a thread, which has no event loop."""
    routes = """
        from fastapi import Depends, FastAPI
        from fastapi.testclient import TestClient


        @router.get("/ask")
        def ask(base: str, client: httpx.Client = Depends(shop.get_client)):
            return client.get(f"{base}/echo").json()


        def call(base):
            app = FastAPI()
            app.include_router(router)
            tests = TestClient(app)  # not entered: an event loop for each request
            return [tests.get("/ask", params={"base": base}).json() for _ in range(2)]
        """
    outcome = migrate(files(shop, routes))
    assert "def ask(base: str, client: httpx.AsyncClient = Depends(shop.get_client)):" in outcome.text
    assert "async def get_client() -> httpx.AsyncClient:\n    return " in outcome.texts["app/shop.py"]
    old = run(tmp_path / "old", outcome.before, "call", base)
    assert run(tmp_path / "new", outcome.texts, "call", base) == old


@pytest.mark.parametrize("arguments", ["", "timeout=2.0", 'headers={"X-Key": "k"}, follow_redirects=True'])
def test_an_httpx_client_of_a_module_is_the_same(arguments: str, base: str, tmp_path: Path) -> None:
    shop = f"import httpx\n\nclient = httpx.Client({arguments})\n"
    routes = """
        @router.get("/")
        def call(base: str):
            try:
                found = shop.client.get(f"{base}/redirect", params={"flag": True, "no": None})
                found.raise_for_status()
                return [found.is_success, shop.client.post(f"{base}/echo", json=[1]).json()]
            except httpx.HTTPStatusError as error:
                return str(error).replace(base, "")
    """
    outcome = migrate(files(shop, routes))
    lines = "".join(f"        {argument},\n" for argument in arguments.split(", ") if argument)
    lines += "        verify=tls_context,\n        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),\n"
    made = (
        f"@per_event_loop\ndef client() -> httpx.AsyncClient:\n    return httpx.AsyncClient(\n{lines}    )\n"
    )
    assert made in outcome.texts["app/shop.py"]
    old = run(tmp_path / "old", outcome.before, "call", base)
    assert run(tmp_path / "new", outcome.texts, "call", base) == old


@pytest.mark.parametrize(
    "given", ["verify=False", "trust_env=False", "limits=httpx.Limits(max_connections=3)"]
)
def test_what_a_client_is_given_is_not_given_twice(given: str, base: str, tmp_path: Path) -> None:
    shop = f"import httpx\n\nclient = httpx.Client({given})\n"
    routes = '@router.get("/")\ndef call(base: str):\n    return shop.client.get(f"{base}/echo").json()\n'
    outcome = migrate(files(shop, routes))
    made = outcome.texts["app/shop.py"].partition("AsyncClient(\n")[2]
    assert f"        {given},\n" in made
    assert made.count("verify=") + made.count("trust_env=") == 1
    assert made.count("limits=") == 1
    old = run(tmp_path / "old", outcome.before, "call", base)
    assert run(tmp_path / "new", outcome.texts, "call", base) == old


@pytest.mark.parametrize(
    "call",
    [
        'httpx.get(f"{base}/redirect").status_code',
        'httpx.get(f"{base}/redirect", follow_redirects=True, timeout=2).json()["path"]',
        'httpx.post(f"{base}/echo", data={"a": "1"}, params={"b": True}).json()',
        'httpx.request("DELETE", f"{base}/echo", json=1).json()',
    ],
)
def test_functions_of_httpx_keep_their_defaults(call: str, base: str, tmp_path: Path) -> None:
    routes = f'@router.get("/")\ndef call(base: str):\n    return {call}\n'
    outcome = migrate(files("X = 1", routes))
    assert "await plain_http_client()." in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", base)
    assert run(tmp_path / "new", outcome.texts, "call", base) == old


SESSION = "import requests\n\nsession = requests.Session()\n"
HANDLER = '@router.get("/")\ndef call(base: str):\n    return shop.session.get(base).json()\n'

MOUNTED = {
    "sizes": 'session.mount("https://", HTTPAdapter(pool_connections=20, pool_maxsize=50))\nsession.headers["A"] = "b"\n',
    "sizes above the rest": 'session.mount("https://", HTTPAdapter(pool_maxsize=5))\n# who we are\nsession.headers["A"] = "b"\nsession.mount("http://", HTTPAdapter(pool_maxsize=5))\nsession.headers["C"] = "d"\n',
    "sizes by place": 'session.headers["A"] = "b"\nsession.mount("http://", HTTPAdapter(SIZE, SIZE))\n',
    "a name for it": 'adapter = HTTPAdapter(pool_maxsize=SIZE)\nsession.mount("http://", adapter)\nsession.mount("https://", adapter)\n',
    "defaults": 'session.mount("http://", HTTPAdapter(max_retries=0, pool_block=False))\n',
}  # fmt: skip


@pytest.mark.parametrize("how", MOUNTED)
def test_an_adapter_that_only_sets_sizes_goes(how: str, base: str, tmp_path: Path) -> None:
    head = "import requests\nfrom requests.adapters import HTTPAdapter\n\nSIZE = 30\nsession = requests.Session()\n"
    outcome = migrate(files(head + MOUNTED[how], HANDLER))
    assert "await shop.session().get(base)" in outcome.text, outcome.reasons
    assert "mount" not in outcome.texts["app/shop.py"]
    assert "adapter =" not in outcome.texts["app/shop.py"]
    old = run(tmp_path / "old", outcome.before, "call", base)
    assert run(tmp_path / "new", outcome.texts, "call", base) == old


STAYS = {
    **{
        f"an adapter with {what}": (
            f"import requests\nfrom requests.adapters import HTTPAdapter\n\nsession = requests.Session()\n{text}\n",
            HANDLER,
            "may repeat requests by their answers",
        )
        for what, text in {
            "retries beside sizes": 'session.mount("http://", HTTPAdapter(pool_maxsize=5, max_retries=3))',
            "a limit": 'session.mount("http://", HTTPAdapter(pool_maxsize=5, pool_block=True))',
            "retries set later": 'adapter = HTTPAdapter(pool_maxsize=5)\nadapter.max_retries = 3\nsession.mount("http://", adapter)',
            "a condition": 'if len("a"):\n    session.mount("http://", HTTPAdapter(pool_maxsize=5))',
            "a class of its own": 'class Own(HTTPAdapter):\n    pass\n\n\nsession.mount("http://", Own(pool_maxsize=5))',
        }.items()
    },
    "mounted adapters": (SESSION + 'session.mount("http://", print)\n', HANDLER, "may repeat requests by their answers"),
    "retries": (SESSION + 'retry = Retry(total=3, backoff_factor=0.5, status_forcelist=[502, 503])\nsession.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))\n', HANDLER, "may repeat requests by their answers"),
    "set up on what it has": (SESSION + 'if session.headers:\n    session.headers["A"] = "b"\n', HANDLER, "several places"),
    "set up among other work": (SESSION + 'if len("a"):\n    session.headers["A"] = "b"\n    print("a")\n', HANDLER, "several places"),
    "certificates on a condition": (SESSION + 'if len("a"):\n    session.verify = False\n', HANDLER, "no equal attribute"),
    "a header that is None on a condition": (SESSION + 'if len("a"):\n    session.headers["Accept"] = None\n', HANDLER, "else than text"),
    "parameters of the session": (SESSION + 'session.params = {"k": "v"}\n', HANDLER, "params"),
    "proxies of the session": (SESSION + 'session.proxies = {"http": "http://p"}\n', HANDLER, "proxies"),
    "headers replaced": (SESSION + 'session.headers = {"a": "b"}\n', HANDLER, "replaced"),
    "certificates from a file": (SESSION + 'session.verify = "/ca.pem"\n', HANDLER, "plain False"),
    "cookies replaced": (SESSION + 'session.cookies = {"a": "b"}\n', HANDLER, "cookies of the session are replaced"),
    "headers by keyword": (SESSION + 'session.headers.update(Token="k")\n', HANDLER, "an argument of .headers.update()"),
    "headers by a star": (SESSION + 'session.headers.update(**{"Token": "k"})\n', HANDLER, "an argument of .headers.update()"),
    "cookies by keyword": (SESSION + 'session.cookies.update(lang="de")\n', HANDLER, "an argument of .cookies.update()"),
    "a cookie that is more than its value": (
        SESSION + 'session.cookies.set("lang", "de", secure=True)\n', HANDLER, "an argument of .cookies.set()"),
    "a condition": (SESSION + 'session.headers["If-None-Match"] = "a"\n', HANDLER, "304"),
    "a condition among others": (SESSION + 'session.headers.update({"A": "b", "If-None-Match": "a"})\n', HANDLER, "304"),
    "a condition as default": (SESSION + 'session.headers.setdefault("If-Modified-Since", "a")\n', HANDLER, "304"),
    "a header that a call takes away": (
        SESSION, '@router.get("/")\ndef call(base: str):\n    return shop.session.get(base, headers={"Accept": None}).text\n', "taken away"),
    "a client with a transport": (
        "import httpx\n\nsession = httpx.Client(transport=httpx.HTTPTransport(retries=3))\n", HANDLER, "takes differently"),
    "a client with options of a name": (
        "import httpx\n\nOPTIONS = {}\nsession = httpx.Client(**OPTIONS)\n", HANDLER, "takes differently"),
    "a client with a comment inside": (
        "import httpx\n\nsession = httpx.Client(\n    timeout=3,  # slow\n)\n", HANDLER, "a comment among the arguments"),
    "an authentication object": (SESSION + "session.auth = print\n", HANDLER, "pair"),
    "a header that is None": (SESSION + 'session.headers["Accept"] = None\n', HANDLER, "else than text"),
    "a header that may be None": (
        "import os\n\n" + SESSION + 'session.headers["X-Key"] = os.getenv("KEY")\n', HANDLER, "else than text"),
    "set up somewhere else": (
        SESSION + '\n\ndef log_in(token):\n    session.headers["Authorization"] = token\n', HANDLER, "several places"),
    "handed to a function and kept": (SESSION + "\n\ndef keep(s):\n    return s\n\n\nkept = keep(session)\n", HANDLER, "longer than for one event loop"),
    "handed to a helper that may have another": (
        SESSION + "import json\n\n\ndef ask(s, url):\n    return s.get(url).text\n\n\ndef other():\n    return ask(json.loads('1'), '')\n",
        '@router.get("/")\ndef call(base: str):\n    return shop.ask(shop.session, base)\n', "something else"),
    "handed to a helper with a default": (
        SESSION + "\n\ndef ask(url, s=None):\n    return (s or session).get(url).text\n",
        '@router.get("/")\ndef call(base: str):\n    return shop.ask(base, shop.session) + shop.ask(base)\n', "handed on"),
    "set in another place": (SESSION + "\n\ndef log_in():\n    session.auth = ('u', 'p')\n", HANDLER, "several places"),
    "entered": (
        SESSION, '@router.get("/")\ndef call(base: str):\n    with shop.session as s:\n        return s.get(base).text\n', "`with`"),
    "handed to a library": (SESSION + "import zeep\nclient = zeep.Transport(session=session)\n", HANDLER, "handed on"),
    "in a list": (SESSION + "ALL = [session]\n", HANDLER, "handed on"),
    "streamed": (
        SESSION, '@router.get("/")\ndef call(base: str):\n    return shop.session.get(base, stream=True).text\n', "streamed"),
    "one call that cannot follow": (
        SESSION,
        HANDLER + '\n\n@router.get("/2")\ndef other(base: str):\n    return list(shop.session.get(base))\n', "the response is handed on"),
    "verify at the call": (
        SESSION, '@router.get("/")\ndef call(base: str):\n    return shop.session.get(base, verify=False).text\n', "verify="),
    "other methods": (
        SESSION, HANDLER + '\n\n@router.get("/2")\ndef other():\n    return shop.session.send(None).text\n', "exact twin"),
    "made per call, for nobody knows how long": (
        "X = 1", '@router.get("/")\ndef call(base: str):\n    if base:\n        s = requests.Session()\n    return s.get(base).text\n', "for each call"),
    "given by a dependency that is called, too": (
        SESSION + "\n\ndef get_session():\n    return session\n",
        'from fastapi import Depends\n\n\n@router.get("/")\ndef call(base: str, s: requests.Session = Depends(shop.get_session)):\n'
        "    return s.get(base).text + shop.get_session().get(base).text\n", "injected and called"),
    "given by a function without a cache": (
        "import requests\n\n\ndef get_session():\n    return requests.Session()\n",
        '@router.get("/")\ndef call(base: str):\n    return shop.get_session().get(base).text\n', "for each call"),
    "given by a cache for each argument": (
        "import functools\n\nimport requests\n\n\n@functools.cache\ndef get_session(name):\n    return requests.Session()\n",
        '@router.get("/")\ndef call(base: str):\n    return shop.get_session(base).get(base).text\n', "for each call"),
    "given by what tests replace": (
        "import functools\n\nimport requests\n\n\n@functools.cache\ndef get_session():\n    return requests.Session()\n",
        '@router.get("/")\ndef call(base: str):\n    return shop.get_session().get(base).text\n', "tests replace"),
    "an instance made per request": (
        "import requests\n\n\nclass Api:\n    def __init__(self):\n        self.s = requests.Session()\n\n"
        "    def ask(self, base):\n        return self.s.get(base).text\n",
        '@router.get("/")\ndef call(base: str):\n    return shop.Api().ask(base)\n', "is made in a function (app/routes.py:"),
    "set up with what changes afterwards": (
        "import requests\n\n\nclass Api:\n    def __init__(self, key):\n        self.s = requests.Session()\n"
        '        self.s.headers["X"] = key\n        key = None\n\n    def ask(self, base):\n        return self.s.get(base).text\n\n\n'
        'api = Api("k")\n',
        '@router.get("/")\ndef call(base: str):\n    return shop.api.ask(base)\n', "changes afterwards"),
    "a subclass of Session": (
        "import requests\n\n\nclass Own(requests.Session):\n    pass\n\n\nsession = Own()\n", HANDLER, "is not seen"),
}  # fmt: skip

REPLACED = {
    "tests/test_it.py": "from unittest.mock import patch\n\n\ndef test():\n    with patch('app.shop.get_session'):\n        pass\n"
}


@pytest.mark.parametrize("name", STAYS)
def test_a_session_that_stays(name: str) -> None:
    shop, routes, why = STAYS[name]
    outcome = migrate(files(shop, routes) | REPLACED if why == "tests replace" else files(shop, routes))
    assert "AsyncClient" not in "".join(outcome.texts.values())
    assert outcome.texts["app/shop.py"] == outcome.before["app/shop.py"]
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


def test_a_script_that_uses_the_session_keeps_it() -> None:
    script = "from app.shop import session\n\nif __name__ == '__main__':\n    print(session.get('http://x').text)\n"
    outcome = migrate(files(SESSION, HANDLER, scripts__nightly=script))
    assert "AsyncClient" not in "".join(outcome.texts.values())
    assert any("scripts/nightly.py" in reason for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize(
    "patched", ["app.shop.session", "app.shop.session.get", "app.routes.shop.session.get"]
)
def test_a_session_that_tests_replace_stays(patched: str) -> None:
    test = f'from unittest.mock import patch\n\n\ndef test():\n    with patch("{patched}"):\n        pass\n'
    outcome = migrate(files(SESSION, HANDLER, tests__test_it=test, tests____init__=""))
    assert "AsyncClient" not in "".join(outcome.texts.values())


@pytest.mark.parametrize(
    "call",
    [
        "httpx.get(base, verify=False)",
        'httpx.get(base, cookies={"a": "b"})',
        'httpx.get(base, proxy="http://p")',
        "httpx.post(base, content=open(base))",
        "httpx.post(base, files=thing)",
    ],
)
def test_functions_of_httpx_that_stay(call: str) -> None:
    routes = f'@router.get("/")\ndef call(base: str, thing=None):\n    return {call}.text\n'
    outcome = migrate(files("X = 1", routes))
    assert "http_client" not in outcome.text
    assert outcome.reasons
