from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from library.db import create_tables
from library.routes import books, loans


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await create_tables()
    yield


app = FastAPI(title="Library", lifespan=lifespan)
app.include_router(books.router)
app.include_router(loans.router)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
