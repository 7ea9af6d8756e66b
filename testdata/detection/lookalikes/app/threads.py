"""Code that never runs on the loop: workers, scripts, Celery tasks, module level."""

import time

import requests
from celery import Celery
from fastapi import APIRouter

router = APIRouter()
celery = Celery("shop")
START = time.time()
CONFIG = requests.get("https://config.example.com").json() if START < 0 else {}


@celery.task
def bill(order: int) -> None:
    requests.post("https://pay.example.com", json={"order": order})  # quiet
    time.sleep(1)  # quiet


def worker() -> None:
    while True:
        requests.get("https://poll.example.com")  # quiet
        time.sleep(5)  # quiet


class Crawler:
    def run(self) -> None:
        requests.get("https://crawl.example.com")  # quiet


@router.get("/config")
async def config():
    return CONFIG.get("name")  # quiet


if __name__ == "__main__":
    worker()  # quiet
    Crawler().run()  # quiet
