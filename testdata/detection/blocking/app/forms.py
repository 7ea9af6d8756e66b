"""Clients and files in the forms in which larger code bases have them."""

import contextlib
import functools
import io
import json
import operator
import os
import shelve
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import anthropic
import gspread
import psycopg
import redis
import requests
from fastapi import APIRouter, BackgroundTasks, Depends, UploadFile, WebSocket
from openai import OpenAI
from psycopg.rows import dict_row
from pymongo import MongoClient
from redis.lock import Lock
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

router = APIRouter()

pool = redis.ConnectionPool.from_url(os.environ.get("REDIS_URL", "redis://cache"))
mongo = MongoClient("mongodb://store")
claude = anthropic.Anthropic()


def get_redis() -> redis.Redis:
    return redis.Redis(connection_pool=pool)


def get_users():
    return mongo["shop"]["users"]


def retrying_session() -> requests.Session:
    session = requests.Session()
    adapter = HTTPAdapter(max_retries=Retry(total=3, status_forcelist=[502, 503]))
    session.mount("https://", adapter)
    return session


@dataclass
class Settings:
    url: str = "https://api"


@dataclass
class Api:
    settings: Settings
    session: requests.Session = field(default_factory=retrying_session)

    def __getitem__(self, path: str) -> Any:
        return self.session.get(self.settings.url + path).json()

    def __call__(self, path: str) -> Any:
        return self.session.post(self.settings.url + path).json()


api = Api(Settings())


class Base:
    def load(self) -> dict:
        raise NotImplementedError


class FromFile(Base):
    def load(self) -> dict:
        return json.loads(Path("settings.json").read_text())


class FromHttp(Base):
    def load(self) -> dict:
        return requests.get("https://config").json()


SOURCES: dict[str, Base] = {"file": FromFile(), "http": FromHttp()}


@contextlib.contextmanager
def connection() -> Iterator[psycopg.Connection]:
    with psycopg.connect("postgresql://db", row_factory=dict_row) as conn:
        yield conn


@router.get("/pipeline")
async def pipeline(key: str):
    client = get_redis()
    pipe = client.pipeline()
    pipe.incr(key)
    pipe.expire(key, 60)
    return pipe.execute()  # blocks


@router.get("/script")
async def script(key: str):
    limit = get_redis().register_script("return redis.call('incr', KEYS[1])")
    return limit(keys=[key])  # blocks


@router.get("/lock-class")
async def lock_class(key: str):
    with Lock(get_redis(), key, timeout=3):  # blocks
        return key


@router.get("/injected-part")
async def injected_part(users: Annotated[Any, Depends(get_users)]):
    return users.count_documents({})  # blocks


@router.get("/named-part")
async def named_part():
    users = get_users()
    first = users.find_one({})  # blocks
    return [first, *(user["name"] for user in users.find().sort("name").limit(3))]  # blocks


@router.get("/transaction")
async def transaction():
    with mongo.start_session() as session:  # either
        with session.start_transaction():  # either
            get_users().insert_one({"a": 1}, session=session)  # blocks
    return "ok"


@router.get("/stream-with")
async def stream_with(prompt: str):
    with claude.messages.stream(model="m", max_tokens=9, messages=[]) as stream:  # blocks
        return stream.get_final_text()  # blocks


@router.get("/item")
async def item():
    return api["/users"]  # blocks


@router.get("/called")
async def called():
    return api("/users")  # blocks


@router.get("/chosen/{name}")
async def chosen(name: str):
    return SOURCES[name].load()  # blocks


@router.get("/manager")
async def manager():
    with connection() as conn:  # blocks
        return conn.execute("select 1").fetchone()  # blocks


@router.get("/itemgetter")
async def itemgetter():
    wanted = operator.itemgetter("name")
    return wanted(requests.get("https://api/users/1").json())  # blocks


@router.get("/walrus")
async def walrus(url: str):
    if (answer := requests.get(url, timeout=3)).ok:  # blocks
        return answer.json()
    return None


@router.get("/reduced")
async def reduced():
    return functools.reduce(operator.add, (requests.get(url).text for url in ("https://a", "https://b")))  # blocks


@router.get("/matched/{kind}")
async def matched(kind: str):
    match kind:
        case "size":
            return Path("data.bin").stat().st_size  # either
        case "text":
            return Path("data.txt").read_text()  # blocks
        case _:
            return None


@router.get("/starred")
async def starred(*, names: list[str]):
    first, *rest = map(get_redis().get, names)  # blocks
    return [first, rest]


@router.get("/unpacked")
async def unpacked():
    options = {"url": "https://api", "timeout": 3}
    return requests.get(**options).text  # blocks


@router.post("/spooled")
async def spooled(file: UploadFile):
    with tempfile.NamedTemporaryFile(dir=tempfile.gettempdir()) as copy:  # blocks
        copy.write(await file.read())  # blocks
        copy.flush()  # blocks
        return os.path.getsize(copy.name)  # either


@router.get("/shelf")
async def shelf(key: str):
    with shelve.open("shelf") as found:  # blocks
        return found[key]  # blocks


@router.get("/sheet")
async def sheet():
    return gspread.service_account().open("orders").sheet1.get_all_records()  # blocks


@router.websocket("/ws")
async def ws(socket_: WebSocket):
    await socket_.accept()
    chat = OpenAI().chat.completions  # either
    answer = chat.create(model="m", messages=[])  # blocks
    await socket_.send_text(answer.choices[0].message.content)


@router.get("/resolved")
async def resolved(host: str):
    return [info[4][0] for info in socket.getaddrinfo(host, 443)]  # blocks


async def publish(key: str) -> None:
    get_redis().publish("news", key)  # blocks


@router.post("/later")
async def later(key: str, tasks: BackgroundTasks):
    tasks.add_task(publish, key)
    return key


@router.get("/wrapped")
async def wrapped():
    return json.load(io.TextIOWrapper(open("settings.json", "rb")))  # blocks
