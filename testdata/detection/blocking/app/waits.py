"""Waiting for time, threads, locks, queues and futures."""

import asyncio
import concurrent.futures
import multiprocessing
import queue
import threading
import time
import time as clock
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from queue import Queue
from threading import Lock, Thread
from time import sleep

from fastapi import APIRouter
from tenacity import retry, stop_after_attempt, wait_fixed

router = APIRouter()
lock = Lock()
other_lock = threading.RLock()
ready = threading.Event()
slots = threading.Semaphore(3)
jobs: Queue[str] = Queue(maxsize=10)
pool = ThreadPoolExecutor()
pause = time.sleep


def work(n: int) -> int:
    return n * n


@retry(stop=stop_after_attempt(3), wait=wait_fixed(1))
def flaky() -> int:
    sleep(0.1)  # either
    return 1


@router.get("/sleep")
async def in_sleep():
    time.sleep(1)  # blocks


@router.get("/sleep-from")
async def sleep_from():
    sleep(0.5)  # blocks


@router.get("/sleep-alias")
async def sleep_alias():
    clock.sleep(1)  # blocks


@router.get("/sleep-variable")
async def sleep_variable():
    pause(1)  # blocks


@router.get("/tenacity")
async def tenacity():
    return flaky()  # blocks


@router.get("/poll")
async def poll(n: int):
    for _ in range(n):
        if ready.is_set():
            break
        time.sleep(0.1)  # blocks
    return {}


@router.get("/acquire")
async def acquire():
    lock.acquire()  # blocks
    try:
        return await asyncio.sleep(0.1)
    finally:
        lock.release()


@router.get("/with-lock")
async def with_lock():
    with other_lock:  # blocks
        await asyncio.sleep(0.1)


@router.get("/event")
async def event():
    return ready.wait(5)  # blocks


@router.get("/semaphore")
async def semaphore():
    with slots:  # blocks
        await asyncio.sleep(0.1)


@router.get("/join")
async def join():
    thread = Thread(target=work, args=(3,))
    thread.start()
    thread.join()  # blocks


@router.get("/queue-get")
async def queue_get():
    return jobs.get()  # blocks


@router.get("/queue-put")
async def queue_put(job: str):
    jobs.put(job)  # blocks


@router.get("/queue-join")
async def queue_join():
    inbox = queue.Queue()
    inbox.join()  # blocks


@router.get("/future")
async def future():
    return pool.submit(work, 3).result()  # blocks


@router.get("/executor-map")
async def executor_map():
    with concurrent.futures.ThreadPoolExecutor(4) as executor:  # blocks
        return list(executor.map(work, range(4)))  # blocks


@router.get("/as-completed")
async def in_as_completed():
    futures = [pool.submit(work, n) for n in range(3)]
    return [done.result() for done in as_completed(futures)]  # blocks


@router.get("/wait")
async def in_wait():
    done, _ = wait([pool.submit(work, 1)])  # blocks
    return len(done)


@router.get("/run-coroutine")
async def run_coroutine():
    async def one() -> int:
        return 1

    loop = asyncio.get_running_loop()
    return asyncio.run_coroutine_threadsafe(one(), loop).result()  # blocks


@router.get("/pool")
async def process_pool():
    with multiprocessing.Pool(2) as workers:  # blocks
        return workers.map(work, range(3))  # blocks


@router.get("/process")
async def process():
    child = multiprocessing.Process(target=work, args=(1,))
    child.start()  # blocks
    child.join()  # blocks


@router.get("/input")
async def in_input():
    return input("sure? ")  # blocks
