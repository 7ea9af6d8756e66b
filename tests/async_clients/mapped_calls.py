"""The calls that become an `await` on a twin, by client: what the catalogue calls exact, on real objects.

python tests/async_clients/mapped_calls.py  # how many, by client, of the libraries that are installed; then
                                            # what else the catalogue names, and what is told of the twins
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from async_fix.codemods.async_clients import sleep, supabase
from async_fix.codemods.async_clients.http import functions, session, streams, urlopen
from async_fix.codemods.async_clients.mongo import cursors, sessions
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


def _of_the_codemods() -> dict[str, int]:
    """What the codemods list themselves, and the three classes of PyMongo."""
    mongo = ("pymongo.MongoClient", "pymongo.database.Database", "pymongo.collection.Collection")
    owners = filter(None, map(catalogue().owner, mongo))
    names = {f"{owner.name}.{name}" for owner in owners for name in owner.calls if not name.startswith("_")}
    litellm = catalogue().owner("litellm")
    assert litellm is not None
    supabase_calls = supabase.AUTH | supabase.ADMIN | supabase.BUCKET | supabase.SENDS
    return {
        "requests and httpx": len(functions.REQUESTS | functions.PLAIN | session.SESSIONS | session.CLIENTS),
        "streams of requests and httpx": len(streams.READS) + 1,
        "urlopen, and what reads its response": len(urlopen.SITES),
        "pymongo": sum(is_mapped(catalogue().find(name)) for name in names),
        "cursors and sessions of pymongo": len(cursors.AWAITED | cursors.MAKES | sessions.AWAITED),
        "pipelines of redis": len(PIPELINE),
        "locks and subscriptions of redis": sum(map(len, derived.ALLOWED.values())),
        "supabase, its queries apart": len(supabase_calls),
        "containers, blobs and downloads of Azure": sum(
            is_mapped(catalogue().find(f"{owner.name}.{word}"))
            for owner in catalogue().owners_of("azure")
            for word in owner.calls
        ),
        "pools of psycopg, and what they give": _exact("psycopg", "psycopg_pool"),
        "drivers of Neo4j, and what they give": _exact("neo4j"),
        "time.sleep": len(sleep.NAMES),
        "methods of the classes of Stripe": sum(
            is_mapped(catalogue().find(f"{owner.name}.{word}"))
            for owner in catalogue().owners_of("stripe")
            for word in owner.calls
            if owner.name in STRIPE
        ),
        "functions of litellm": sum(is_mapped(catalogue().find(f"litellm.{name}")) for name in litellm.calls),
    }


def _exact(*roots: str) -> int:
    """The calls that become others, those that give something to be entered among them."""
    owners = [owner for root in roots for owner in catalogue().owners_of(root) if owner.twin is not None]
    return sum(not word.startswith("__") for owner in owners for word in owner.exact)


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
    counts = _of_the_codemods()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for client in (*CLIENTS, REDIS):
            try:
                counts[client.cls] = len(client.paths(client.make("http://127.0.0.1:9")))
            except ImportError as error:
                print(f"{client.cls:40} {error}")
    for name, number in counts.items():
        print(f"{name:40}{number:6}")
    print(f"{'':40}{sum(counts.values()):6}\n")
    for name, number in _of_the_catalogue().items():
        print(f"{name:40}{number:6}")


if __name__ == "__main__":
    main()
