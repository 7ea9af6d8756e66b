"""The shop's HTTP application."""

import logging
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from app.api import health, orders, products, reports, users, webhooks
from app.core.clock import now
from app.core.config import settings
from app.core.errors import NotFoundError, StorageError
from app.domain.broker import broker
from app.http_client import close_http_clients

logging.basicConfig(level=settings.log_level)
logger = logging.getLogger(__name__)

FOLDERS = ("uploads", "thumbs", "avatars", "manuals", "invoices", "reports")


@asynccontextmanager
async def lifespan(app: FastAPI):
    # a fresh volume is empty: make every folder that the handlers write to
    for folder in FOLDERS:
        (settings.data_dir / folder).mkdir(parents=True, exist_ok=True)
    logger.info("%s %s started", settings.app_name, settings.version)
    if not broker.is_worker_process:
        await broker.startup()
    try:
        yield
    finally:
        if not broker.is_worker_process:
            await broker.shutdown()
    logger.info("%s stopped", settings.app_name)
    await close_http_clients()


app = FastAPI(title=settings.app_name, version=settings.version, lifespan=lifespan)

app.include_router(health.router)
app.include_router(products.router)
app.include_router(orders.router)
app.include_router(users.router)
app.include_router(reports.router)
app.include_router(webhooks.router)


@app.middleware("http")
async def add_version_header(request: Request, call_next):
    response = await call_next(request)
    response.headers["X-Shop-Version"] = settings.version
    return response


@app.exception_handler(NotFoundError)
def not_found(request: Request, exc: NotFoundError):
    return JSONResponse({"detail": str(exc)}, status_code=404)


@app.exception_handler(StorageError)
def storage_failed(request: Request, exc: StorageError):
    """Keep a trace on disk: support reads it when a customer calls."""
    line = f"{now().isoformat()} {request.method} {request.url.path} {exc}\n"
    with open(settings.data_dir / "errors.log", "a", encoding="utf-8") as log:
        log.write(line)
    return JSONResponse({"detail": str(exc)}, status_code=422)


@app.get("/")
def index():
    return {"name": settings.app_name, "docs": "/docs"}
