"""What the carrier tells, page by page and state by state."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Iterator

import requests

from parcels import settings
from parcels.http_client import http_client


async def events(parcel: str) -> AsyncIterator[dict]:
    """All events of a parcel; a page is asked for when its first event is wanted."""
    page = 1
    while page:
        answer = await http_client().get(f"{settings.CARRIER}/events/{parcel}/{page}", timeout=5)
        answer.raise_for_status()
        found = answer.json()
        for item in found["events"]:  # the oldest first
            yield item
        page = found["next"]


async def journeys(parcels: list[str]) -> "AsyncIterator[dict]":
    for parcel in parcels:
        yield {"at": "desk", "km": 0}
        async for item in events(parcel):
            yield item


async def watched(parcel: str) -> AsyncGenerator[str, None]:
    """The state of a parcel, again and again; the carrier watches it until nobody asks any more."""
    answer = await http_client().post(f"{settings.CARRIER}/watches", json={"parcel": parcel}, timeout=5)
    watch = answer.json()["id"]
    try:
        while True:
            yield (await http_client().get(f"{settings.CARRIER}/watches/{watch}", timeout=5)).json()["state"]
            await asyncio.sleep(0.01)
    finally:
        (await http_client().delete(f"{settings.CARRIER}/watches/{watch}", timeout=5)).raise_for_status()


def quotes(parcel: str) -> Iterator[int]:
    """Compared pair by pair, which takes a generator that is not async."""
    for speed in ("slow", "fast"):
        yield requests.get(f"{settings.CARRIER}/quotes/{parcel}/{speed}", timeout=5).json()["cents"]


def depots() -> Iterator[str]:
    """The script below reads them as well."""
    yield from requests.get(f"{settings.CARRIER}/depots", timeout=5).json()


def label(parcel: str) -> Iterator[str]:
    for line in (parcel, "handle with care"):
        time.sleep(0.01)
        yield f"{line}\n"


@asynccontextmanager
async def traced(what: str) -> AsyncIterator[str]:
    """The carrier wants to know what we begin, and how it ends."""
    answer = await http_client().post(f"{settings.CARRIER}/traces", json={"what": what}, timeout=5)
    trace = answer.json()["id"]
    end = "done"
    try:
        yield f"{what}/{trace}"
    except KeyError as missing:
        end = f"no {missing.args[0]}"
        raise
    finally:
        answer = await http_client().put(f"{settings.CARRIER}/traces/{trace}", json={"end": end}, timeout=5)
        answer.raise_for_status()


class Lease:
    """Nobody else claims a parcel meanwhile."""

    def __init__(self, parcel: str) -> None:
        self.url = f"{settings.CARRIER}/leases/{parcel}"
        self.asked = 0

    async def __aenter__(self) -> "Lease":
        while not (await http_client().post(self.url, timeout=5)).json()["granted"]:
            self.asked += 1
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, kind, error, traceback) -> bool:
        (await http_client().delete(self.url, timeout=5)).raise_for_status()
        return isinstance(error, TimeoutError)


if __name__ == "__main__":
    for depot in depots():
        print(depot)
