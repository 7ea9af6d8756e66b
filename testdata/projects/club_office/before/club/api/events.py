"""What the club marks as slow itself."""

from fastapi import APIRouter

from club.services.ladder import draw, rank

router = APIRouter(prefix="/events", tags=["events"])


@router.post("/ladder")
def ladder(season: int, results: list[str]):
    rank(season, results)
    return {"season": season}


@router.post("/draw")
def make_draw(season: int, names: list[str]):
    draw(season, names)
    return {"season": season}
