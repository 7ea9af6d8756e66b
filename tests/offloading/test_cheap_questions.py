"""What costs less than a hop gets none of its own where what stands beside it goes to a thread."""

from __future__ import annotations

import pytest
from hop_programs import becomes, offload


def test_a_question_goes_along_with_what_gives_the_result() -> None:
    becomes(
        """
        def h(path):
            if not os.path.exists(path):
                raise NotFound(path)
            with open(path) as f:
                return json.load(f)
        """,
        """
        async def h(path):
            def load_file():
                if not os.path.exists(path):
                    raise NotFound(path)
                with open(path) as f:
                    return json.load(f)

            return await run_in_threadpool(load_file)
        """,
        hops=1,
    )
    becomes(
        """
        async def h(name):
            path = await ask(name)
            # none was stored yet
            if not path.exists():
                return {}
            text = path.read_text()
            return {"text": text}
        """,
        """
        async def h(name):
            path = await ask(name)

            # none was stored yet
            def read_file():
                if not path.exists():
                    return {}
                text = path.read_text()
                return {"text": text}

            return await run_in_threadpool(read_file)
        """,
        hops=1,
    )


def test_a_question_goes_along_with_what_it_decides() -> None:
    becomes(
        """
        async def h(path, note):
            if path.exists():
                path.unlink()
            await ask(note)
        """,
        """
        async def h(path, note):
            def remove_file():
                if path.exists():
                    path.unlink()

            await run_in_threadpool(remove_file)
            await ask(note)
        """,
        hops=1,
    )


@pytest.mark.parametrize(
    ("body", "hops"),
    [
        ("if not path.exists():\n        raise NotFound(path)\n    return Answer(path)", 1),
        ("if not path.exists():\n        return {}\n    note(path)\n    return load(path)", 2),
        ("if not path.exists():\n        return {}\n    await ask(path)\n    return load(path)", 2),
        ("if path.exists():\n        await ask(load(path))\n    return {}", 2),
        ("if not load(path):\n        return {}\n    return fetch(path)", 2),
    ],
    ids=["nothing beside it", "other work between", "an await between", "an await inside", "no cheap one"],
)
def test_questions_that_keep_their_hop(body: str, hops: int) -> None:
    done = offload(f"async def h(path):\n    {body}\n")
    assert "def " not in done.functions.removeprefix("async def")
    assert done.hops == hops
