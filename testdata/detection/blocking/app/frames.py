"""Blocking calls in frames that are not plain handlers, and through nested and decorated functions."""

import asyncio
import functools
import time
from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import requests
from fastapi import APIRouter, BackgroundTasks, Depends, Request, WebSocket
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware

router = APIRouter()


def logged(fn: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fn)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        requests.post("https://log.example.com", json={"name": fn.__name__})  # either
        return fn(*args, **kwargs)

    return wrapper


def retried(times: int):
    def decorate(fn):
        @functools.wraps(fn)
        def wrapper(*args, **kwargs):
            for attempt in range(times):
                try:
                    return fn(*args, **kwargs)
                except ConnectionError:
                    time.sleep(2**attempt)  # either
            raise ConnectionError

        return wrapper

    return decorate


@logged
def total(a: int, b: int) -> int:
    return a + b


@retried(3)
def rates() -> dict:
    return requests.get("https://rates.example.com").json()  # either


@contextmanager
def lock(name: str):
    requests.post(f"https://lock.example.com/{name}")  # either
    yield name
    requests.delete(f"https://lock.example.com/{name}")  # either


@asynccontextmanager
async def async_lock(name: str):
    requests.post(f"https://lock.example.com/{name}")  # blocks
    yield name


def pages(host: str):
    for page in range(3):
        yield requests.get(f"{host}/{page}").text  # either


async def current_user(request: Request) -> dict:
    return requests.get("https://auth.example.com/me", headers=request.headers).json()  # blocks


async def generator_dependency():
    token = requests.post("https://auth.example.com/token").text  # blocks
    yield token


class Checker:
    def __init__(self, role: str) -> None:
        self.role = role

    async def __call__(self, request: Request) -> None:
        requests.get(f"https://auth.example.com/roles/{self.role}").raise_for_status()  # blocks


class Audit(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next):
        requests.post("https://audit.example.com", json={"path": request.url.path})  # blocks
        return await call_next(request)


@router.get("/decorated")
async def decorated(a: int, b: int):
    return total(a, b)  # blocks


@router.get("/retried")
async def in_retried():
    return rates()  # blocks


@router.get("/contextmanager")
async def in_contextmanager(name: str):
    with lock(name):  # blocks
        return {}


@router.get("/asynccontextmanager")
async def in_asynccontextmanager(name: str):
    async with async_lock(name):
        return {}


@router.get("/consumed")
async def consumed(host: str):
    return list(pages(host))  # blocks


@router.get("/joined")
async def joined(host: str):
    return "".join(page for page in pages(host))  # blocks


@router.get("/user", dependencies=[Depends(Checker("admin"))])
async def user(found: dict = Depends(current_user), token: str = Depends(generator_dependency)):
    return found


@router.websocket("/socket")
async def socket(websocket: WebSocket):
    await websocket.accept()
    while True:
        url = await websocket.receive_text()
        await websocket.send_text(requests.get(url).text)  # blocks


@router.get("/nested")
async def nested(url: str):
    def load() -> str:
        return requests.get(url).text  # either

    return load()  # blocks


@router.get("/nested-async")
async def nested_async(url: str):
    async def load() -> str:
        return requests.get(url).text  # blocks

    return await asyncio.gather(load(), load())


@router.get("/stream")
async def stream(host: str):
    async def body():
        for page in range(3):
            yield requests.get(f"{host}/{page}").content  # blocks

    return StreamingResponse(body())


@router.get("/background")
async def background(tasks: BackgroundTasks):
    async def notify() -> None:
        requests.post("https://hooks.example.com")  # blocks

    tasks.add_task(notify)
    return {}


@router.get("/task")
async def create_task():
    async def poll() -> None:
        while True:
            requests.get("https://poll.example.com")  # blocks
            await asyncio.sleep(5)

    asyncio.create_task(poll())
    return {}


@router.get("/sorted")
async def in_sorted(first: str, second: str):
    def size(url: str) -> int:
        return len(requests.get(url).content)

    return sorted([first, second], key=size)  # blocks


@router.get("/default")
async def default(url: str, seen: str | None = None):
    return seen or requests.get(url).text  # blocks


@router.get("/awaited-argument")
async def awaited_argument(request: Request):
    return JSONResponse(requests.post("https://x.example.com", data=await request.body()).json())  # blocks


@router.get("/match")
async def in_match(kind: str):
    match kind:
        case "slow":
            time.sleep(1)  # blocks
        case _:
            return requests.get(f"https://x.example.com/{kind}").text  # blocks
    return ""


@router.get("/while")
async def in_while(url: str):
    while not requests.get(url).ok:  # blocks
        await asyncio.sleep(1)
    return {}
