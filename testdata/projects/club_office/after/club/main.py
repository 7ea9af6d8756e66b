from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from club.api import alerts, courts, events, files, invoices, members, notices
from club.domain.broker import broker
from club.errors import NoSuchMember
from club.http_client import close_http_clients
from club.settings import settings

app = FastAPI(title="Club office")
for module in (alerts, courts, events, files, invoices, members, notices):
    app.include_router(module.router)


@app.on_event("startup")
def make_folders():
    for name in ("cards", "photos", "reports", "exports"):
        (settings.data / name).mkdir(parents=True, exist_ok=True)


@app.on_event("startup")
async def start_broker() -> None:
    if not broker.is_worker_process:
        await broker.startup()


@app.on_event("shutdown")
async def stop_broker() -> None:
    if not broker.is_worker_process:
        await broker.shutdown()


@app.on_event("shutdown")
async def close_clients() -> None:
    await close_http_clients()


@app.exception_handler(NoSuchMember)
async def no_such_member(request: Request, exc: NoSuchMember):
    return JSONResponse({"detail": f"no member {exc.number}"}, status_code=404)
