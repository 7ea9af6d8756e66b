"""Results that the answer needs: waited for or polled where the user says so, and where that is sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import HEAD, PACKAGES, ROUTES, Migrated, migrate, source

WORK = """\
from io import BytesIO

from fastapi import HTTPException
from PIL import Image


def paint(number: int, name: str = "x") -> bytes:
    out = BytesIO()
    Image.new("1", (number, number)).save(out, name)
    return out.getvalue()


def count(number: int) -> int:
    return len(Image.new("1", (number, number)).tobytes())


def maybe(number: int) -> int | None:
    return Image.new("1", (number, number)).width


def found(number: int):
    return Image.new("1", (number, number))


def strict(number: int) -> int:
    if number < 0:
        raise HTTPException(422)
    return Image.new("1", (number, number)).width


def remembered(number: int) -> int:
    SIZES.append(number)
    return Image.new("1", (number, number)).width


def filled(sizes: dict[str, int]) -> int:
    sizes["width"] = Image.new("1", (3, 3)).width
    return len(sizes)


SIZES: list[int] = []
"""


def with_results(folder: Path, how: str, text: str) -> Migrated:
    routes = (
        HEAD
        + "from threading import Lock\nfrom fastapi import Depends, Response\n"
        + "from app.work import count, filled, found, maybe, paint, remembered, strict\n"
        + source(text)
    )
    return migrate(
        folder,
        {**PACKAGES, ROUTES: routes, "app/work.py": WORK, "async-fix.toml": f'results = "{how}"\n'},
    )


CARD = """
    @router.get("/cards/{number}", response_class=Response)
    def card(number: int, name: str):
        return Response(paint(number, name))
    """


def test_bytes_that_are_waited_for(tmp_path: Path) -> None:
    done = with_results(tmp_path, "wait", CARD)
    assert done.body("card") == source("""
        async def card(number: int, name: str):
            return Response(b64decode(await result_of(await paint_task.kiq(number, name))))
        """)
    assert done.tasks == source("""
        @broker.task
        def paint_task(number: int, name: str = "x") -> str:
            return b64encode(paint(number, name)).decode()
        """)
    assert "async def result_of(" in done.after["app/domain/results.py"]


def test_bytes_that_are_polled(tmp_path: Path) -> None:
    done = with_results(tmp_path, "poll", CARD)
    assert done.body("card") == source("""
        async def card(number: int, name: str):
            return accepted(await paint_task.kiq(number, name))
        """)
    assert done.body("card_result") == source("""
        async def card_result(task_id: str, number: int):
            result = await result_if_ready(task_id)
            if result is None:
                return still_running(task_id)
            return Response(b64decode(result))
        """)
    route = '@router.get("/cards/{number}/result/{task_id}", response_class=Response)\n'
    assert route + "async def card_result" in done.after[ROUTES]


def test_what_guards_the_first_endpoint_guards_the_second(tmp_path: Path) -> None:
    done = with_results(
        tmp_path,
        "poll",
        """
        def who(token: str) -> str:
            return token


        @router.post("/counts", dependencies=[Depends(who)], status_code=201)
        def counted(number: int, user: str = Depends(who)):
            total = count(number)
            return {"total": total}
        """,
    )
    assert done.body("counted_result").startswith(
        "async def counted_result(task_id: str, user: str = Depends(who)):\n"
    )
    route = '@router.get("/counts/result/{task_id}", dependencies=[Depends(who)])\n'
    assert route + "async def counted_result" in done.after[ROUTES]


STAYS = {
    "it is not asked for": ("offload", "return Response(paint(number))"),
    "its failure is handled": (
        "wait",
        "try:\n        data = paint(number)\n    except OSError:\n        data = b''\n"
        "    return Response(data)",
    ),
    "what it gives is an object": ("wait", "return {'found': bool(found(number))}"),
    "it may raise": ("wait", "return {'n': strict(number)}"),
    "it changes what only this process has": ("wait", "return {'n': remembered(number)}"),
    "it changes an argument": (
        "wait",
        "sizes = {'number': number}\n    n = filled(sizes)\n    return {'n': n, **sizes}",
    ),
    "it stands under a lock": ("wait", "with LOCK:\n        n = count(number)\n    return {'n': n}"),
    "None may be the result": ("poll", "return {'n': maybe(number)}"),
    "the answer needs more of the request": ("poll", "return Response(paint(number), media_type=kind)"),
    "something is done with it first": (
        "poll",
        "data = paint(number)\n    print(len(data))\n    return Response(data)",
    ),
    "it is one branch": (
        "poll",
        "if number:\n        return Response(paint(number))\n    return Response(b'')",
    ),
}


@pytest.mark.parametrize("why", STAYS)
def test_it_goes_to_a_thread(tmp_path: Path, why: str) -> None:
    how, body = STAYS[why]
    text = f'LOCK = Lock()\n\n\n@router.get("/x")\ndef h(number: int, kind: str = "x"):\n    {body}\n'
    done = with_results(tmp_path, how, text)
    assert "app/domain/results.py" not in done.after
    assert "run_in_threadpool" in done.body("h")
    assert any("its result is used" in told or "is used afterwards" in told for told in done.stays)
