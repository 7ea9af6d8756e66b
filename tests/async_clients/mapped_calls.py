"""The calls that become an `await` on a twin, by client: what the catalogue calls exact, on real objects.

python tests/async_clients/mapped_calls.py  # how many, by client, of the libraries that are installed, and
                                            # how many of these a test runs beside their twins; then what else
                                            # the catalogue names, and the differences that are told
"""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path as Files
from types import ModuleType
from typing import Any

from async_fix.codemods.async_clients import sleep, supabase
from async_fix.codemods.async_clients.http import urlopen
from async_fix.codemods.async_clients.http.calls import functions, requests_streams
from async_fix.codemods.async_clients.http.responses import streams
from async_fix.codemods.async_clients.http.sessions import session
from async_fix.codemods.async_clients.mongo import MAY_WAIT_AGAIN, cursors, sessions
from async_fix.codemods.async_clients.redis import derived
from async_fix.codemods.catalogue import CallForm, Catalogue, Effect, load

Path = tuple[str, ...]
"""From the client to the method: `chat`, `completions`, `create`."""

_DEEP = 5
_RAW = frozenset({"with_raw_response", "with_streaming_response"})
"""Methods that have no twin."""
_BACK = frozenset({"client", "parent", "transport"})
"""What a part of a client keeps of the client."""


@dataclass(frozen=True)
class Client:
    """The class as the catalogue names it, its twin, and how both are made for the URL of a server."""

    cls: str
    twin: str
    options: Mapping[str, Any]
    made: str = ""
    """The class that is made, where another one stands in the catalogue for it."""
    read: str = ""
    """What is done with an answer, where one that nobody reads is work for a task."""

    @property
    def library(self) -> str:
        return self.cls.rpartition(".")[0]

    def make(self, url: str) -> Any:
        return self._make(self.made or self.cls, url)

    def make_twin(self, url: str) -> Any:
        name, _, part = self.twin.partition("().")
        made = self._make(name, url)
        return getattr(made, part) if part else made

    def source(self) -> str:
        """How a program makes one."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{self.made or self.cls}({given})"

    def _make(self, name: str, url: str) -> Any:
        module, _, cls = name.rpartition(".")
        given = {key: _with_url(value, url) for key, value in self.options.items()}
        return getattr(importlib.import_module(module), cls)(**given)

    def paths(self, client: object) -> list[Path]:
        """All mapped calls of a client."""
        return sorted(_paths(client, self.cls, (), set()))

    def form_of(self, path: Path) -> str:
        return str(_entry(self.cls, path).call_form.value)

    def twin_of(self, path: Path) -> Path:
        """How the call is spelled on the twin."""
        twin = _entry(self.cls, path).twin
        assert twin is not None
        return (*path[:-1], twin.rpartition(".")[2])


@cache
def catalogue() -> Catalogue:
    return load()


def _entry(cls: str, path: Path) -> Any:
    for name in path[:-1]:
        cls = catalogue().attribute_type(cls, name) or f"{cls}.{name}"
    return catalogue().find(f"{cls}.{path[-1]}")


def _paths(found: object, cls: str, path: Path, seen: set[int]) -> Iterator[Path]:
    seen.add(id(found))
    for name in dir(found):
        if name.startswith("_") or name in _RAW or (path and name in _BACK):
            continue
        try:
            value = getattr(found, name)
        except Exception:
            continue  # what asks a server for its value, or is not set up
        known = catalogue().attribute_type(cls, name)
        if inspect.isroutine(value):
            if is_mapped(catalogue().find(f"{cls}.{name}")):
                yield (*path, name)
        elif id(value) not in seen and len(path) < _DEEP and _is_part(value, cls, known):
            yield from _paths(value, known or f"{cls}.{name}", (*path, name), seen)


def is_mapped(entry: Any) -> bool:
    return (
        entry is not None
        and entry.exact
        and entry.effect in (Effect.BLOCKING, Effect.SLOW)
        and entry.twin is not None
        and entry.call_form in (CallForm.AWAIT, CallForm.ASYNC_FOR, CallForm.AWAIT_ASYNC_FOR)
    )


def _is_part(value: object, cls: str, known: str | None) -> bool:
    """Resources of an SDK; no plain values, no modules, no classes."""
    if isinstance(value, (ModuleType, type, str, bytes, int, float, Mapping, list, tuple, set)):
        return False
    return known is not None or type(value).__module__.partition(".")[0] == cls.partition(".")[0]


def _with_url(value: Any, url: str) -> Any:
    if isinstance(value, dict):
        return {key: _with_url(item, url) for key, item in value.items()}
    return value.replace("URL", url) if isinstance(value, str) else value


_STAINLESS = {"api_key": "k", "base_url": "URL", "max_retries": 0, "timeout": 5}
_SLACK = "slack_sdk.web.async_client.AsyncWebClient", "slack_sdk.webhook.async_client.AsyncWebhookClient"
CLIENTS = (
    Client("openai.OpenAI", "openai.AsyncOpenAI", _STAINLESS),
    Client("anthropic.Anthropic", "anthropic.AsyncAnthropic", _STAINLESS),
    Client("groq.Groq", "groq.AsyncGroq", _STAINLESS),
    Client("together.Together", "together.AsyncTogether", _STAINLESS),
    Client(
        "cohere.Client",
        "cohere.AsyncClientV2",
        {"api_key": "k", "base_url": "URL", "timeout": 5},
        "cohere.ClientV2",
    ),
    Client("ollama.Client", "ollama.AsyncClient", {"host": "URL", "timeout": 5}),
    Client(
        "elevenlabs.client.ElevenLabs",
        "elevenlabs.client.AsyncElevenLabs",
        {"api_key": "k", "base_url": "URL", "timeout": 5},
    ),
    Client(
        "huggingface_hub.InferenceClient",
        "huggingface_hub.AsyncInferenceClient",
        {"base_url": "URL", "token": "k", "timeout": 5},
    ),
    Client("slack_sdk.WebClient", _SLACK[0], {"token": "k", "base_url": "URL/", "timeout": 5}, read='["ok"]'),
    Client(
        "slack_sdk.webhook.WebhookClient", _SLACK[1], {"url": "URL/hook", "timeout": 5}, read=".status_code"
    ),
    Client("notion_client.Client", "notion_client.AsyncClient", {"auth": "k", "base_url": "URL"}),
    Client(
        "elasticsearch.Elasticsearch", "elasticsearch.AsyncElasticsearch", {"hosts": "URL", "max_retries": 0}
    ),
    Client("opensearchpy.OpenSearch", "opensearchpy.AsyncOpenSearch", {"hosts": "URL", "max_retries": 0}),
    Client(
        "qdrant_client.QdrantClient",
        "qdrant_client.AsyncQdrantClient",
        {"url": "URL", "prefer_grpc": False, "check_compatibility": False},
    ),
    Client(
        "stripe.StripeClient",
        "stripe.StripeClient",
        {"api_key": "k", "base_addresses": {"api": "URL"}, "max_network_retries": 0},
    ),
    Client(
        "mistralai.Mistral",
        "mistralai.client.Mistral",
        {"api_key": "k", "server_url": "URL"},
        "mistralai.client.Mistral",
    ),
    Client(
        "google.genai.Client",
        "google.genai.Client().aio",
        {"api_key": "k", "http_options": {"base_url": "URL"}},
    ),
)
PIPELINE = frozenset({"execute", "reset", "unwatch", "watch"})
"""What is awaited of a pipeline of Redis."""
STRIPE = frozenset({"stripe.ListObject", "stripe.Resource", "stripe.SearchResultObject"})
REDIS = Client("redis.Redis", "redis.asyncio.Redis", {})
EVERY_HTTP_CALL, EVERY_STRIPE_CALL = "test_every_http_call.py", "test_stripe.py"
TAKE_ALL = frozenset({EVERY_HTTP_CALL, EVERY_STRIPE_CALL, "test_supabase.py"})
"""Tests that compare what they try with all that is mapped."""


def groups() -> dict[str, tuple[Set[str], str]]:
    """The calls that the codemods list themselves, and those of classes that no program makes by hand; and
    the test that runs each of them and its twin."""
    mongo = ("pymongo.MongoClient", "pymongo.database.Database", "pymongo.collection.Collection")
    of_supabase = supabase.AUTH | supabase.ADMIN | supabase.BUCKET | supabase.SENDS
    http = functions.REQUESTS | functions.PLAIN | session.SESSIONS | session.CLIENTS
    derived_of_redis = {f"{kind}.{word}" for kind, words in derived.ALLOWED.items() for word in words}
    return {
        "requests and httpx": (http, EVERY_HTTP_CALL),
        "streams of requests and httpx": (streams.READS | {requests_streams.READ}, "test_blocks.py"),
        "urlopen, and what reads its response": (set(urlopen.SITES), "test_urlopen.py"),
        "pymongo": (
            {name for name in _mapped_of("pymongo", *mongo) if name.rpartition(".")[2] not in MAY_WAIT_AGAIN},
            "test_every_mongo_call.py",
        ),
        "cursors and sessions of pymongo": (
            cursors.AWAITED | cursors.MAKES | sessions.AWAITED,
            "test_mongo.py",
        ),
        "pipelines of redis": (PIPELINE, "test_redis.py"),
        "locks and subscriptions of redis": (derived_of_redis, "test_redis.py"),
        "supabase, its queries apart": (of_supabase, "test_supabase.py"),
        "containers, blobs and downloads of Azure": (_mapped_of("azure"), "test_azure_blobs.py"),
        "pools of psycopg, and what they give": (_exact("psycopg", "psycopg_pool"), "test_psycopg.py"),
        "drivers of Neo4j, and what they give": (_exact("neo4j"), "test_neo4j.py"),
        "time.sleep": (set(sleep.NAMES), "test_all_are_tried.py"),
        "methods of the classes of Stripe": (_mapped_of("stripe", *STRIPE), EVERY_STRIPE_CALL),
        "functions of litellm": (_mapped_of("litellm", "litellm"), "test_module_functions.py"),
    }


def _mapped_of(root: str, *owners: str) -> set[str]:
    return {
        f"{owner.name}.{word}"
        for owner in catalogue().owners_of(root)
        if not owners or owner.name in owners
        for word in owner.calls
        if not word.startswith("_") and is_mapped(catalogue().find(f"{owner.name}.{word}"))
    }


def _exact(*roots: str) -> set[str]:
    """The calls that become others, those that give something to be entered among them."""
    owners = [owner for root in roots for owner in catalogue().owners_of(root) if owner.twin is not None]
    return {f"{owner.name}.{word}" for owner in owners for word in owner.exact if not word.startswith("__")}


def untried(group: str) -> list[str]:
    """The calls of a group whose names do not stand in the test that is to run them; a test that takes them
    from the catalogue runs all."""
    names, test = groups()[group]
    written = Files(__file__).with_name(test).read_text(encoding="utf-8")
    if test in TAKE_ALL:
        return []
    return sorted(name for name in names if not re.search(rf"\b{name.rpartition('.')[2]}\b", written))


def _of_the_catalogue() -> dict[str, int]:
    """Names in it: a class of which nothing but `*` is said counts as one."""
    owners = list(catalogue().owners())
    harmful = (Effect.BLOCKING, Effect.SLOW)
    blocking = [
        catalogue().find(f"{owner.name}.{word}")
        for owner in owners
        for word, (effect, _) in owner.calls.items()
        if effect in harmful
    ]
    return {
        "distributions that are known": len({owner.distribution for owner in owners} - {None}),
        "names of calls that block": len(blocking),
        "of these, without a twin that is exact": sum(not is_mapped(entry) for entry in blocking),
        "classes of clients that become another": sum(bool(owner.options) for owner in owners),
        "of these, with a difference that is told": sum(
            bool(owner.options) and "*" in owner.notes for owner in owners
        ),
    }


def main() -> None:
    print(f"{'':40}{'mapped':>8}{'compared':>10}  by")
    total = [0, 0]
    for group, (names, test) in groups().items():
        _row(group, len(names), len(names) - len(untried(group)), test, total)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for client in (*CLIENTS, REDIS):
            test = "test_every_redis_command.py" if client is REDIS else "test_every_call.py"
            try:
                number = len(client.paths(client.make("http://127.0.0.1:9")))
            except ImportError as error:
                print(f"{client.cls:40} {error}")
            else:
                _row(client.cls, number, number, test, total)
    print(f"{'':40}{total[0]:8}{total[1]:10}\n")
    for name, number in _of_the_catalogue().items():
        print(f"{name:40}{number:8}")
    print("\ndifferences that the catalogue states of these, beside those of HTTP, which the README names:")
    for owner in catalogue().owners():
        if (owner.exact or owner.options) and "*" in owner.notes:
            print(f"  {owner.name}: {owner.notes['*']}")


def _row(name: str, mapped: int, compared: int, test: str, total: list[int]) -> None:
    print(f"{name:40}{mapped:8}{compared:10}  {test}")
    total[:] = total[0] + mapped, total[1] + compared


if __name__ == "__main__":
    main()
