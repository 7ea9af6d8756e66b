"""What the club marks as slow itself."""

from fastapi import APIRouter

from club.domain.tasks import draw_task, rank_task

router = APIRouter(prefix="/events", tags=["events"])


@router.post("/ladder")
async def ladder(season: int, results: list[str]):
    await rank_task.kiq(season, results)
    return {"season": season}


@router.post("/draw")
async def make_draw(season: int, names: list[str]):
    await draw_task.kiq(season, names)
    return {"season": season}
