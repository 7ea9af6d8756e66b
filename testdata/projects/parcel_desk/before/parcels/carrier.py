"""What the carrier tells, page by page and state by state."""

import time
from contextlib import contextmanager
from typing import Iterator

import requests

from parcels import settings


def events(parcel: str) -> Iterator[dict]:
    """All events of a parcel; a page is asked for when its first event is wanted."""
    page = 1
    while page:
        answer = requests.get(f"{settings.CARRIER}/events/{parcel}/{page}", timeout=5)
        answer.raise_for_status()
        found = answer.json()
        yield from found["events"]  # the oldest first
        page = found["next"]


def journeys(parcels: list[str]) -> "Iterator[dict]":
    for parcel in parcels:
        yield {"at": "desk", "km": 0}
        yield from events(parcel)


def watched(parcel: str) -> Iterator[str]:
    """The state of a parcel, again and again; the carrier watches it until nobody asks any more."""
    answer = requests.post(f"{settings.CARRIER}/watches", json={"parcel": parcel}, timeout=5)
    watch = answer.json()["id"]
    try:
        while True:
            yield requests.get(f"{settings.CARRIER}/watches/{watch}", timeout=5).json()["state"]
            time.sleep(0.01)
    finally:
        requests.delete(f"{settings.CARRIER}/watches/{watch}", timeout=5).raise_for_status()


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


@contextmanager
def traced(what: str) -> Iterator[str]:
    """The carrier wants to know what we begin, and how it ends."""
    answer = requests.post(f"{settings.CARRIER}/traces", json={"what": what}, timeout=5)
    trace = answer.json()["id"]
    end = "done"
    try:
        yield f"{what}/{trace}"
    except KeyError as missing:
        end = f"no {missing.args[0]}"
        raise
    finally:
        answer = requests.put(f"{settings.CARRIER}/traces/{trace}", json={"end": end}, timeout=5)
        answer.raise_for_status()


class Lease:
    """Nobody else claims a parcel meanwhile."""

    def __init__(self, parcel: str) -> None:
        self.url = f"{settings.CARRIER}/leases/{parcel}"
        self.asked = 0

    def __enter__(self) -> "Lease":
        while not requests.post(self.url, timeout=5).json()["granted"]:
            self.asked += 1
            time.sleep(0.01)
        return self

    def __exit__(self, kind, error, traceback) -> bool:
        requests.delete(self.url, timeout=5).raise_for_status()
        return isinstance(error, TimeoutError)


if __name__ == "__main__":
    for depot in depots():
        print(depot)
