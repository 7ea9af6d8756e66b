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


def test_settings_of_a_thread_go_with_what_they_are_for() -> None:
    assert "    with rasterio.Env():\n            with rasterio.open" in changed(
        BLOCKS["settings of a thread"]
    )


@pytest.mark.parametrize("body", STAYS)
def test_what_only_counts_stays(body: str) -> None:
    assert body in changed(body)


def test_the_async_exchange_is_awaited() -> None:
    assert "return await later.fetch_ticker(text)" in changed("return later.fetch_ticker(text)")
