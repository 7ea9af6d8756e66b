from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from helpdesk.api import agents, tickets
from helpdesk.db import Base, engine
from helpdesk.services.errors import Conflict, NotFound


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    Base.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(title="Helpdesk", lifespan=lifespan)
app.include_router(agents.router)
app.include_router(tickets.router)


@app.exception_handler(NotFound)
def not_found(request: Request, error: NotFound) -> JSONResponse:
    return JSONResponse({"detail": f"no such {error.what}"}, 404)


@app.exception_handler(Conflict)
def conflict(request: Request, error: Conflict) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 409)
