"""Clients that FastAPI hands over: Depends in every form, request.app.state, class dependencies."""

from typing import Annotated

import httpx
import redis
import requests
from fastapi import APIRouter, Depends, Request
from minio import Minio
from pymongo import MongoClient
from pymongo.collection import Collection

from app.clients.container import Container, get_container

router = APIRouter()


def get_http():
    with httpx.Client() as client:
        yield client


def get_session() -> requests.Session:
    return requests.Session()


def get_redis():
    client = redis.Redis(host="cache", decode_responses=True)
    try:
        yield client
    finally:
        client.close()


def get_users(client: MongoClient = Depends(lambda: MongoClient("mongodb://db"))) -> Collection:
    return client["shop"]["users"]


class OrderService:
    def __init__(self, http: Annotated[requests.Session, Depends(get_session)]) -> None:
        self.http = http

    def find(self, order: int) -> dict:
        return self.http.get(f"https://orders.example.com/{order}").json()


class Repository:
    def __init__(self, http: httpx.Client = Depends(get_http)) -> None:
        self._http = http

    def load(self, key: str) -> str:
        return self._http.get(f"https://files.example.com/{key}").text


SessionDep = Annotated[requests.Session, Depends(get_session)]
RedisDep = Annotated[redis.Redis, Depends(get_redis)]


@router.get("/depends")
async def depends(url: str, session: requests.Session = Depends(get_session)):
    return session.get(url).text  # blocks


@router.get("/annotated")
async def annotated(url: str, session: Annotated[requests.Session, Depends(get_session)]):
    return session.get(url).text  # blocks


@router.get("/alias")
async def alias(url: str, session: SessionDep):
    return session.get(url).text  # blocks


@router.get("/untyped")
async def untyped(url: str, http=Depends(get_http)):
    return http.get(url).text  # blocks


@router.get("/untyped-redis")
async def untyped_redis(key: str, cache=Depends(get_redis)):
    return cache.get(key)  # blocks


@router.get("/redis-alias")
async def redis_alias(key: str, cache: RedisDep):
    cache.incr(key)  # blocks
    return {}


@router.get("/collection")
async def collection(name: str, users: Collection = Depends(get_users)):
    return users.find_one({"name": name})  # blocks


@router.get("/service")
async def service(order: int, orders: OrderService = Depends()):
    return orders.find(order)  # blocks


@router.get("/service-class")
async def service_class(order: int, orders: Annotated[OrderService, Depends(OrderService)]):
    return orders.find(order)  # blocks


@router.get("/repository")
async def repository(key: str, repo=Depends(Repository)):
    return repo.load(key)  # blocks


@router.get("/container")
async def container(url: str, box: Container = Depends(get_container)):
    return box.http.get(url).text  # blocks


@router.get("/container-method")
async def container_method(key: str, box: Container = Depends(get_container)):
    return box.storage().get_object("bucket", key).data  # blocks


@router.get("/passed-on")
async def passed_on(url: str, session: SessionDep):
    return read(session, url)  # blocks


@router.get("/passed-untyped")
async def passed_untyped(url: str):
    return read_untyped(requests.Session(), url)  # blocks


def read(session: requests.Session, url: str) -> str:
    return session.get(url).text


def read_untyped(session, url):
    return session.get(url).text


@router.get("/storage")
async def storage(request: Request, minio: Minio = Depends(lambda: Minio("files:9000"))):
    return minio.bucket_exists("reports")  # blocks
