"""Calls whose name is only put together when they run, or that one of several names may stand for."""

import enum
import functools
import importlib
import itertools
import operator
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from typing import Any, ClassVar, Generic, NamedTuple, TypedDict, TypeVar

import httpx
import redis
import requests
from fastapi import APIRouter, Depends

router = APIRouter()
http = requests.Session()
T = TypeVar("T")


@router.get("/verb-of-the-module")
async def verb_of_the_module(verb: str):
    return getattr(requests, verb)("http://other").text  # blocks


class Gateway:
    def __init__(self) -> None:
        self.session = httpx.Client()

    def call(self, method: str, path: str, **options: Any) -> Any:
        return getattr(self.session, method.lower())(f"http://other/{path}", **options).json()

    def orders(self) -> Any:
        return self.call("GET", "orders")


@router.get("/verb-of-a-client")
async def verb_of_a_client():
    return Gateway().orders()  # blocks


class Webhook:
    def receive(self, event: dict) -> None:
        name = "on_" + event["type"].replace(".", "_")
        handler = getattr(self, name, None)
        if handler is not None:
            handler(event)

    def on_paid(self, event: dict) -> None:
        requests.post("http://books", json=event)

    def on_seen(self, event: dict) -> None:
        print(event)


@router.post("/named-by-the-event")
async def named_by_the_event(event: dict):
    Webhook().receive(event)  # blocks


def export_csv(rows: list) -> None:
    with open("rows.csv", "w") as out:
        out.writelines(rows)


def export_json(rows: list) -> None:
    requests.put("http://store", json=rows)


@router.get("/function-named-by-the-format")
async def function_named_by_the_format(format: str, rows: list):
    globals()["export_json"](rows)  # blocks
    return importlib.import_module("requests").get("http://other").text  # blocks


SENDERS: dict[str, Callable[[str], Any]] = {"sleep": lambda text: time.sleep(1)}


def sender(name: str):
    def keep(function):
        SENDERS[name] = function
        return function

    return keep


@sender("hook")
def send_hook(text: str) -> None:
    http.post("http://hook", data=text)


@router.get("/registered")
async def registered(kind: str):
    if send := SENDERS.get(kind):
        send("a")  # blocks
    for each in SENDERS.values():
        each("b")  # blocks


class Plugin:
    known: ClassVar[dict[str, type["Plugin"]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        Plugin.known[cls.__name__] = cls

    def run(self) -> str:
        raise NotImplementedError


class Fetching(Plugin):
    def run(self) -> str:
        return requests.get("http://other").text  # either


@router.get("/plugin")
async def plugin(name: str):
    return Plugin.known[name]().run()  # blocks


@router.get("/either-of-two")
async def either_of_two(fresh: bool):
    read = requests.get if fresh else http.get
    read("http://other")  # blocks
    match fresh:
        case True:
            send = requests.post
        case _:
            send = requests.put
    return send("http://other").text  # blocks


class Kept(NamedTuple):
    http: requests.Session
    cache: redis.Redis


class Bag(TypedDict):
    http: requests.Session


def kept() -> Kept:
    return Kept(requests.Session(), redis.Redis())


def bag() -> Bag:
    return {"http": requests.Session()}


@router.get("/unpacked")
async def unpacked(deps: Kept = Depends(kept)):
    client, cache = deps
    client.get("http://other")  # blocks
    cache.get("k")  # blocks
    return bag()["http"].get("http://other").text  # blocks


class Repository(Generic[T], ABC):
    model: type[T]

    def __init__(self, cache: redis.Redis) -> None:
        self.cache = cache

    @abstractmethod
    def key(self, number: int) -> str: ...

    def load(self, number: int) -> T:
        return self.model(self.cache.get(self.key(number)))


class User:
    def __init__(self, raw: Any) -> None:
        self.raw = raw


class Users(Repository[User]):
    model = User

    def key(self, number: int) -> str:
        return f"user:{number}"


@router.get("/generic")
async def generic(number: int):
    return Users(redis.Redis()).load(number).raw  # blocks


class Forwarding:
    def __init__(self, target: Any) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


@router.get("/forwarded")
async def forwarded():
    return Forwarding(http).get("http://other").text  # blocks


def compose(*steps: Callable):
    def run(value):
        for step in steps:
            value = step(value)
        return value

    return run


def fetch(url: str) -> str:
    return requests.get(url).text


measure = compose(str.strip, fetch, len)


@router.get("/composed")
async def composed():
    measure("http://other")  # blocks
    operator.methodcaller("get", "http://other")(http)  # blocks
    [*itertools.starmap(requests.get, [("http://other",)])]  # blocks
    return functools.reduce(lambda text, url: text + fetch(url), ["http://other"], "")  # blocks


clients = defaultdict(requests.Session)


@functools.singledispatch
def render(value: Any) -> str:
    return str(value)


@render.register
def _(value: int) -> str:
    time.sleep(value)
    return "n"


class Tool:
    post = staticmethod(requests.post)
    wait = functools.partialmethod(lambda self, seconds: time.sleep(seconds), 3)


class Colour(enum.Enum):
    RED = 1

    def fetch(self) -> str:
        return requests.get(f"http://other/{self.value}").text  # either


@router.get("/rare")
async def rare(host: str, number: int):
    clients[host].get("http://other")  # blocks
    render(number)  # blocks
    Tool.post("http://other")  # blocks
    Tool().wait()  # blocks
    return Colour.RED.fetch()  # blocks


cache = redis.Redis()


@router.get("/items")
async def items(key: str):
    cache[key] = "a"  # blocks
    if key in cache:  # blocks
        return cache[key]  # blocks
    del cache["b"]  # blocks
