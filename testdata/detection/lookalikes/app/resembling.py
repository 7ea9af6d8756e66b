"""Clients and files in forms of larger code bases that wait for nothing, or elsewhere."""

import contextlib
import csv
import functools
import io
import json
import operator
import tempfile
from collections import ChainMap, UserDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, Any

import anthropic
import anyio
import pandas as pd
import psycopg
import redis
import redis.asyncio
import requests
from fastapi import APIRouter, BackgroundTasks, Depends, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from openai import OpenAI
from psycopg_pool import AsyncConnectionPool
from pymongo import AsyncMongoClient, MongoClient
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

router = APIRouter()

cache = redis.asyncio.Redis(connection_pool=redis.asyncio.ConnectionPool())
sync_cache = redis.Redis()
mongo = AsyncMongoClient("mongodb://store")
legacy = MongoClient("mongodb://store")
claude = anthropic.AsyncAnthropic()
pool = AsyncConnectionPool("postgresql://db", open=False)


async def get_redis() -> redis.asyncio.Redis:
    return cache


def get_users():
    return mongo["shop"]["users"]


class Registry(UserDict):
    """A dict of the application's own, with the methods of clients."""

    def execute(self, name: str) -> str:
        return self.data[name]

    def publish(self, name: str, value: str) -> None:
        self.data[name] = value

    def find(self, name: str) -> list[str]:
        return [key for key in self.data if name in key]


registry = Registry()


@dataclass
class Request_:
    session: dict = field(default_factory=dict)
    timeout: int = 3


class Builder:
    """Collects what is to be sent, as a pipeline does."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, ...]] = []

    def incr(self, key: str) -> "Builder":
        self.commands.append(("incr", key))
        return self

    def execute(self) -> int:
        return len(self.commands)


@contextlib.asynccontextmanager
async def connection() -> AsyncIterator[psycopg.AsyncConnection]:
    async with pool.connection() as conn:
        yield conn


@router.get("/pipeline")
async def pipeline(key: str):
    client = await get_redis()
    pipe = client.pipeline()
    pipe.incr(key)  # quiet
    pipe.expire(key, 60)  # quiet
    return await pipe.execute()  # quiet


@router.get("/builder")
async def builder(key: str):
    return Builder().incr(key).execute()  # quiet


@router.get("/script")
async def script(key: str):
    limit = cache.register_script("return 1")  # quiet
    return await limit(keys=[key])  # quiet


@router.get("/queued")
async def queued(key: str):
    pipe = sync_cache.pipeline()  # quiet
    pipe.set(key, 1)  # quiet
    return await run_in_threadpool(pipe.execute)  # quiet


@router.get("/part")
async def part(users: Annotated[Any, Depends(get_users)]):
    return await users.count_documents({})  # quiet


@router.get("/handle")
async def handle():
    users = legacy["shop"].get_collection("users")  # quiet
    return [users.name, users.full_name]  # quiet


@router.get("/found")
async def found():
    users = get_users()
    return [user["name"] async for user in users.find().sort("name").limit(3)]  # quiet


@router.get("/lazy-cursor")
async def lazy_cursor():
    cursor = legacy["shop"]["users"].find({}).sort("name").limit(3)  # quiet
    return await run_in_threadpool(list, cursor)  # quiet


@router.get("/stream")
async def stream():
    async with claude.messages.stream(model="m", max_tokens=9, messages=[]) as answer:  # quiet
        return await answer.get_final_text()  # quiet


@router.get("/manager")
async def manager():
    async with connection() as conn:  # quiet
        return await (await conn.execute("select 1")).fetchone()  # quiet


@router.get("/registry")
async def own_registry(name: str):
    registry.publish(name, "x")  # quiet
    return [registry.execute(name), registry.find(name), registry.get(name)]  # quiet


@router.get("/session")
async def session_of_request(request: Request):
    return [request.session.get("user"), Request_().session.get("user")]  # quiet


@router.get("/prepared")
async def prepared():
    adapter = HTTPAdapter(max_retries=Retry(total=3))  # quiet
    http = requests.Session()  # quiet
    http.mount("https://", adapter)  # quiet
    http.headers.update({"X-Key": "k"})  # quiet
    return await run_in_threadpool(http.get, "https://api")  # quiet


@router.get("/request-object")
async def request_object():
    return requests.Request("GET", "https://api", params={"a": 1}).prepare().url  # quiet


@router.get("/temporary")
async def temporary(name: str):
    return str(PurePosixPath(tempfile.gettempdir()) / name)  # quiet


@router.get("/in-memory")
async def in_memory():
    with io.TextIOWrapper(io.BytesIO(b"{}")) as file:  # quiet
        return json.load(file)  # quiet


@router.get("/chained")
async def chained(name: str):
    return ChainMap({"a": 1}, {"b": 2}).get(name)  # quiet


@router.get("/getter")
async def getter():
    return operator.methodcaller("get", "a")({"a": 1})  # quiet


@router.get("/bound")
async def bound(url: str):
    ask = functools.partial(requests.get, url, timeout=3)  # quiet
    return (await anyio.to_thread.run_sync(ask)).text  # quiet


@router.post("/upload")
async def upload(file: UploadFile):
    return [await file.read(10), file.filename, file.size]  # quiet


made_at_import = OpenAI()  # quiet


def words(client: OpenAI):
    for chunk in client.chat.completions.create(model="m", messages=[], stream=True):  # quiet
        yield chunk.choices[0].delta.content


@router.get("/words")
async def streamed():
    return StreamingResponse(words(OpenAI()))  # either


def clean(key: str) -> None:
    sync_cache.delete(key)  # quiet


@router.post("/later")
async def later(key: str, tasks: BackgroundTasks):
    tasks.add_task(clean, key)  # quiet
    return key


@router.post("/rows")
async def rows(file: UploadFile):
    content = await file.read()
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")  # quiet
    return list(csv.DictReader(text))  # quiet


@router.post("/table")
async def of_a_table(request: Request):
    frame = request.app.state.frame_of(1)
    row = pd.DataFrame([{"title": " a ", "day": frame}]).iloc[0]
    return [row["title"].strip(), row["day"].isoformat(), row.get("size")]  # quiet
