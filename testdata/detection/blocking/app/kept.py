"""Clients as applications keep them: singletons, providers, setters, state that is looked up by name."""

import os
import threading
from functools import cached_property, lru_cache, partial
from typing import Any, ClassVar, Protocol

import boto3
import redis
import requests
import urllib3
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient
from botocore.client import BaseClient
from dependency_injector import containers, providers
from elasticsearch import Elasticsearch, helpers
from fastapi import APIRouter, Depends, FastAPI, Request
from neo4j import GraphDatabase
from openai import OpenAI
from slack_sdk import WebClient
from together import Together

router = APIRouter()


class RedisSingleton:
    _instance: ClassVar[redis.Redis | None] = None
    _lock = threading.Lock()

    @classmethod
    def get(cls) -> redis.Redis:
        if cls._instance is None:
            pool = redis.ConnectionPool.from_url(os.environ["REDIS_URL"], max_connections=10)
            cls._instance = redis.Redis(connection_pool=pool)
        return cls._instance


class RedisPool:
    def __init__(self) -> None:
        self.pool = redis.ConnectionPool(host="cache")

    def _connection(self):
        return redis.StrictRedis(connection_pool=self.pool)

    def read(self, key: str):
        return self._connection().get(key)


pool = RedisPool()


@router.get("/singleton/{key}")
async def singleton(key: str):
    RedisSingleton.get().setex(key, 60, "1")  # blocks
    client = RedisSingleton.get()
    return [client.ttl(key), pool.read(key)]  # blocks


class Container(containers.DeclarativeContainer):
    s3 = providers.Singleton(boto3.client, "s3")
    cache = providers.Singleton(redis.Redis, host="cache")
    llm = providers.Factory(OpenAI, api_key="k")


container = Container()


@router.get("/container")
async def from_container():
    s3 = container.s3()  # either
    s3.put_object(Bucket="b", Key="k", Body=b"1")  # blocks
    container.cache().set("k", 1)  # blocks
    return container.llm().models.retrieve("m").id  # blocks


_CLIENTS: dict[str, Any] = {}


def client_for(region: str):
    if region not in _CLIENTS:
        _CLIENTS[region] = boto3.client("sqs", region_name=region)
    return _CLIENTS[region]


_redis: redis.Redis | None = None


def set_redis(client: redis.Redis) -> None:
    global _redis
    _redis = client


def current_redis() -> redis.Redis:
    if _redis is None:
        raise RuntimeError("not started")
    return _redis


@router.get("/kept")
async def kept():
    current_redis().incr("n")  # blocks
    if (cache := current_redis()) and cache.exists("k"):  # blocks
        return 1
    return 0


def get_s3(request: Request) -> BaseClient | None:
    return getattr(request.app.state, "s3", None)


def get_llm():
    return OpenAI()


@lru_cache(maxsize=1)
def get_slack() -> WebClient:
    return WebClient(token=os.environ["SLACK"])


@router.post("/injected")
async def injected(client: OpenAI = Depends(get_llm), slack: WebClient = Depends(get_slack), untyped=Depends(get_llm)):
    vector = client.embeddings.create(model="m", input="a").data[0].embedding  # blocks
    slack.users_info(user="u")  # blocks
    return [vector, untyped.moderations.create(input="a").results[0].flagged]  # blocks


class Storage(Protocol):
    def save(self, name: str, data: bytes) -> None: ...


class S3Storage:
    def __init__(self, bucket: str, client: BaseClient | None = None) -> None:
        self.bucket = boto3.resource("s3").Bucket(bucket)
        self._client = client or boto3.client("s3")

    def save(self, name: str, data: bytes) -> None:
        self._client.put_object(Bucket="b", Key=name, Body=data)

    def names(self) -> list[str]:
        return [each.key for each in self.bucket.objects.filter(Prefix="a")]


def get_storage() -> Storage:
    return S3Storage("b")


@router.post("/storage")
async def store(storage: Storage = Depends(get_storage)):
    storage.save("a", b"1")  # blocks
    return S3Storage("c").names()  # blocks


class Search:
    @cached_property
    def client(self) -> Elasticsearch:
        return Elasticsearch("http://search:9200")

    @property
    def http(self):
        return urllib3.PoolManager()


search = Search()
graph = GraphDatabase.driver("bolt://graph", auth=("u", "p"))
post = partial(requests.post, timeout=5)
together = Together()


@router.get("/search")
async def find(q: str):
    helpers.bulk(search.client, [{"_index": "a", "q": q}])  # blocks
    hits = search.client.search(index="a", query={"match": {"q": q}})["hits"]["hits"]  # blocks
    answer = search.http.request("GET", "http://other")  # blocks
    return [hits, answer.status]


@router.get("/graph")
async def related(name: str):
    with graph.session() as session:  # blocks
        found = session.run("MATCH (a {name: $name}) RETURN a", name=name)  # blocks
        return [row["a"] for row in found]  # either


@router.get("/tokens")
async def tokens():
    credential = DefaultAzureCredential()
    token = credential.get_token("https://vault.azure.net/.default").token  # blocks
    service = BlobServiceClient(account_url="https://a.blob.core.windows.net", credential=credential)
    blob = service.get_blob_client("container", "blob")
    blob.upload_blob(b"1", overwrite=True)  # blocks
    post("http://hook", json={"t": token})  # blocks
    return together.chat.completions.create(model="m", messages=[])  # blocks


def create_app() -> FastAPI:
    app = FastAPI()
    app.state.cache = redis.Redis()
    app.include_router(router)

    @app.get("/inner")
    async def inner(request: Request):
        return request.app.state.cache.get("k")  # blocks

    return app
