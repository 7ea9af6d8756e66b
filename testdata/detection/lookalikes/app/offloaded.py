"""Blocking calls that run in a thread, a process or a worker already."""

import asyncio
import functools
import subprocess
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import anyio
import requests
from anyio import to_thread
from asgiref.sync import sync_to_async
from fastapi import APIRouter, BackgroundTasks
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool

router = APIRouter()
pool = ThreadPoolExecutor()
processes = ProcessPoolExecutor()


def load(url: str) -> str:
    return requests.get(url).text


def pages(host: str):
    for page in range(3):
        yield requests.get(f"{host}/{page}").text


@sync_to_async
def fetch(url: str) -> str:
    return requests.get(url).text


@router.get("/pool")
async def in_pool(url: str):
    answer = await run_in_threadpool(requests.get, url)  # quiet
    return answer.text


@router.get("/pool-function")
async def pool_function(url: str):
    return await run_in_threadpool(load, url)  # quiet


@router.get("/pool-lambda")
async def pool_lambda(url: str):
    return await run_in_threadpool(lambda: requests.get(url).text)  # quiet


@router.get("/to-thread")
async def in_to_thread(url: str):
    return (await asyncio.to_thread(requests.get, url, timeout=3)).text  # quiet


@router.get("/anyio")
async def in_anyio(url: str):
    return await anyio.to_thread.run_sync(load, url)  # quiet


@router.get("/anyio-from")
async def anyio_from(url: str):
    return await to_thread.run_sync(functools.partial(load, url=url))  # quiet


@router.get("/executor")
async def executor(url: str):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, load, url)  # quiet


@router.get("/executor-lambda")
async def executor_lambda(url: str):
    loop = asyncio.get_event_loop()
    return await loop.run_in_executor(pool, lambda: load(url))  # quiet


@router.get("/process")
async def process(url: str):
    return await asyncio.get_running_loop().run_in_executor(processes, load, url)  # quiet


@router.get("/nested")
async def nested(url: str):
    def work() -> int:
        time.sleep(1)
        return subprocess.run(["curl", url]).returncode

    return await asyncio.to_thread(work)  # quiet


@router.get("/wrapped")
async def wrapped(url: str):
    return await fetch(url)  # quiet


@router.get("/wrapped-inline")
async def wrapped_inline(url: str):
    return await sync_to_async(load)(url)  # quiet


@router.get("/background")
async def background(tasks: BackgroundTasks, url: str):
    tasks.add_task(load, url)  # quiet
    tasks.add_task(requests.post, url, json={})  # quiet
    return {}


@router.get("/stream")
async def stream(host: str):
    return StreamingResponse(pages(host))  # quiet


@router.get("/stream-local")
async def stream_local(host: str):
    def body():
        yield requests.get(host).content

    return StreamingResponse(body(), media_type="text/plain")  # quiet


@router.get("/iterate")
async def iterate(host: str):
    return [page async for page in iterate_in_threadpool(pages(host))]  # quiet


@router.get("/submit")
async def submit(url: str):
    future = pool.submit(load, url)  # quiet
    return await asyncio.wrap_future(future)  # quiet


@router.get("/thread")
async def thread(url: str):
    worker = threading.Thread(target=load, args=(url,), daemon=True)  # quiet
    worker.start()  # quiet
    return {}


@router.get("/gather")
async def gather(first: str, second: str):
    return await asyncio.gather(asyncio.to_thread(load, first), asyncio.to_thread(load, second))  # quiet
