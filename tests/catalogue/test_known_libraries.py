"""Libraries that block in an `async def`, one line of ordinary use each; what only counts stays."""

from __future__ import annotations

import textwrap

import pytest
from small_projects import migrate_main

BLOCKS = {
    "rasterio": "with rasterio.open(text) as source:\n    return str(source.read(1))",
    "settings of a thread": (
        "with rasterio.Env():\n    with rasterio.open(text) as source:\n        return str(source.read(1))"
    ),
    "ccxt": "return exchange.fetch_ticker(text)",
    "an attribute of web3": "return w3.eth.block_number",
    "a method of web3": "return w3.eth.get_balance(text)",
    "a worker of Celery": "celery_app.control.revoke(text)\nreturn 1",
    "workers of Celery": "return celery_app.control.inspect(timeout=1).active()",
    "results of Celery": "celery_app.backend.store_result(text, 1, 'REVOKED')\nreturn 1",
    "diffusers": "return str(pipe(text))",
    "discord.py": "return SyncWebhook.from_url(text).send(text, wait=True).id",
    "PaddleOCR": "return str(PaddleOCR().ocr(text))",
}
BLOCKS_WHERE_IT_IS_IMPORTED = {
    "from trino.dbapi import connect": "cur = connect(host=text).cursor()\nreturn cur.fetchall()",
    "from databricks import sql": "with sql.connect(text) as c:\n    return c.cursor().execute(text)",
    "import mariadb": "cur = mariadb.connect(host=text).cursor()\nreturn cur.execute(text)",
    "import vertica_python": "return vertica_python.connect(host=text).cursor().execute(text)",
    "import niquests": "with niquests.Session() as session:\n    return session.get(text).text",
    "from curl_cffi import requests": "return requests.get(text, impersonate='chrome').json()",
    "import curl_cffi": "return curl_cffi.Session().get(text).json()",
    "from requests_cache import CachedSession": "return CachedSession(text).get(text).json()",
    "import grequests": "return [r.text for r in grequests.map([grequests.get(text)])]",
    "from diskcache import Cache": "return Cache()[text]",
    "from dogpile.cache import make_region": "return make_region().configure(text).get(text)",
    "import lancedb": "return lancedb.connect(text).open_table(text).search([1]).to_list()",
    "from arango import ArangoClient": "return list(ArangoClient().db(text).collection(text).all())",
    "from couchbase.cluster import Cluster": "return Cluster(text).bucket(text).collection(text).get(text)",
    "from keycloak import KeycloakOpenID": "return KeycloakOpenID(text, text, text).token(text, text)",
    "import wikipediaapi": "return wikipediaapi.Wikipedia(text).page(text).summary",
    "import shopify": "return shopify.Product.find(text).to_dict()",
    "from auth0.authentication import GetToken": "return GetToken(text, text).client_credentials(text)",
}
STAYS = [
    "return exchange.price_to_precision(text, 1)",
    "return Web3.to_wei(1, text)",
    "return w3.eth.contract(text)",
]
HEAD = """
import ccxt
import ccxt.async_support
import rasterio
from celery import Celery
from discord import SyncWebhook
from diffusers import StableDiffusionPipeline
from paddleocr import PaddleOCR
from web3 import Web3

celery_app = Celery("a")
exchange = ccxt.binance({})
later = ccxt.async_support.binance({})
w3 = Web3(Web3.HTTPProvider("http://x"))
pipe = StableDiffusionPipeline.from_pretrained("x").to("cpu")


@app.get("/x")
async def h(text: str):
"""


def changed(body: str) -> str:
    return migrate_main(HEAD + textwrap.indent(body, "    ") + "\n").texts["app/main.py"]


@pytest.mark.parametrize("library", BLOCKS)
def test_it_goes_to_a_thread(library: str) -> None:
    text = changed(BLOCKS[library])
    assert "run_in_threadpool(" in text


@pytest.mark.parametrize("line", BLOCKS_WHERE_IT_IS_IMPORTED)
def test_a_library_that_is_seldom_seen(line: str) -> None:
    body = textwrap.indent(BLOCKS_WHERE_IT_IS_IMPORTED[line], "    ")
    text = migrate_main(f'{line}\n\n\n@app.get("/x")\nasync def h(text: str):\n{body}\n').texts["app/main.py"]
    assert "run_in_threadpool(" in text


def test_settings_of_a_thread_go_with_what_they_are_for() -> None:
    assert "    with rasterio.Env():\n            with rasterio.open" in changed(
        BLOCKS["settings of a thread"]
    )


@pytest.mark.parametrize("body", STAYS)
def test_what_only_counts_stays(body: str) -> None:
    assert body in changed(body)


def test_the_async_exchange_is_awaited() -> None:
    assert "return await later.fetch_ticker(text)" in changed("return later.fetch_ticker(text)")


DECORATORS = {
    "from beartype import beartype": "beartype",
    "from datadog import statsd": 'statsd.timed("h")',
    "from deprecated import deprecated": 'deprecated(reason="old")',
    "from langfuse import observe": "observe()",
    "from langsmith import traceable": 'traceable(name="h")',
    "from newrelic import agent": "agent.function_trace()",
    "import stamina": "stamina.retry(on=OSError)",
    "from typeguard import typechecked": "typechecked",
}
NOT_FOR_COROUTINES = {
    "from prometheus_client import Summary": 'Summary("a", "b").time()',
    "from ratelimit import limits": "limits(calls=1, period=2)",
    "from elasticapm import capture_span": "capture_span()",
    "from cachetools import cached": "cached({})",
}


def decorated(line: str, decorator: str) -> str:
    head = f'import time\n{line}\n\n\n@app.get("/x")\n@{decorator}\n'
    return migrate_main(f"{head}def h(n: int):\n    time.sleep(n)\n    return n\n").texts["app/main.py"]


@pytest.mark.parametrize("line", DECORATORS)
def test_a_decorator_that_knows_coroutine_functions(line: str) -> None:
    assert f"@{DECORATORS[line]}\nasync def h(" in decorated(line, DECORATORS[line])


@pytest.mark.parametrize("line", NOT_FOR_COROUTINES)
def test_a_decorator_that_does_not(line: str) -> None:
    assert "\ndef h(" in decorated(line, NOT_FOR_COROUTINES[line])
