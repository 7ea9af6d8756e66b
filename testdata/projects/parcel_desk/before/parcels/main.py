import requests
from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import StreamingResponse

from parcels.carrier import Lease, depots, events, journeys, label, quotes, traced, watched

app = FastAPI()
DESKS = {"p1": "north"}


@app.get("/parcels/{parcel}/events")
def all_events(parcel: str):
    try:
        return [event["at"] for event in events(parcel)]
    except requests.RequestException as error:
        raise HTTPException(502, "the carrier does not answer") from error


@app.get("/parcels/{parcel}/first")
def first_event(parcel: str):
    return next(events(parcel), None)


@app.get("/parcels/{parcel}/first-two")
def first_two(parcel: str):
    steps = events(parcel)
    return [next(steps), next(steps, None)]


@app.get("/parcels/{parcel}/at/{place}")
def at(parcel: str, place: str):
    for event in events(parcel):
        if event["at"] == place:
            return event
    raise HTTPException(404)


@app.get("/journeys")
def all_journeys(parcel: list[str] = Query(default=[]), dry: bool = False):
    found = journeys(parcel)
    if dry:
        return {"km": 0}
    by_place = {}
    for event in found:
        by_place.setdefault(event["at"], []).append(event["km"])
    return {"km": sum(event["km"] for event in journeys(parcel)), "places": by_place}


@app.post("/parcels/{parcel}/wait")
def wait(parcel: str):
    seen = []
    for state in watched(parcel):
        seen.append(state)
        if state == "lost":
            raise HTTPException(409, "it is lost")
        if state == "here":
            break
    return {"seen": seen}


@app.get("/parcels/{parcel}/state")
async def state_now(parcel: str):
    return {"state": next(watched(parcel))}


@app.post("/parcels/{parcel}/claim")
def claim(parcel: str, late: bool = False):
    with Lease(parcel) as lease:
        with traced(f"claim {parcel}") as trace:
            desk = DESKS[parcel] if parcel != "p2" else None
            if desk is None:
                raise HTTPException(404, "no desk has it")
        if late:
            raise TimeoutError("swallowed by the lease")
        return {"desk": desk, "trace": trace, "asked": lease.asked}
    return {"late": True}


@app.post("/parcels/{parcel}/guess")
def guess(parcel: str):
    try:
        with traced("guess"):
            return {"desk": DESKS[parcel]}
    except KeyError:
        raise HTTPException(404, "nobody knows") from None


@app.get("/parcels/{parcel}/label")
def show_label(parcel: str):
    return StreamingResponse(label(parcel), media_type="text/plain")


@app.get("/compare")
def compare(one: str, other: str):
    return [min(pair) for pair in zip(quotes(one), quotes(other))]


@app.get("/depots")
def all_depots():
    return sorted(depots())
