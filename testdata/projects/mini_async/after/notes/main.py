from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from notes import settings
from notes.api import router
from notes.clients import spelling_client
from notes.domain.broker import broker
from notes.http_client import close_http_clients


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings.DATA.mkdir(parents=True, exist_ok=True)
    await broker.startup()
    async with spelling_client() as client:
        app.state.client = client
        yield
    await broker.shutdown()
    await close_http_clients()


app = FastAPI(title="Notes", lifespan=lifespan)
app.include_router(router)


@app.get("/alive")
async def alive() -> dict[str, bool]:
    return {"alive": True}
