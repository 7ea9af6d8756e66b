"""What the project changes of a library for the whole process: an async client would pass it by."""

from __future__ import annotations

import textwrap

import pytest
from small_projects import migrate_main

HANDLER = """

@app.get("/rates")
def rates():
    answer = requests.get("http://rates/all")
    answer.encoding = "utf-8"
    return answer.json()
"""
CHANGES = {
    "a function": "requests.get = partial(requests.get, timeout=5)",
    "by setattr": "setattr(requests, 'get', partial(requests.get, timeout=5))",
    "a method": "requests.Session.request = limited",
    "a class": "requests.sessions.Session = Limited",
    "a method of what lies below": """
        from requests.adapters import HTTPAdapter as Adapter
        Adapter.send = limited
    """,
    "a number": "requests.adapters.DEFAULT_RETRIES = 5",
    "added to": "urllib3.util.ssl_.DEFAULT_CIPHERS += ':HIGH'",
    "the addresses": "urllib3.util.connection.allowed_gai_family = lambda: 2",
    "sockets": "socket.socket = socks.socksocket",
    "in a function": """
        def set_up():
            http.client.HTTPConnection._http_vsn_str = "HTTP/1.0"
    """,
    "a cache": "requests_cache.install_cache('rates', expire_after=300)",
    "a cache by another name": """
        from requests_cache import install_cache as keep
        keep('rates')
    """,
    "sockets of gevent": """
        from gevent import monkey
        monkey.patch_all()
    """,
    "traces": """
        from opentelemetry.instrumentation.requests import RequestsInstrumentor
        RequestsInstrumentor().instrument()
    """,
    "traces of what lies below": """
        from opentelemetry.instrumentation import urllib3 as traces
        traces.URLLib3Instrumentor().instrument()
    """,
}
SETTINGS = """
requests.packages.urllib3.disable_warnings()
urllib3.disable_warnings()
logging.getLogger("requests").propagate = False
settings = SimpleNamespace()
settings.requests = 3
app.state.socket = None
stripe.api_key = "key"
cached = requests_cache.CachedSession("rates")


class Gateway:
    def __init__(self):
        self.requests = 0
        self.get = requests.get
"""
HEAD = """
import http.client
import logging
import socket
from functools import partial
from types import SimpleNamespace

import requests
import requests_cache
import socks
import stripe
import urllib3


def limited(self, *args, **kwargs):
    pass


class Limited(requests.Session):
    pass


"""


def outcome(change: str) -> str:
    return migrate_main(HEAD + textwrap.dedent(change) + HANDLER).texts["app/main.py"]


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_for_all_keeps_the_library(change: str) -> None:
    text = outcome(CHANGES[change])
    assert 'run_in_threadpool(requests.get, "http://rates/all")' in text
    assert "http_client" not in text


def test_settings_and_own_objects_change_nothing_of_it() -> None:
    assert 'await http_client().get("http://rates/all")' in outcome(SETTINGS)


def test_another_library_than_the_one_that_is_called() -> None:
    text = outcome("httpx.get = limited\nfrom opentelemetry.instrumentation.urllib import URLLibInstrumentor")
    assert 'await http_client().get("http://rates/all")' in text
