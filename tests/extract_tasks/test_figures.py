"""pyplot draws step by step on one figure of the process: a task draws all of it, threads never together."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate_main

HEAD = """
import io

import matplotlib.pyplot as plt
import seaborn as sns


def chart(number: int, path: str) -> None:
    plt.bar([1], [number])
    plt.savefig(path)


"""
STEPS = "plt.figure()\nplt.plot([n])\nplt.title('a')\nplt.savefig('a.png')\nplt.close()"


def route(body: str, *, is_async: bool) -> Migrated:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    head = f"{HEAD}@app.post('/r')\n{'async ' * is_async}def r(n: int):\n"
    return migrate_main(f"{head}{lines}\n    return {{}}\n")


def tasks(done: Migrated) -> str:
    return done.texts.get("app/domain/tasks.py", "")


@pytest.mark.parametrize(
    "body",
    [
        STEPS,
        "plt.plot([n])\nplt.savefig('a.png')",
        "sns.heatmap([[n]])\nplt.savefig('a.png')",
        "chart(n, 'a.png')",
        "plt.plot([n])\nfile = io.BytesIO()\nplt.savefig(file)\nplt.close()\nsize = len(file.getvalue())",
    ],
)
def test_what_the_loop_draws_at_once_is_not_drawn_in_threads(body: str) -> None:
    done = route(body, is_async=True)
    assert done.is_unchanged
    assert any("on which threads would draw together" in reason.text for reason in done.report.refusals)


@pytest.mark.parametrize("kept", ["", "note = n + 1\n"])
def test_all_steps_of_a_picture_leave_together(kept: str) -> None:
    done = route(STEPS.replace("plt.title", f"{kept}plt.title"), is_async=False)
    assert all(f"    {step}\n" in tasks(done) for step in STEPS.splitlines())
    assert "plt." not in done.function("app/main.py", "r")


def test_a_step_that_cannot_leave_keeps_the_others() -> None:
    done = route(
        "if n:\n    plt.plot([n])\nelse:\n    return {'no': n}\nplt.savefig('a.png')", is_async=False
    )
    assert "savefig" not in tasks(done)
    assert "run_in_threadpool" in done.function("app/main.py", "r")


def test_a_function_that_draws_all_leaves_whole() -> None:
    text = tasks(route("chart(n, 'a.png')", is_async=False))
    assert "    chart(number, path)\n" in text
    assert "plt." not in text


@pytest.mark.parametrize("is_async", [False, True])
def test_a_figure_of_its_own_is_drawn_anywhere(is_async: bool) -> None:
    own = "fig, ax = plt.subplots()\nax.plot([n])\nax.set_title('a')\nfig.savefig('a.png')\nplt.close(fig)"
    done = route(own, is_async=is_async)
    assert all(f"    {step}\n" in tasks(done) for step in own.splitlines())
    answer = own.replace("'a.png'", "file").replace("fig,", "file = io.BytesIO()\nfig,", 1)
    done = route(f"{answer}\nreturn {{'size': len(file.getvalue())}}", is_async=is_async)
    body = done.function("app/main.py", "r")
    assert tasks(done) == ""
    assert body.count("run_in_threadpool") == 1
    assert "        fig, ax = plt.subplots()\n        ax.plot([n])\n" in body
