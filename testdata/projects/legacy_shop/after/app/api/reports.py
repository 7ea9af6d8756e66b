"""Reports for the back office."""

import csv
import json
import os
import subprocess
from decimal import Decimal

from fastapi import APIRouter, Depends, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, StreamingResponse

from app.api.deps import Orders, RequireKey
from app.core.clock import now
from app.core.config import settings
from app.domain.tasks import send_text_task
from app.http_client import http_client
from app.services.storage import list_reports, report_path

router = APIRouter(
    prefix="/reports", tags=["reports"], dependencies=[Depends(RequireKey("reports"))]
)


@router.get("")
async def index():
    return {"reports": await run_in_threadpool(list_reports)}


@router.get("/managers")
async def get_managers():
    return {"managers": settings.managers}


@router.post("/sales", status_code=201)
async def create_sales_report(orders: Orders):
    """One CSV line for every order of all time."""
    name = f"sales-{now():%Y-%m-%d}.csv"

    def write_rows():
        rows = 0
        with open(report_path(name), "w", newline="", encoding="utf-8") as f:
            writer = csv.writer(f)
            for order in orders.all():
                writer.writerow([order.id, order.status, order.total])
                rows += 1
        return rows

    rows = await run_in_threadpool(write_rows)
    return {"report": name, "rows": rows}


@router.post("/totals", status_code=201)
async def create_totals(orders: Orders, currency: str = "USD"):
    rates = (
        await http_client().get(
            f"{settings.supplier_url}/rates", params={"base": "EUR"}, timeout=3
        )
    ).json()["rates"]
    if currency not in rates:
        raise HTTPException(400, f"no rate for {currency}")
    rate = Decimal(str(rates[currency]))

    def write_totals():
        totals = {}
        for order in orders.all():
            value = totals.get(order.status, Decimal(0)) + order.total * rate
            totals[order.status] = value
        result = {status: f"{value:.2f}" for status, value in totals.items()}
        report_path("totals.json").write_text(json.dumps(result, indent=1))
        return result

    result = await run_in_threadpool(write_totals)
    return {"currency": currency, "totals": result}


@router.get("/totals")
async def get_totals():
    path = report_path("totals.json")

    def read_totals():
        if not os.path.exists(path):
            raise HTTPException(404, "no totals yet")
        with open(path, encoding="utf-8") as f:
            return json.load(f)

    totals = await run_in_threadpool(read_totals)
    return {"totals": totals}


@router.post("/weekly/send")
async def send_weekly(orders: Orders):
    count = len(await run_in_threadpool(orders.all))
    text = f"{count} orders in the books.\n"
    for manager in settings.managers:
        await send_text_task.kiq(manager, f"Week {now():%V}", text)
    return {"managers": len(settings.managers)}


@router.get("/{name}/sorted", response_class=PlainTextResponse)
async def get_sorted(name: str, column: int = 1):
    path = report_path(name)

    def run_sort():
        if not path.exists():
            raise HTTPException(404, "no such report")
        # sort(1) copes with files that do not fit into memory
        return subprocess.run(
            ["sort", "-t", ",", "-k", str(column), str(path)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "LC_ALL": "C"},
        )

    done = await run_in_threadpool(run_sort)
    return done.stdout


@router.get("/{name}/stream")
async def stream_report(name: str):
    path = report_path(name)
    if not await run_in_threadpool(path.exists):
        raise HTTPException(404, "no such report")

    def lines():
        with path.open(encoding="utf-8") as f:
            yield from f

    return StreamingResponse(lines(), media_type="text/csv")


@router.delete("/{name}", status_code=204)
async def delete_report(name: str):
    try:
        await run_in_threadpool(report_path(name).unlink)
    except FileNotFoundError:
        raise HTTPException(404, "no such report") from None
