"""Runs a small program as it was and as it became, and tells what came out of both."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import redis
import requests

SDKS = (
    "Anthropic",
    "BoltDriver",
    "AzureOpenAI",
    "Elasticsearch",
    "Groq",
    "MongoClient",
    "OpenAI",
    "OpenSearch",
    "QdrantClient",
    "Together",
)


def run(
    folder: Path, texts: Mapping[str, str], name: str, *args: object, times: int = 1, loops: int = 1
) -> list[Any]:
    """What `app.routes.<name>(*args)` gives, call for call; an exception by its class and status."""
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    sys.path.insert(0, str(folder))
    _forget(folder)
    try:
        function = getattr(importlib.import_module("app.routes"), name)
        if inspect.iscoroutinefunction(function):
            return [found for _ in range(loops) for found in asyncio.run(_awaited(function, args, times))]
        return [_outcome_of(lambda: function(*args)) for _ in range(times * loops)]
    finally:
        sys.path.remove(str(folder))
        _close()
        _forget(folder)


async def _awaited(function: Any, args: tuple[object, ...], times: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(times):
        try:
            found.append(_plain(await function(*args)))
        except Exception as error:
            found.append(_told(error))
    for module, name in (
        ("app.http_client", "close_http_clients"),
        ("app.redis_clients", "close_redis_clients"),
        ("app.mongo_clients", "close_mongo_clients"),
        ("app.sdk_clients", "close_sdk_clients"),
    ):
        close = getattr(sys.modules.get(module), name, None)
        if close is not None:
            await close()
    return found


def _outcome_of(call: Any) -> Any:
    try:
        return _plain(call())
    except Exception as error:
        return _told(error)


def _told(error: Exception) -> tuple[str, object]:
    return type(error).__name__, getattr(error, "status_code", None) or str(error)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _close() -> None:
    """Sync clients that the program leaves open, as programs do."""
    for name, module in sys.modules.copy().items():
        if name.startswith("app."):
            for value in list(vars(module).values()):
                if isinstance(value, ModuleType):
                    continue  # a library, or one of the program's that has its own turn
                for client in (value, *getattr(value, "__dict__", {}).values()):
                    is_sdk = type(client).__name__ in SDKS or type(client).__module__ == "psycopg_pool.pool"
                    if is_sdk or isinstance(client, (redis.Redis, requests.Session, httpx.Client)):
                        client.close()


def _forget(folder: Path) -> None:
    if "app" in sys.modules:
        for module in [m for m in sys.modules if m == "app" or m.startswith("app.")]:
            del sys.modules[module]
    # `importlib.invalidate_caches` would look through the folders of all tests before
    for place in (folder, *folder.glob("**/")):
        sys.path_importer_cache.pop(str(place), None)
