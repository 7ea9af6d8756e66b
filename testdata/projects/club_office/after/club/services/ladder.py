"""Work of the club's own that takes its time."""

import time
from collections import Counter

from club.settings import settings


# async-fix: task
def rank(season: int, results: list[str]) -> None:
    points = Counter(results)
    table = [f"{name}: {count}" for name, count in sorted(points.items())]
    (settings.data / "reports" / f"ladder-{season}.txt").write_text("\n".join(table))


def draw(season: int, names: list[str]) -> None:
    (settings.data / "reports" / f"draw-{season}.txt").write_text(" - ".join(sorted(names)))
