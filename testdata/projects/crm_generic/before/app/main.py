from fastapi import FastAPI

from app.api.api import api_router
from app.db.init_db import init_db
from app.db.session import SessionLocal

app = FastAPI(title="CRM")
app.include_router(api_router, prefix="/api/v1")


@app.on_event("startup")
def prepare() -> None:
    db = SessionLocal()
    init_db(db)
    db.close()
