"""The module that holds the shared clients: made, extended, and with the imports that its clients need."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import ast
import ssl
from pathlib import Path
from typing import Any

import pytest
from async_fix.codemods.async_clients.http.generated.client_module import (
    CONTEXT,
    WITH_PARAMS,
    extend,
    merge,
    render,
)
from async_fix.codemods.async_clients.http.generated.clients import Options, client, options_of, plain_client
from async_fix.codemods.async_clients.twin import NoTwinError
from async_fix.codemods.model import HttpClient
from client_programs import migrate
from small_projects import migrate as migrate_project
from small_projects import migrate_main

LIMITED = client("httpx", Options(), timeout_given=True)
UNLIMITED = client("httpx", Options(), timeout_given=False)


def options(arguments: str) -> Options:
    call = ast.parse(f"f({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    return options_of({keyword.arg or "": keyword.value for keyword in call.keywords})


def test_sites_without_a_time_limit_decide() -> None:
    assert merge([LIMITED, UNLIMITED]) == merge([UNLIMITED, LIMITED]) == (UNLIMITED,)


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_a_new_module(library: str) -> None:
    text = render([client(library, Options(), timeout_given=False), plain_client(library)])
    compile(text, "http_client.py", "exec")
    assert f"import {library}\n" in text
    assert "import ssl" not in text
    assert text.index("def http_client()") < text.index("def plain_http_client()")


def test_a_pair_of_time_limits_is_written_out_as_httpx_has_it() -> None:
    """It takes a pair for the same, and type checkers do not."""
    body = "r = [requests.get('http://x', timeout={}).status_code for _ in 'a']\n    return r\n"
    routes = f"import requests\n\n\n@app.get('/x')\ndef x(limit: float):\n    {body}"
    given = {"(1, limit)": "(1, limit, None, None)", "(1, limit, 2, 3)": "(1, limit, 2, 3)", "limit": "limit"}
    for before, after in given.items():
        text = migrate_main(routes.format(before)).texts["app/main.py"]
        assert f"await http_client().get('http://x', timeout={after})" in text


def test_a_module_with_clients_of_others_only_has_no_cookies() -> None:
    text = render([HttpClient("", "httpx", "")])
    compile(text, "http_client.py", "exec")
    assert "CookieJar" not in text
    assert "def http_client(" not in text


def test_clients_that_check_no_certificates_read_none() -> None:
    unchecked = client("httpx", options("verify=False"), timeout_given=True)
    text = render([unchecked, HttpClient("", "httpx", "")])
    assert "tls_context" not in text
    assert extend(text, [unchecked]) == text
    more = extend(text, [HttpClient("", "httpx", CONTEXT)])
    assert more.count("try:\n    tls_context = httpx.create_ssl_context()\n") == 1


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
@pytest.mark.parametrize("name", ["missing.pem", "empty.pem"])
def test_certificates_that_are_not_where_they_should_be(
    library: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """requests does not read the variable: the application started before, and its requests were checked."""
    pytest.importorskip(library)
    (tmp_path / "empty.pem").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
    module: dict[str, Any] = {}
    exec(compile(render([client(library, Options(), timeout_given=True)]), "http_client.py", "exec"), module)
    assert module["tls_context"].verify_mode is ssl.CERT_REQUIRED
    assert module["tls_context"].check_hostname


def test_a_second_run_adds_what_is_missing() -> None:
    text = render([LIMITED])
    assert extend(text, [LIMITED]) == text
    more = extend(text, [UNLIMITED, client("httpx", options("verify=False"), timeout_given=True)])
    assert more.startswith(text.partition("@per_event_loop")[0])
    assert more.count("timeout=None") == 1
    assert more.count("def http_client_no_verify()") == 1
    assert extend(more, [UNLIMITED]) == more


def test_a_second_run_adds_what_keeps_a_query() -> None:
    wanted = [HttpClient("", "httpx", WITH_PARAMS)]
    text = render([LIMITED])
    assert "with_params" not in text
    more = extend(text, wanted)
    compile(more, "http_client.py", "exec")
    assert extend(more, [*wanted, LIMITED]) == more
    assert more.count("def with_params(") == 1
    for line in ("from collections.abc import Callable, Mapping", "from typing import Any\n\nimport httpx"):
        assert more.count(line) == 1
    assert sorted(extend(render(wanted), [LIMITED]).splitlines()) == sorted(more.splitlines())


def test_a_second_run_adds_the_certificates_of_all_clients() -> None:
    """A module of an earlier version, in which each client read them itself."""
    head, _, tail = render([LIMITED]).partition("\n# reading the certificates")
    earlier = head + tail[tail.index("\n\n\ndef per_event_loop(") + 1 :].replace(
        "        verify=tls_context,\n", ""
    )
    assert "tls_context" not in earlier
    more = extend(earlier, [plain_client("httpx")])
    compile(more, "http_client.py", "exec")
    assert more.count("tls_context = httpx.create_ssl_context()\n") == 1
    assert more.index("tls_context =") < more.index("\n\n\ndef per_event_loop(")


def test_a_second_run_adds_imports() -> None:
    text = extend(
        render([HttpClient("", "httpx", "")]), [client("httpx", options('cert="c.pem"'), timeout_given=True)]
    )
    compile(text, "http_client.py", "exec")
    assert "import asyncio\nimport ssl\n" in text
    assert "from functools import wraps\nfrom http.cookiejar import CookieJar, DefaultCookiePolicy\n" in text


@pytest.mark.parametrize(
    ("arguments", "name", "text"),
    [
        ("verify=True", "http_client", ""),
        ("verify=False", "http_client_no_verify", "        verify=False,\n"),
        ('verify="/ca.pem"', "http_client_with_ca", 'create_default_context(cafile="/ca.pem")\n'),
        ('cert=("c.pem", "k.pem")', "http_client_with_cert", 'context.load_cert_chain("c.pem", "k.pem")\n'),
        (
            'proxies={"http": "http://p:1", "https": "http://p:1"}',
            "http_client_via_proxy",
            'proxy="http://p:1",\n',
        ),
        ("cert=None, proxies=None", "http_client", ""),
    ],
)
def test_options_that_only_a_client_has(arguments: str, name: str, text: str) -> None:
    found = options(arguments)
    assert found.name == name
    made = client("httpx", found, timeout_given=True)
    compile(render([made]), "http_client.py", "exec")
    assert text in made.constructor


@pytest.mark.parametrize(
    "arguments",
    [
        "verify=path",
        "cert=path",
        'verify=False, cert="c"',
        "proxies=given",
        'proxies={"http": "http://p"}',
        "verify=f()",
    ],
)
def test_options_that_are_not_written_out(arguments: str) -> None:
    with pytest.raises(NoTwinError):
        options(arguments)


def test_annotated_sessions() -> None:
    head = (
        "import requests\nfrom fastapi import APIRouter\n\nfrom app import shop\n\nrouter = APIRouter()\n\n\n"
    )
    routes = '@router.get("/")\ndef call(base: str):\n    return [shop.session.get(base).text, shop.api.ask(base)]\n'
    shop = (
        "import requests\n\nsession: requests.Session = requests.Session()\n\n\nclass Api:\n    def __init__(self):\n"
        "        self.s: requests.Session = requests.Session()\n\n    def ask(self, base):\n"
        "        return self.s.get(base).text\n\n\napi = Api()\n"
    )
    text = migrate({"app/routes.py": head + routes, "app/shop.py": shop}).texts["app/shop.py"]
    assert "@per_event_loop\ndef session() -> httpx.AsyncClient:\n" in text
    assert "        self.s = per_event_loop(self._make_s)\n" in text
    assert "requests" not in text


def test_two_certificates_are_two_clients() -> None:
    """The second would get the first one's certificate: it stays with requests."""
    outcome = migrate(
        """
        @router.get("/")
        def call(base: str):
            first = requests.get(base, cert="a.pem").text
            again = requests.get(base, cert="a.pem").text
            return [first, again, requests.get(base, cert="b.pem").text]
        """
    )
    assert outcome.text.count("await http_client_with_cert().get(base)") == 2
    assert 'run_in_threadpool(requests.get, base, cert="b.pem")' in outcome.text
    assert outcome.reasons == ("http_client_with_cert has other options already",)


PRIVATE = """
import requests


class Api:
    def __init__(self):
        self._s = requests.Session()
        {other}

    def ask(self, base):
        return self._s.get(base).text


api = Api()
"""


@pytest.mark.parametrize(
    ("other", "maker"), [("self.base = 1", "_make_s"), ("self.s = requests.Session()", "_make__s")]
)
def test_what_makes_a_private_client_is_named_after_it(other: str, maker: str) -> None:
    routes = (
        "from fastapi import APIRouter\n\nfrom app.shop import api\n\nrouter = APIRouter()\n\n\n"
        '@router.get("/")\ndef call(base: str):\n    return api.ask(base)\n'
    )
    files = {"app/routes.py": routes, "app/shop.py": PRIVATE.format(other=other).lstrip()}
    assert f"        self._s = per_event_loop(self.{maker})\n" in migrate(files).texts["app/shop.py"]


GETS = """
import httpx
import requests


@app.get("/both")
def both(url: str):
    return requests.get(url).text + httpx.get(url).text
"""


def test_the_library_that_the_code_imports_is_used_whether_or_not_it_is_declared() -> None:
    outcome = migrate_main(GETS)
    assert "httpx2" not in "".join(outcome.texts.values())
    assert "await plain_http_client().get(url)" in outcome.texts["app/main.py"]


def test_clients_of_two_libraries_do_not_share_a_module() -> None:
    """One line imports the library of all clients in it: a call of the other one would find no name."""
    outcome = migrate_main(GETS, other="import httpx2\n\nclient = httpx2.AsyncClient()\n")
    assert "import httpx\n" not in outcome.texts["app/http_client.py"]
    assert "await run_in_threadpool(httpx.get, url)" in outcome.texts["app/main.py"]


LAYERS = {
    "main.py": "from fastapi import FastAPI\n\nfrom api import router\n\napp = FastAPI()\napp.include_router(router)\n",
    "api/__init__.py": "from api.pay import router\n",
    "api/pay.py": "from fastapi import APIRouter\n\nfrom domain.payments import customer\n\nrouter = APIRouter()\n\n\n"
    "@router.get('/{key}')\ndef show(key: str):\n    return customer(key)\n",
    "domain/__init__.py": "",
    "domain/payments.py": "import stripe\n\nclient = stripe.StripeClient('sk')\n\n\n"
    "def customer(key):\n    return client.customers.retrieve(key).id\n",
}


def test_a_client_that_has_async_methods_itself_lies_below_the_api_too() -> None:
    """The domain had imported the API layer for it."""
    done = migrate_project(LAYERS, api=("api",))
    assert "from domain.sdk_clients import per_event_loop\n" in done.texts["domain/payments.py"]
    # what is kept for clients of any kind is `Any` to type checkers, and may not be returned as it is
    assert "clients: dict[Callable[[], Client], Client] =" in done.texts["domain/sdk_clients.py"]
