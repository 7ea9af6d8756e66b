import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import httpx
from fastapi import FastAPI, HTTPException, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from parcels.carrier import Lease, depots, events, journeys, label, quotes, traced, watched
from parcels.http_client import close_http_clients


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield
    await close_http_clients()


app = FastAPI(lifespan=lifespan)
DESKS = {"p1": "north"}


@app.get("/parcels/{parcel}/events")
async def all_events(parcel: str):
    try:
        return [event["at"] async for event in events(parcel)]
    except (httpx.HTTPError, httpx.InvalidURL, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise HTTPException(502, "the carrier does not answer") from error


@app.get("/parcels/{parcel}/first")
async def first_event(parcel: str):
    return await anext(events(parcel), None)


@app.get("/parcels/{parcel}/first-two")
async def first_two(parcel: str):
    steps = events(parcel)
    return [await anext(steps), await anext(steps, None)]


@app.get("/parcels/{parcel}/at/{place}")
async def at(parcel: str, place: str):
    async for event in events(parcel):
        if event["at"] == place:
            return event
    raise HTTPException(404)


@app.get("/journeys")
async def all_journeys(parcel: list[str] = Query(default=[]), dry: bool = False):
    found = journeys(parcel)
    if dry:
        return {"km": 0}
    by_place = {}
    async for event in found:
        by_place.setdefault(event["at"], []).append(event["km"])
    return {"km": sum([event["km"] async for event in journeys(parcel)]), "places": by_place}


@app.post("/parcels/{parcel}/wait")
async def wait(parcel: str):
    seen = []
    async with aclosing(watched(parcel)) as items:
        async for state in items:
            seen.append(state)
            if state == "lost":
                raise HTTPException(409, "it is lost")
            if state == "here":
                break
    return {"seen": seen}


@app.get("/parcels/{parcel}/state")
async def state_now(parcel: str):
    async with aclosing(watched(parcel)) as items:
        return {"state": await anext(items)}


@app.post("/parcels/{parcel}/claim")
async def claim(parcel: str, late: bool = False):
    async with Lease(parcel) as lease:
        async with traced(f"claim {parcel}") as trace:
            desk = DESKS[parcel] if parcel != "p2" else None
            if desk is None:
                raise HTTPException(404, "no desk has it")
        if late:
            raise TimeoutError("swallowed by the lease")
        return {"desk": desk, "trace": trace, "asked": lease.asked}
    return {"late": True}


@app.post("/parcels/{parcel}/guess")
async def guess(parcel: str):
    try:
        async with traced("guess"):
            return {"desk": DESKS[parcel]}
    except KeyError:
        raise HTTPException(404, "nobody knows") from None


@app.get("/parcels/{parcel}/label")
async def show_label(parcel: str):
    return StreamingResponse(label(parcel), media_type="text/plain")


@app.get("/compare")
async def compare(one: str, other: str):
    return await run_in_threadpool(lambda: [min(pair) for pair in zip(quotes(one), quotes(other))])


@app.get("/depots")
async def all_depots():
    return await run_in_threadpool(lambda: sorted(depots()))
