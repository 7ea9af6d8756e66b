"""Names that are put together when the code runs, of what does not block."""

import asyncio
from typing import Any

import httpx
from fastapi import APIRouter

router = APIRouter()


class Webhook:
    prefix_on = "on_"

    async def receive(self, event: dict) -> None:
        handler = getattr(self, f"on_{event['type']}", None)
        if handler is not None:
            await handler(event)  # quiet

    async def on_paid(self, event: dict) -> None:
        await asyncio.sleep(1)

    async def on_seen(self, event: dict) -> None:
        print(event)


class Formats:
    def as_json(self, rows: list) -> str:
        return ",".join(rows)

    def as_csv(self, rows: list) -> str:
        return ";".join(rows)

    def write(self, rows: list) -> None:
        with open("rows.csv", "w") as out:
            out.writelines(rows)


class Limits:
    upload_limit = 3
    export_limit = 5


@router.post("/events")
async def events(event: dict):
    await Webhook().receive(event)  # quiet


@router.get("/formats")
async def formats(name: str, rows: list):
    return getattr(Formats(), "as_" + name)(rows)  # quiet


@router.get("/limits")
async def limits(name: str):
    return getattr(Limits, f"{name}_limit")  # quiet


@router.get("/verbs")
async def verbs(verb: str):
    async with httpx.AsyncClient() as client:
        answer = await getattr(client, verb.lower())("http://other")  # quiet
    return answer.json()  # quiet


def shown(value: Any) -> str:
    return getattr(value, f"__{type(value).__name__}__", str)(value)


@router.get("/shown")
async def shown_value(number: int):
    return shown(number)  # quiet
