"""A shop whose API and Celery worker share one sync database."""

from __future__ import annotations

from collections.abc import Mapping

from shop import CRUD, DB, MODELS, ORDERS, USERS
from small_projects import Migrated, migrate

WORKER = """
from celery import Celery

from app import crud
from app.db import SessionLocal

celery = Celery("shop", broker="memory://")
celery.conf.update(task_always_eager=True)


@celery.task(name="shop.work")
def work(order_id: int) -> str:
    with SessionLocal() as db:
        order = crud.get_order(db, order_id)
        order.owner.name += "!"
        db.commit()
        return order.owner.name
"""
MAIN = """
from fastapi import FastAPI

from app import orders, users
from app.db import Base, engine
from app.worker import work

Base.metadata.create_all(bind=engine)
app = FastAPI()
app.include_router(users.router)
app.include_router(orders.router)


@app.post("/orders/{order_id}/work")
def start(order_id: int):
    work.delay(order_id)
"""
FILES = {
    "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\ncelery\n",
    "app/__init__.py": "",
    "app/db.py": DB,
    "app/models.py": MODELS,
    "app/crud.py": CRUD,
    "app/users.py": USERS,
    "app/orders.py": ORDERS,
    "app/worker.py": WORKER,
    "app/main.py": MAIN,
}


def workshop(more: Mapping[str, str] | None = None, **changed: str) -> Migrated:
    """The shop after a run over all of it; keywords are modules of `app` with another text."""
    own = {f"app/{name}.py": text for name, text in changed.items()}
    return migrate({**FILES, **own, **(more or {})}, ("app",))
