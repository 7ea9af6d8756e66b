"""What a value can be where requests and httpx send it differently: None, a bool, a list, a URL's own query."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_programs import HEAD, Outcome, changed, migrate
from running import run
from servers import http_server

ASK = 'requests.get(f"{base}/echo", params=params).json()'

NONE_INSIDE = {
    "an annotated default": "def call(base: str, given: int | None):\n    page: str = None\n    params = {'page': page, 'q': 'x'}\n    return "
    + ASK,
    "an augmented dict": "def call(base: str, page: int | None):\n    params = {'q': 'x'}\n    params |= {'page': page}\n    return "
    + ASK,
    "a union of dicts": "def call(base: str, page: int | None):\n    params = {'q': 'x'} | {'page': page}\n    return "
    + ASK,
    "dict()": "def call(base: str, page: int | None):\n    params = dict(q='x', page=page)\n    return "
    + ASK,
    "update with a dict": "def call(base: str, page: int | None):\n    params = {'q': 'x'}\n    params.update({'page': page})\n    return "
    + ASK,
    "update with keywords": "def call(base: str, page: int | None):\n    params = {'q': 'x'}\n    params.update(page=page)\n    return "
    + ASK,
    "setdefault": "def call(base: str, page: int | None):\n    params = {'q': 'x'}\n    params.setdefault('page', page)\n    return "
    + ASK,
    "another name": "def call(base: str, page: int | None):\n    params = {'q': 'x'}\n    other = params\n    other['page'] = page\n    return "
    + ASK,
    "a copy": "def call(base: str, page: int | None):\n    first = {'q': 'x', 'page': page}\n    params = first.copy()\n    return "
    + ASK,
    "a default that is None": "def call(base: str, page: int | None):\n    q = os.getenv('NOT_THERE', None)\n    params = {'q': q, 'r': 'x'}\n    return "
    + ASK,
    "an item": "def call(base: str, page: int | None):\n    given: dict[str, str | None] = {'a': None}\n    params = {'q': given['a'], 'r': 'x'}\n    return "
    + ASK,
    "one of two dicts": "def call(base: str, page: int | None):\n    params = {'q': 'x', 'page': page} if base else {'q': 'x'}\n    return "
    + ASK,
    "dict() of another": "def call(base: str, page: int | None):\n    params = dict(q='x', **{'page': page})\n    return "
    + ASK,
    "pairs that are said to hold None": "def call(base: str, page: int | None):\n    params: dict[str, int | None] = dict([('page', page)])\n    return "
    + ASK,
}
"""Programs around one handler, which is called with a base URL and None."""

NONE_FROM_ELSEWHERE = {
    "a default that holds None": '@router.get("/")\ndef call(base: str, n: str | None):\n    return ask(base)\n\n\ndef ask(base, headers={"X-A": None, "X-B": "b"}):\n    return requests.get(f"{base}/echo", headers=headers).json()\n',
    "a default that holds None, where others give a dict": '@router.get("/")\ndef call(base: str, n: str | None):\n    ask(base, {"X-B": "c"})\n    return ask(base)\n\n\ndef ask(base, headers={"X-A": None, "X-B": "b"}):\n    return requests.get(f"{base}/echo", headers=headers).json()\n',
    "a function that gets the dict": """
        def fill(given, page):
            given["page"] = page


        @router.get("/")
        def call(base: str, page: int | None):
            params = {"q": "x"}
            fill(params, page)
            return requests.get(f"{base}/echo", params=params).json()
    """,
    "no return at the end": """
        def found(q):
            if q:
                return "a"


        @router.get("/")
        def call(base: str, page: str | None):
            return requests.get(f"{base}/echo", params={"q": found(page), "r": "x"}).json()
    """,
    "a return without a value": """
        def found(q):
            if not q:
                return
            return "a"


        @router.get("/")
        def call(base: str, page: str | None):
            return requests.get(f"{base}/echo", params={"q": found(page), "r": "x"}).json()
    """,
    "one of two functions": """
        def plain() -> str:
            return "a"


        def none() -> str | None:
            return None


        @router.get("/")
        def call(base: str, page: str | None):
            found = plain if page else none
            return requests.get(f"{base}/echo", params={"q": found(), "r": "x"}).json()
    """,
    "a field of a model": """
        class Search(BaseModel):
            q: str = None
            r: str = Field(None)


        @router.get("/")
        def call(base: str, page: str | None):
            search = Search()
            return requests.get(f"{base}/echo", params={"q": search.q, "r": search.r, "s": "x"}).json()
    """,
    "a subclass": """
        class Api:
            token = "x"

            def ask(self, base):
                return requests.get(f"{base}/echo", params={"t": self.token, "q": "x"}).json()


        class Anonymous(Api):
            token = None


        @router.get("/")
        def call(base: str, page: str | None):
            return Anonymous().ask(base)
    """,
    "a dict of an object": """
        class Api:
            def __init__(self, token: str | None):
                self.headers = {"X-Token": token}

            def ask(self, base):
                return requests.get(f"{base}/echo", headers=self.headers).json()


        @router.get("/")
        def call(base: str, page: str | None):
            return Api(page).ask(base)
    """,
    "a name for a type": """
        Maybe = str | None


        @router.get("/")
        def call(base: str, page: Maybe):
            return requests.get(f"{base}/echo", params={"q": page, "r": "x"}).json()
    """,
    "a dict of the module": """
        PARAMS = {"q": "x"}


        def reset(page):
            PARAMS.update(page=page)


        @router.get("/")
        def call(base: str, page: str | None):
            reset(page)
            return requests.get(f"{base}/echo", params=PARAMS).json()
    """,
}

CONFIG = {
    "a name from the environment": ('KEY = os.getenv("NOT_THERE")', "from app.config import KEY", "KEY"),
    "the environment by its module": ('KEY = os.getenv("NOT_THERE")', "from app import config", "config.KEY"),
    "an annotated name": ("KEY: str = None", "from app.config import KEY", "KEY"),
    "an attribute of an object": (
        "class Settings:\n    key: str = None\n\n\nsettings = Settings()",
        "from app.config import settings",
        "settings.key",
    ),
}  # fmt: skip

WRITTEN = {
    "a list of lists": (
        'def call(q: str):\n    return requests.get("http://x", params={"q": [[q, "b"]]}).json()',
        ("a b&c",),
    ),
    "None in a list": (
        'def call(q: str | None):\n    return requests.get("http://x", params={"q": [q]}).json()',
        (None,),
    ),
    "a list that may hold None": (
        'def call(q: list[str | None]):\n    return requests.get("http://x", params={"q": q}).json()',
        (["a", None],),
    ),
    "a set": (
        'def call(q: str):\n    return requests.get("http://x", params={"q": {q, "b"}}).json()',
        ("a b&c",),
    ),
    "an argument among others": (
        'def call(given: dict):\n    ask(**given)\n    return ask("a")\n\n\ndef ask(q):\n    return requests.get("http://x", params={"q": q}).json()',
        ({"q": "b"},),
    ),
    "a dict that may be None and hold None": (
        'def call(q: str):\n    return ask({"q": None})\n\n\ndef ask(params: dict[str, str | None] = None):\n    return requests.get("http://x", params=params).json()',
        ("a b&c",),
    ),
    "a dict that a function makes": (
        'def call(q: str, page: int | None):\n    return requests.get("http://x", params=made(q, page)).json()\n\n\ndef made(q, page):\n    return {"q": q, "page": page}',
        (
            "a",
            None,
        ),
    ),
    "a dict of which a function says what it holds": (
        'def call(page: str | None):\n    return requests.get("http://x", params=made(page)).json()\n\n\ndef made(page) -> dict[str, str | None]:\n    return {"page": page}',
        (None,),
    ),
    "a dict that is handed on again and again": (
        'def call(q: str):\n    return ask({"q": q}, 3)\n\n\ndef ask(params, n):\n    if n:\n        return ask(params, n - 1)\n    return requests.get("http://x", params=params).json()',
        ("a b&c",),
    ),
    "a value that is handed on again and again": (
        'def call(q: str):\n    return ask(q, 3)\n\n\ndef ask(q, n):\n    if n:\n        return ask(q, n - 1)\n    return requests.get("http://x", params={"q": q}).json()',
        ("a b&c",),
    ),
    "a key that is a number": (
        'def call(q: str):\n    return requests.get("http://x", params={1: q}).json()',
        ("a b&c",),
    ),
    "a key that is not known": (
        'def call(q: str, key):\n    return requests.get("http://x", params={key: q}).json()',
        (
            "a",
            "k k",
        ),
    ),
    "dicts of a loop": (
        'def call(q: str):\n    return [requests.get("http://x", params=params).json() for params in ({"q": q}, {"r": None})]',
        ("a b&c",),
    ),
    "one of several types": (
        'def call(q: str):\n    params = made(q)\n    if isinstance(params, dict):\n        return requests.get("http://x", params=params).json()\n    return 0\n\n\ndef made(q: str):\n    return {"q": q} if q else 1',
        ("a b&c",),
    ),
    "several arguments by one name": (
        'def call(q: str):\n    return ask(q, q)\n\n\ndef ask(*q):\n    return requests.get("http://x", params={"q": q}).json()',
        ("a b&c",),
    ),
    "what is left of a display": (
        'def call(q: str):\n    first, *rest = q, None\n    return requests.get("http://x", params={"q": first, "r": rest}).json()',
        ("a b&c",),
    ),
    "a dict that is replaced where it is empty": (
        'def call(q: str):\n    return ask({"q": q, "page": None})\n\n\ndef ask(params=None):\n    params = params or {}\n    return requests.get("http://x", params=params).json()',
        ("a b&c",),
    ),
    "a bool by a name": (
        'def call(q: bool):\n    params = {"q": q}\n    return requests.get("http://x", params=params).json()',
        (True,),
    ),
    "an Enum that is a text": (
        'def call(q: str):\n    return requests.get("http://x", params={"kind": Kind.A, "q": q}).json()\n\n\n'
        'class Kind(str, enum.Enum):\n    A = "a"',
        ("a b&c",),
    ),
    "bytes": (
        'def call(q: str):\n    return requests.get("http://x", params={"q": q.encode()}).json()',
        ("a b&c",),
    ),
    "a text": ('def call(q):\n    return requests.get("http://x", params=q).json()', ("a=b&c=d",)),
    "nothing": ('def call(q):\n    return requests.get("http://x?a=b", params=q).json()', (None,)),
    "nothing but None": (
        'def call(q):\n    return requests.get("http://x?a=b", params=q).json()',
        ({"a": None},),
    ),
    "beside a query": (
        'def call(q):\n    return requests.get("http://x?a=b", params=q).json()',
        ({"a": [1, True, None], "c": None},),
    ),
    "pairs": (
        'def call(q):\n    return requests.get("http://x", params=q).json()',
        ([("a", 1), ("a", [2, None]), ("b", False)],),
    ),
}
"""What nobody knows before it runs: `sent_params` makes of it what requests does."""

STAYS = {
    "headers of a function that is handed on": 'def call(base: str, q: str):\n    print(ask)\n    return ask(base)\n\n\ndef ask(base, headers=None):\n    return requests.get(f"{base}/echo", headers=headers).json()',
    "a default that nobody knows": 'def call(base: str, q: str):\n    return ask(base)\n\n\ndef ask(base, headers=os.headers):\n    return requests.get(f"{base}/echo", headers=headers).json()',
    "a method of an object that nobody knows": 'class Api:\n    def ask(self, base, headers=None):\n        return requests.get(f"{base}/echo", headers=headers).json()\n\n\ndef every(apis):\n    return [api.ask("x", api.headers) for api in apis]\n\n\n@router.get("/y")\ndef call(base: str):\n    return Api().ask(base)',
    "pairs by a name": 'def call(q: str):\n    form = [("a", q)]\n    return requests.post("http://x", data=form).json()',
    "pairs by a parameter": 'def call(q: str):\n    return send([("a", q)])\n\n\ndef send(form: list[tuple[str, str]]):\n    return requests.post("http://x", data=form).json()',
    "a list as header": 'def call(q: list[str]):\n    return requests.get("http://x", headers={"q": q}).json()',
    "a UUID beside files": 'def call(q: uuid.UUID):\n    return requests.post("http://x", files={"f": ("a", b"b", "c/d")}, data={"q": q}).json()',
}

CONDITIONS = {
    "by a name": "headers = {NAME: tag}",
    "by another name": "first = {NAME: tag}\nheaders = first",
    "added": 'headers = {"A": "b"}\nheaders[NAME] = tag',
    "in another dict": 'more = {NAME: tag}\nheaders = {"A": "b", **more}',
    "one of two": 'headers = {NAME: tag} if tag else {"A": "b"}',
    "a union": 'headers = {"A": "b"} | {NAME: tag}',
    "augmented": 'headers = {"A": "b"}\nheaders |= {NAME: tag}',
    "update": 'headers = {"A": "b"}\nheaders.update({NAME: tag})',
    "update with a star": 'headers = {"A": "b"}\nheaders.update(**{NAME: tag})',
    "setdefault": 'headers = {"A": "b"}\nheaders.setdefault(NAME, tag)',
    "a copy": "first = {NAME: tag}\nheaders = first.copy()",
    "dict": 'headers = dict(A="b", **{NAME: tag})',
    "dict of a dict": "headers = dict({NAME: tag})",
    "a function that makes it": "headers = made(tag)",
    "a function that fills it": 'headers = {"A": "b"}\nfill(headers, tag)',
    "an attribute": "headers = Api(tag).headers",
    "an attribute that is filled": "api = Api(tag)\nheaders = api.more",
    "another module": "headers = HEADERS",
    "an argument": "return ask({NAME: tag})",
    "an argument that has a type": "return typed({NAME: tag})",
    "a default": "ask()\nreturn ask({'A': 'b'})",
    "an argument that may be replaced": "return replaced({NAME: tag})",
    "further arguments": "return further('a', **{NAME: tag})",
    "an argument by name": "return further('a', **{'A': tag, **{NAME: tag}})",
}
"""How a header comes to a request that makes the answer 304 where nothing has changed."""

ABOUT_CONDITIONS = """
    from app.config import HEADERS, NAME


    def made(tag: str) -> dict[str, str]:
        return made(tag) if tag == "a" else {NAME: tag}


    def fill(given, tag: str):
        given[NAME] = tag


    class Api:
        def __init__(self, tag: str):
            self.headers = {NAME: tag}
            self.more = {"A": "b"}
            self.more[NAME] = tag


    def ask(headers={NAME: "c"}):
        return requests.get("http://x", headers=headers).text


    def typed(headers: dict[str, str]):
        return requests.get("http://x", headers=headers).text


    def replaced(headers=None):
        if not headers:
            headers = {"A": "b"}
        return requests.get("http://x", headers=headers).text


    def further(url, **headers):
        return requests.get("http://x", headers=headers).text
"""

HAS_QUERY = {
    "text that goes on": 'def call(url: str):\n    return requests.get(f"{url}&all=1", params={"q": "x"}).json()',
    "a sum that goes on": 'def call(url: str):\n    return requests.get(url + "&all=1", params={"q": "x"}).json()',
    "a sum with nothing": 'def call(url: str):\n    rest = ""\n    return requests.get(url + rest, params={"q": "x"}).json()',
    "a part": 'def call():\n    path = "items?limit=5"\n    return requests.get(f"http://x/{path}", params={"q": "x"}).json()',
    "one of two parts": 'def call(flag: bool):\n    path = "items?limit=5" if flag else "items"\n    return requests.get("http://x/" + path, params={"q": "x"}).json()',
    "a default": 'def call():\n    ask()\n    return ask("http://y")\n\n\ndef ask(url="http://x?key=1"):\n    return requests.get(url, params={"q": "x"}).json()',
    "arguments by a star": 'def call(given: dict):\n    ask(**given)\n    return ask("http://y")\n\n\ndef ask(url):\n    return requests.get(url, params={"q": "x"}).json()',
    "a parameter of the route": 'def call(url: str):\n    return requests.get(url, params={"q": "x"}).json()\n\n\n@router.get("/other")\ndef other():\n    return call("http://y")',
    "a URL that depends": 'def call():\n    return requests.get(URL, params={"q": "x"}).json()\n\n\nURL = "http://x"\nif os.getenv("D"):\n    URL = "http://x?d=1"',
    "a name of the function around": 'def call(URL: str):\n    def ask():\n        return requests.get(URL, params={"q": "x"}).json()\n    return ask()\n\n\nURL = "http://x"',
    "a URL with more": 'def call():\n    url = "http://x"\n    url += "?a=1"\n    return requests.get(url, params={"q": "x"}).json()',
}

KEEPS_QUERY = {
    "a dict": 'def call(url: str, q):\n    return requests.get(url, params={"a": "3", "q": "x y/ü&=", "n": [1, 2]}).json()',
    "by its place": 'def call(url: str, q):\n    return requests.get(url, {"a": "3"}, timeout=3).json()',
    "by its name": 'def call(url: str, q):\n    return requests.get(params={"a": "3"}, timeout=3, url=url).json()',
    "lines of their own": 'def call(url: str, q):\n    return requests.get(\n        url,\n        params={\n            "a": "3",\n            "b": "",\n        },\n    ).json()',
    "none": 'def call(url: str, q: str | None):\n    return requests.get(url, params={"a": "3", "q": q}).json()',
    "nothing but none": 'def call(url: str, q: str | None):\n    return requests.get(url, params={"q": q}).json()',
    "no dict": "def call(url: str, q: dict[str, str] | None):\n    return requests.get(url, params=q).json()",
    "bools": 'def call(url: str, q):\n    return requests.get(url, params={"dry": True}).json()',
    "a body": 'def call(url: str, q):\n    return requests.post(url, json={"a": 1}, params={"a": "3"}).json()',
    "a body of what has none": 'def call(url: str, q):\n    return requests.delete(url, json={"a": 1}, params={"a": "3"}).json()',
    "another request in it": 'def call(url: str, q):\n    return requests.get(url, params={"q": requests.get(url).text}).json()',
    "a session": 'def call(url: str, q):\n    return session.get(url, params={"a": "3"}).json()\n\n\nsession = requests.Session()',
    "an iteration": 'def call(url: str, q):\n    with requests.get(url, params={"a": "3"}, stream=True) as r:\n        return {"all": b"".join([each for each in r.iter_content(9)]).decode()}',
}

QUERIES = (
    "",
    "?a=1",
    "?a=1&b=2&a=2",
    "?flag",
    "?q=a+b%20c,d&x=%C3%A9",
    "?é=ü z",
    "?a=1#part",
    "?a=1&",
    "?x=:/@?",
)

MEANS_THE_SAME = {
    "headers that nobody gives": 'def call(base: str, n: str):\n    return ask("GET", f"{base}/echo")\n\n\ndef ask(method, url, headers=None, data=None):\n    return requests.request(method, url, headers=headers, data=data).json()',
    "a form that one gives": 'def call(base: str, n: str):\n    ask("POST", f"{base}/echo", json={"a": n})\n    return ask("POST", f"{base}/echo", {"q": n})\n\n\ndef ask(method, url, data=None, json=None):\n    return requests.request(method, url, data=data, json=json).json()',
    "a name that is looked at": 'def call(base: str, q: str):\n    params = {"q": q}\n    if isinstance(params, dict):\n        return requests.get(f"{base}/echo", params=params).json()\n    return {}',
    "a value that is looked at": 'def call(base: str, q: str):\n    page = q\n    if isinstance(page, str):\n        return requests.get(f"{base}/echo", params={"q": page}).json()\n    return {}',
    "an argument that is left out": 'def call(base: str, q: str):\n    return {"all": [ask(base), ask(base, q)]}\n\n\ndef ask(base, q="a"):\n    return requests.get(f"{base}/echo", params={"q": q}).json()',
    "an argument that may be replaced": 'def call(base: str, q: str):\n    return ask(base, {"q": q})\n\n\ndef ask(base, params=None):\n    if not params:\n        params = {"q": "a"}\n    return requests.get(f"{base}/echo", params=params).json()',
    "a value that may be replaced": 'def call(base: str, q: str | None):\n    if q == "b":\n        q = None\n    return requests.get(f"{base}/echo", params={"q": q, "r": "x"}).json()',
    "a dict of which a function says no more": 'def call(base: str, q: str):\n    return requests.get(f"{base}/echo", params=made(q)).json()\n\n\ndef made(q: str) -> dict:\n    return {"q": q}',
    "parts of a display": 'def call(base: str, q: str):\n    a, b = q, None\n    return requests.get(f"{base}/echo", params={"q": a, "r": b, "s": "x"}).json()',
    "a dict from a function that calls itself": 'def call(base: str, q: str):\n    return requests.get(f"{base}/echo", headers=made(q)).json()\n\n\ndef made(q: str) -> dict[str, str]:\n    return made("a") if q == "b" else {"X-Q": q}',
}

HAS_NONE = {
    "a page that is counted": "def call(base: str, n: int):\n    found, page = [], 1\n    for _ in (1, 2):\n        found.append(requests.get(f'{base}/echo', params={'page': page}).json())\n        page += n\n    return {'found': found}",
    "a part of a path": 'def call(base: str, n: int):\n    return requests.get(f"{base}/echo/{n}", params={"q": "x"}).json()',
    "a sum": 'def call(base: str, n: int):\n    return requests.get(base + "/echo/" + str(n), params={"q": "x"}).json()',
    "a name": 'def call(base: str, n: int):\n    url = base + "/echo"\n    return requests.get(url, params={"q": "x"}).json()',
    "one of two": 'def call(base: str, n: int):\n    url = f"{base}/echo" if n else f"{base}/text"\n    return requests.get(url, params={"q": "x"}).json()',
    "an argument": 'def call(base: str, n: int):\n    return ask(f"{base}/echo")\n\n\ndef ask(url):\n    return requests.get(url, params={"q": "x"}).json()',
    "a default": 'def call(base: str, n: int):\n    return ask(base)\n\n\ndef ask(base, path="/echo"):\n    return requests.get(f"{base}{path}", params={"q": "x"}).json()',
    "a path of the module": 'def call(base: str, n: int):\n    return requests.get(f"{base}{PATH}", params={"q": "x"}).json()\n\n\nPATH: str = "/echo"',
}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with http_server() as url:
        yield url


def program(body: str) -> dict[str, str]:
    head = HEAD.lstrip("\n").replace(
        "import requests", "import enum\nimport os\nimport uuid\n\nimport requests"
    )
    head = head.replace("HTTPException\n", "HTTPException\nfrom pydantic import BaseModel, Field\n")
    return {"app/routes.py": head + changed(body)}


def handler(text: str) -> dict[str, str]:
    return program(f'@router.get("/")\n{text}')


def is_sent_the_same(outcome: Outcome, folder: Path, *args: object) -> None:
    assert "await http_client" in "".join(outcome.texts.values()), outcome.reasons
    old = run(folder / "old", outcome.before, "call", *args)
    assert run(folder / "new", outcome.texts, "call", *args) == old
    assert isinstance(old[0], dict), old


@pytest.mark.parametrize("name", NONE_INSIDE)
def test_none_in_a_dict_is_not_sent(name: str, base: str, tmp_path: Path) -> None:
    is_sent_the_same(migrate(handler(NONE_INSIDE[name])), tmp_path, base, None)


@pytest.mark.parametrize("name", NONE_FROM_ELSEWHERE)
def test_none_from_elsewhere_is_not_sent(name: str, base: str, tmp_path: Path) -> None:
    is_sent_the_same(migrate(program(NONE_FROM_ELSEWHERE[name])), tmp_path, base, None)


@pytest.mark.parametrize("name", CONFIG)
def test_a_setting_that_is_not_there_is_not_sent(name: str, base: str, tmp_path: Path) -> None:
    config, statement, key = CONFIG[name]
    texts = handler(
        f'def call(base: str):\n    return requests.get(f"{{base}}/echo", headers={{"X-Key": {key}}}).json()'
    )
    texts["app/routes.py"] = texts["app/routes.py"].replace("\nrouter", f"{statement}\n\nrouter")
    is_sent_the_same(migrate({**texts, "app/config.py": f"import os\n\n{config}\n"}), tmp_path, base)


@pytest.mark.parametrize(
    ("statement", "spelled"),
    [("from app.config import PARAMS", "PARAMS"), ("from app import config", "config.PARAMS")],
)
def test_none_in_a_dict_of_another_module(statement: str, spelled: str, base: str, tmp_path: Path) -> None:
    """It is put in where the request is sent."""
    texts = handler(
        f'def call(base: str, page: str | None):\n    {spelled}["page"] = page\n'
        f'    return requests.get(f"{{base}}/echo", params={spelled}).json()'
    )
    texts["app/routes.py"] = texts["app/routes.py"].replace("\nrouter", f"{statement}\n\nrouter")
    is_sent_the_same(migrate({**texts, "app/config.py": 'PARAMS = {"q": "x"}\n'}), tmp_path, base, None)


@pytest.mark.parametrize("name", HAS_NONE)
def test_a_url_without_a_query_takes_params(name: str, base: str, tmp_path: Path) -> None:
    outcome = migrate(handler(HAS_NONE[name]))
    assert "with_params(" not in outcome.text
    is_sent_the_same(outcome, tmp_path, base, 1)


@pytest.mark.parametrize("name", MEANS_THE_SAME)
def test_values_are_followed_to_where_they_come_from(name: str, base: str, tmp_path: Path) -> None:
    is_sent_the_same(migrate(handler(MEANS_THE_SAME[name])), tmp_path, base, "b")


@pytest.mark.parametrize("name", HAS_QUERY)
def test_the_query_that_a_url_may_have_is_kept(name: str) -> None:
    outcome = migrate(handler(HAS_QUERY[name]))
    assert "http_client().get(with_params(" in outcome.text, outcome.reasons
    assert "params=" not in outcome.text


@pytest.mark.parametrize("name", KEEPS_QUERY)
@pytest.mark.parametrize("query", QUERIES)
def test_params_are_added_to_the_query_of_the_url(name: str, query: str, base: str, tmp_path: Path) -> None:
    outcome = migrate(handler(KEEPS_QUERY[name]))
    assert "with_params(" in outcome.text, outcome.reasons
    asked = f"{base}/echo{query}"
    old = run(tmp_path / "old", outcome.before, "call", asked, None)
    assert isinstance(old[0], dict), old
    assert run(tmp_path / "new", outcome.texts, "call", asked, None) == old


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_not_known_is_sent_as_before(name: str, base: str, tmp_path: Path) -> None:
    program, given = WRITTEN[name]
    outcome = migrate(handler(program.replace("http://x", f"{base}/echo")))
    assert "params" in outcome.text
    assert "http_client().get(" in outcome.text, outcome.reasons
    old = run(tmp_path / "old", outcome.before, "call", *given)
    assert "query" in str(old) or "path" in str(old), old
    assert run(tmp_path / "new", outcome.texts, "call", *given) == old


@pytest.mark.parametrize("name", STAYS)
def test_a_value_without_an_equal_stays(name: str) -> None:
    _stays(migrate(handler(STAYS[name])), "values")


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_request_that_may_not_be_answered_anew_stays(name: str) -> None:
    """The answer is 304 then, where raise_for_status() of httpx raises and that of requests does not."""
    outcome = migrate(_conditional(CONDITIONS[name], "If-None-Match"))
    _stays(outcome, "304")


@pytest.mark.parametrize("headers", ["{NAME: tag}", "{Names.tag: tag}"])
def test_so_does_one_by_a_name_with_its_type(headers: str) -> None:
    """Nothing had been known of such names, and the request had turned."""
    texts = _conditional(f"headers = {headers}", "If-None-Match")
    config = (
        texts["app/config.py"]
        .replace("NAME =", "NAME: str =")
        .replace("HEADERS =", "HEADERS: dict[str, str] =")
    )
    config += "\n\nclass Names:\n    tag: str = 'If-None-Match'\n"
    routes = texts["app/routes.py"].replace("HEADERS, NAME", "HEADERS, NAME, Names")
    _stays(migrate({**texts, "app/routes.py": routes, "app/config.py": config}), "304")


@pytest.mark.parametrize("name", CONDITIONS)
def test_other_headers_keep_no_request_back(name: str) -> None:
    outcome = migrate(_conditional(CONDITIONS[name], "X-Tag"))
    assert not any("304" in reason for reason in outcome.reasons), outcome.reasons


def _conditional(body: str, name: str) -> dict[str, str]:
    if "return " not in body:
        body += '\nreturn requests.get("http://x", headers=headers).text'
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    texts = program(textwrap.dedent(ABOUT_CONDITIONS) + f'\n\n@router.get("/")\ndef call(tag: str):\n{lines}')
    return {**texts, "app/config.py": f'NAME = "{name}"\nHEADERS = {{"{name}": "a"}}\n'}


def _stays(outcome: Outcome, why: str) -> None:
    assert "http_client" not in outcome.text, outcome.text
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


TYPES = {
    "str": False,
    "list[int]": False,
    "Union[str, int]": False,
    "Annotated[str, Path(default=None)]": False,
    "Optional[str]": True,
    "Union[str, None]": True,
    "typing.Optional[str]": True,
    "Annotated[str | None, 3]": True,
    "Annotated[Optional[str], 3]": True,
    "list[str] | None": True,
    "Imported": True,
}
"""Types of a parameter, and whether None has to be taken out."""

ENDS = {
    "try:\n    return str(q)\nexcept ValueError:\n    raise": False,
    "try:\n    return str(q)\nexcept ValueError:\n    pass": True,
    "try:\n    str(q)\nfinally:\n    return 'a'": False,
    "with open(q):\n    return 'a'": False,
    "while True:\n    return 'a'": False,
    "while True:\n    if q:\n        break\n    return 'a'": True,
    "while q:\n    return 'a'": True,
    "for _ in q:\n    return 'a'": True,
    "if q:\n    return 'a'\nelse:\n    raise ValueError": False,
    "if q:\n    return 'a'\nelif not q:\n    return 'b'": True,
}
"""Bodies of a function, and whether it may give None."""


@pytest.mark.parametrize("written", TYPES)
def test_none_is_taken_out_where_a_type_allows_it(written: str) -> None:
    texts = handler(f'def call(q: {written}):\n    return requests.get("http://x", params={{"q": q}}).json()')
    head = "import typing\nfrom pathlib import Path\nfrom typing import Annotated, Optional, Union\n"
    text = head + texts["app/routes.py"].replace("\nrouter", "from app.types import Imported\n\nrouter", 1)
    outcome = migrate({"app/types.py": "Imported = str | None\n", "app/routes.py": text})
    _is_taken_out(outcome, TYPES[written])


@pytest.mark.parametrize("body", ENDS)
def test_none_is_taken_out_where_a_function_may_end_without_a_value(body: str) -> None:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    call = 'def call(q: str):\n    return requests.get("http://x", params={"q": found(q)}).json()'
    _is_taken_out(migrate(handler(f"{call}\n\n\ndef found(q):\n{lines}")), ENDS[body])


def _is_taken_out(outcome: Outcome, expected: bool) -> None:
    assert "http_client()" in outcome.text, outcome.reasons
    assert ("if value is not None" in outcome.text) == expected, outcome.text


BRINGS_QUERY = {
    "in an f-string": 'return requests.get(f"{base}/{city}", params={"q": 1}).json()',
    "through a name": 'url = f"{base}/{city}"\n    return requests.get(url, params={"q": 1}).json()',
    "added": 'return requests.get(base + "/" + city, params={"q": 1}).json()',
    "through a choice": 'url = f"{base}/{city}" if city else base + "/all"\n    return requests.get(url, params={"q": 1}).json()',
}
BRINGS_NONE = {
    "no params": ("city: str", 'return requests.get(f"{base}/{city}").json()'),
    "none": ("city: str", 'return requests.get(f"{base}/{city}", params=None).json()'),
    "a number": ("city: int", 'return requests.get(f"{base}/{city}", params={"q": 1}).json()'),
    "inside": ("city: str", 'return requests.get(f"{base}/{city}/echo", params={"q": 1}).json()'),
    "a constant": ("city: str", 'path = "echo"\n    return requests.get(f"{base}/{path}", params={"q": city}).json()'),
}  # fmt: skip


def brought(parameter: str, body: str) -> Outcome:
    return migrate(handler(f"def call(base: str, {parameter}):\n    {body}"))


@pytest.mark.parametrize("name", BRINGS_QUERY)
def test_a_query_that_a_value_brings_is_told_of(name: str, base: str, tmp_path: Path) -> None:
    outcome = brought("city: str", BRINGS_QUERY[name])
    assert any("brings a `?` of its own" in str(note) for note in outcome.notes)
    is_sent_the_same(outcome, tmp_path / "plain", base, "echo")
    old = run(tmp_path / "old", outcome.before, "call", base, "echo?a=1")
    new = run(tmp_path / "new", outcome.texts, "call", base, "echo?a=1")
    assert "a=1" in str(old) or "'a'" in str(old)
    assert new != old


@pytest.mark.parametrize("name", BRINGS_NONE)
def test_where_no_value_can_bring_one_nothing_is_said(name: str) -> None:
    outcome = brought(*BRINGS_NONE[name])
    assert "await http_client().get(" in outcome.text, outcome.reasons
    assert not any("brings a `?` of its own" in str(note) for note in outcome.notes)


@pytest.mark.parametrize("text", ["a=1", "a=1&b=", "q=a+b%40c"])
def test_a_text_that_httpx_writes_as_it_is(text: str, tmp_path: Path) -> None:
    body = f'@router.get("/")\ndef call(base: str):\n    return requests.get(base + "/echo", params="{text}").json()\n'
    with http_server() as url:
        outcome = migrate(body)
        assert "await http_client().get(" in outcome.text, outcome.reasons
        old = run(tmp_path / "old", outcome.before, "call", url)
        assert run(tmp_path / "new", outcome.texts, "call", url) == old


@pytest.mark.parametrize(
    ("given", "is_said"),
    [
        ('requests.get(f"http://x?q={text}")', True),
        ('requests.get("http://x?q=" + text + "&n=1")', True),
        ('url = f"http://x?q={text}"\n    return requests.get(url)', True),
        ('requests.get(f"http://x?q={number}")', False),
        ('requests.get(f"http://x?q={quote(text)}")', False),
        ('requests.get(f"http://x/{text}?a=1")', False),
        ('requests.get("http://x", params={"q": text})', False),
        ('requests.get(f"http://x?key={KEY}")', False),
    ],
)
def test_text_of_any_kind_in_the_query_is_told(given: str, is_said: bool) -> None:
    given = given if given.startswith("url") else f"return {given}"
    outcome = migrate(
        f'import os\nfrom urllib.parse import quote\n\nKEY = os.environ["KEY"]\n\n\n@router.get("/")\ndef call(text: str, number: int):\n    {given}.text\n'
    )
    assert "await http_client().get(" in outcome.text, outcome.reasons
    assert any("line break" in note.text for note in outcome.notes) is is_said
