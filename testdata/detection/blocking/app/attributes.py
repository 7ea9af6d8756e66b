"""Clients behind attributes, containers, properties, descriptors and data classes."""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import SimpleNamespace
from typing import ClassVar, NamedTuple, Optional, Protocol

import httpx
import redis
import requests
from fastapi import APIRouter, FastAPI, Request

router = APIRouter()


class Gateway:
    _instance: ClassVar[Optional["Gateway"]] = None

    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
            cls._instance.http = requests.Session()
        return cls._instance

    def pay(self, amount: int) -> dict:
        return self.http.post("https://pay.example.com", json={"amount": amount}).json()


@dataclass
class Services:
    http: httpx.Client = field(default_factory=httpx.Client)
    cache: redis.Redis = field(default_factory=lambda: redis.Redis(host="cache"))


class Clients(NamedTuple):
    http: requests.Session
    cache: redis.Redis


class Lazy:
    @property
    def http(self) -> requests.Session:
        return requests.Session()

    @cached_property
    def cache(self):
        return redis.Redis.from_url("redis://cache")

    @property
    def rates(self) -> dict:
        return self.http.get("https://rates.example.com").json()


class Base:
    client: requests.Session

    def fetch(self, path: str) -> dict:
        return self.client.get(f"https://x.example.com{path}").json()


class Orders(Base):
    def __init__(self, client: requests.Session) -> None:
        self.client = client

    def all(self) -> dict:
        return super().fetch("/orders")


class Fetcher(Protocol):
    def load(self, key: str) -> bytes: ...


class WebFetcher:
    def load(self, key: str) -> bytes:
        return requests.get(f"https://files.example.com/{key}").content


class Caller:
    def __call__(self, url: str) -> str:
        return requests.get(url).text

    def __getitem__(self, key: str) -> str:
        return requests.get(f"https://files.example.com/{key}").text

    def __enter__(self) -> "Caller":
        requests.post("https://files.example.com/lock")  # either
        return self

    def __exit__(self, *exc: object) -> None:
        requests.delete("https://files.example.com/lock")  # either

    def __iter__(self):
        for page in range(3):
            yield requests.get(f"https://files.example.com/pages/{page}").text

    def __contains__(self, key: str) -> bool:
        return requests.head(f"https://files.example.com/{key}").ok


class Eager:
    def __init__(self, url: str) -> None:
        self.config = requests.get(url).json()


@lru_cache
def services() -> Services:
    return Services()


gateway = Gateway()
lazy = Lazy()
caller = Caller()
orders = Orders(requests.Session())
clients = Clients(requests.Session(), redis.Redis())
state = SimpleNamespace(http=requests.Session())
by_name = {"http": requests.Session(), "other": requests.Session()}
pool = [requests.Session(), requests.Session()]
holder = FastAPI()
holder.state.cache = redis.Redis()


@router.get("/singleton")
async def singleton():
    return gateway.pay(3)  # blocks


@router.get("/dataclass")
async def in_dataclass(url: str):
    return services().http.get(url).text  # blocks


@router.get("/dataclass-lambda")
async def dataclass_lambda(key: str):
    return services().cache.get(key)  # blocks


@router.get("/named-tuple")
async def named_tuple(url: str):
    return clients.http.get(url).text  # blocks


@router.get("/unpacked")
async def unpacked(key: str):
    _, cache = clients
    return cache.get(key)  # blocks


@router.get("/property")
async def in_property(url: str):
    return lazy.http.get(url).text  # blocks


@router.get("/cached-property")
async def in_cached_property(key: str):
    return lazy.cache.get(key)  # blocks


@router.get("/property-blocks")
async def property_blocks():
    return lazy.rates  # blocks


@router.get("/inherited")
async def inherited():
    return orders.fetch("/x")  # blocks


@router.get("/super")
async def in_super():
    return orders.all()  # blocks


def load_with(fetcher: Fetcher, key: str) -> bytes:
    return fetcher.load(key)


@router.get("/protocol")
async def protocol(key: str):
    return load_with(WebFetcher(), key)  # blocks


@router.get("/dunder-call")
async def dunder_call(url: str):
    return caller(url)  # blocks


@router.get("/dunder-getitem")
async def dunder_getitem(key: str):
    return caller[key]  # blocks


@router.get("/dunder-with")
async def dunder_with():
    with caller:  # blocks
        return {}


@router.get("/dunder-iter")
async def dunder_iter():
    return [page for page in caller]  # blocks


@router.get("/dunder-contains")
async def dunder_contains(key: str):
    return key in caller  # blocks


@router.get("/constructor")
async def constructor(url: str):
    return Eager(url).config  # blocks


@router.get("/namespace")
async def namespace(url: str):
    return state.http.get(url).text  # blocks


@router.get("/dict")
async def in_dict(url: str):
    return by_name["http"].get(url).text  # blocks


@router.get("/loop")
async def loop(url: str):
    for s in pool:
        if s.get(url).ok:  # blocks
            return True
    return False


@router.get("/app-state")
async def app_state(request: Request, key: str):
    return holder.state.cache.get(key)  # blocks
