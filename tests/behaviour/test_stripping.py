"""An oracle of another kind: with the migration taken out again, the new code is the old code, but for
functions in which an async twin or a task stands for something."""

from __future__ import annotations

import textwrap

import pytest
from async_fix.codemods.model import RemedyKind
from hypothesis import HealthCheck, Phase, given, seed, settings
from random_projects.projects import Project, projects
from small_projects import migrate
from stripping import differing

AS_IT_WAS = {RemedyKind.AWAIT, RemedyKind.OFFLOAD, RemedyKind.WHOLE_BODY, RemedyKind.LEAVE}
OLD = """
def h(x):
    a = load(x)
    for n in rows(a):
        try:
            save(n)
        finally:
            close(n, k=1)
    with opened(x) as f:
        b = f.read()
    return a + b
"""
AFTER = {
    "calls": (
        "    a = load(x)\n",
        "    a = await run_in_threadpool(load, x)\n",
    ),
    "an expression": ("    a = load(x)\n", "    a = await run_in_threadpool(lambda: load(x))\n"),
    "an iteration": ("    for n in rows(a):\n", "    async for n in iterate_in_threadpool(rows(a)):\n"),
    "keywords": ("close(n, k=1)", "await run_in_threadpool(close, n, k=1)"),
    "statements": (
        "    with opened(x) as f:\n        b = f.read()\n",
        "    def read_b():\n        with opened(x) as f:\n            return f.read()\n\n"
        "    b = await run_in_threadpool(read_b)\n",
    ),
}
BROKEN = {
    "another argument": ("    a = load(x)\n", "    a = await run_in_threadpool(load, a)\n"),
    "a keyword that is lost": ("close(n, k=1)", "await run_in_threadpool(close, n)"),
    "a call that is lost": ("            save(n)\n", "            pass\n"),
    "a call that happens twice": (
        "            save(n)\n",
        "            save(n)\n            await save(n)\n",
    ),
    "another order": ("    a = load(x)\n", "    b = 0\n    a = await load(x)\n"),
    "a finally that is lost": ("        finally:\n", "        except ValueError:\n"),
}


def changed(old: str, new: str) -> str:
    assert old in OLD
    return OLD.replace(old, new).replace("def h(", "async def h(")


@pytest.mark.parametrize("name", AFTER)
def test_what_is_only_awaited_is_the_same(name: str) -> None:
    after = changed(*AFTER[name])
    if name == "statements":  # `with` whose last statement became a `return`
        after = after.replace("            return f.read()\n", "            b = f.read()\n        return b\n")
    assert list(differing(OLD, after)) == []


def test_a_body_that_moved_is_the_same() -> None:
    body = OLD.partition("\n")[2].partition("\n")[2]
    after = f"async def h(x):\n    return await run_in_threadpool(_h, x)\n\n\ndef _h(x):\n{body}"
    assert list(differing(OLD, after)) == []


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_something_else_is_seen(name: str) -> None:
    assert [each for each, _, _ in differing(OLD, changed(*BROKEN[name]))] == ["h"]


def test_projects_at_random_are_the_same_but_for_twins_and_tasks() -> None:
    compared = 0

    @seed(5)
    @settings(
        max_examples=12,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(projects())
    def check(project: Project) -> None:
        nonlocal compared
        try:
            for path, text in project.files.items():
                compile(text, path, "exec", dont_inherit=True)
        except SyntaxError:
            return
        done = migrate(project.files)
        program, judgement = done.run.before.program, done.run.before.judgement
        remedies = {
            str(program.id(key)): {mended.remedy for mended in verdict.plan.mended}
            for key, verdict in judgement.verdicts.items()
            if verdict.plan is not None
        }
        for path in (path for path in done.old if path.endswith(".py")):
            module = path.removesuffix(".py").replace("/", ".")
            for name, old, new in differing(done.old[path], done.texts[path]):
                found = remedies.get(f"{module}:{name}", set())
                assert not found <= AS_IT_WAS, textwrap.dedent(f"{path}: {name}\n{old}\n-->\n{new}")
        compared += len(remedies)

    check()
    assert compared > 20
