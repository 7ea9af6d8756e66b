from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from club.api import alerts, courts, events, files, invoices, members, notices
from club.errors import NoSuchMember
from club.settings import settings

app = FastAPI(title="Club office")
for module in (alerts, courts, events, files, invoices, members, notices):
    app.include_router(module.router)


@app.on_event("startup")
def make_folders():
    for name in ("cards", "photos", "reports", "exports"):
        (settings.data / name).mkdir(parents=True, exist_ok=True)


@app.exception_handler(NoSuchMember)
async def no_such_member(request: Request, exc: NoSuchMember):
    return JSONResponse({"detail": f"no member {exc.number}"}, status_code=404)
