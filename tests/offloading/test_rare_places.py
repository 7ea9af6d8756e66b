"""Calls in places where they seldom stand: what stands around them keeps its meaning, and its order."""

from __future__ import annotations

import textwrap

import pytest
from hop_programs import is_refused, offload
from small_projects import migrate_main

HEAD = "async def h(a, path, xs):\n"
AFTER = {
    "a generator that a loop reads": (
        """
for x in (load(y) for y in xs):
    await ask(x)
""",
        """
async for x in iterate_in_threadpool((load(y) for y in xs)):
    await ask(x)
""",
    ),
    "a generator behind enumerate": (
        """
for i, x in enumerate(load(y) for y in xs):
    await ask(x)
""",
        """
async for i, x in iterate_in_threadpool(enumerate(load(y) for y in xs)):
    await ask(x)
""",
    ),
    "a generator that is read at once": (
        """
await ask(list(enumerate(load(y) for y in xs)))
""",
        """
await ask(await run_in_threadpool(lambda: list(enumerate(load(y) for y in xs))))
""",
    ),
    "a lambda that is called at once": (
        """
await ask(reduce(lambda x, y: load(x), xs))
""",
        """
await ask(await run_in_threadpool(lambda: reduce(lambda x, y: load(x), xs)))
""",
    ),
    "a lambda of map that is read at once": (
        """
await ask(list(map(lambda x: load(x), xs)))
""",
        """
await ask(await run_in_threadpool(lambda: list(map(lambda x: load(x), xs))))
""",
    ),
    "a power of what it gives": (
        """
for x in xs:
    await ask(load(*x, **a) ** 2)
""",
        """
def run_h(x):
    return load(*x, **a)

for x in xs:
    await ask((await run_in_threadpool(run_h, x)) ** 2)
""",
    ),
    "an attribute of what it gives": (
        """
for x in xs:
    await ask(load(*x, **a).name)
""",
        """
def run_h(x):
    return load(*x, **a)

for x in xs:
    await ask((await run_in_threadpool(run_h, x)).name)
""",
    ),
    "an item of what it gives": (
        """
for x in xs:
    await ask(load(*x, **a)[0])
""",
        """
def run_h(x):
    return load(*x, **a)

for x in xs:
    await ask((await run_in_threadpool(run_h, x))[0])
""",
    ),
    "what it gives is called": (
        """
for x in xs:
    await ask(load(*x, **a)())
""",
        """
def run_h(x):
    return load(*x, **a)

for x in xs:
    await ask((await run_in_threadpool(run_h, x))())
""",
    ),
    "what it gives is multiplied": (
        """
for x in xs:
    await ask(load(*x, **a) * 2)
""",
        """
def run_h(x):
    return load(*x, **a)

for x in xs:
    await ask(await run_in_threadpool(run_h, x) * 2)
""",
    ),
    "a variable of an async comprehension": (
        """
return [load(*x, **a) async for x in ask(xs)]
""",
        """
def run_h(x):
    return load(*x, **a)

return [await run_in_threadpool(run_h, x) async for x in ask(xs)]
""",
    ),
    "an attribute of what it gives is set": (
        """
load(a).x = 1
await ask(a)
""",
        """
(await run_in_threadpool(load, a)).x = 1
await ask(a)
""",
    ),
    "what it gives is a key that is set": (
        """
await ask(a)
xs[load(a)] = await ask(a)
""",
        """
await ask(a)
xs[await run_in_threadpool(load, a)] = await ask(a)
""",
    ),
    "what it gives is a key that is deleted": (
        """
await ask(a)
del load(a)[0], xs[load(a)]
""",
        """
await ask(a)
del (await run_in_threadpool(load, a))[0], xs[await run_in_threadpool(load, a)]
""",
    ),
    "what it gives grows": (
        """
load(a)[0] += await ask(a)
""",
        """
(await run_in_threadpool(load, a))[0] += await ask(a)
""",
    ),
    "rows of what is awaited": (
        """
for x in rows(await ask(a)):
    await ask(x)
""",
        """
for x in await run_in_threadpool(rows, await ask(a)):
    await ask(x)
""",
    ),
    "rows of what it gives": (
        """
for x in load(*xs, **a).items():
    await ask(x)
""",
        """
for x in (await run_in_threadpool(lambda: load(*xs, **a))).items():
    await ask(x)
""",
    ),
    "a loop below elif": (
        """
if a:
    await ask(a)
elif path:
    for x in xs:
        await ask(load(*x, **a))
""",
        """
if a:
    await ask(a)
elif path:

    def run_h(x):
        return load(*x, **a)

    for x in xs:
        await ask(await run_in_threadpool(run_h, x))
""",
    ),
    "a negative number to start with": (
        """
n = -1
with open(path) as f:
    n = len(f.read())
await ask(n)
""",
        """
n = -1

def read_n():
    with open(path) as f:
        return len(f.read())

n = await run_in_threadpool(read_n)
await ask(n)
""",
    ),
    "an empty dictionary to start with": (
        """
found = {}
with open(path) as f:
    for line in f:
        found[line] = 1
await ask(found)
""",
        """
found = {}

def collect_found():
    with open(path) as f:
        for line in f:
            found[line] = 1

await run_in_threadpool(collect_found)
await ask(found)
""",
    ),
    "an attribute to start with": (
        """
a.n = 0
with open(path) as f:
    a.n = len(f.read())
await ask(a.n)
""",
        """
a.n = 0

def read_n():
    with open(path) as f:
        a.n = len(f.read())

await run_in_threadpool(read_n)
await ask(a.n)
""",
    ),
    "two values to start with": (
        """
n, m = 0, 1
with open(path) as f:
    n = len(f.read())
await ask(n, m)
""",
        """
n, m = 0, 1

def read_n():
    with open(path) as f:
        return len(f.read())

n = await run_in_threadpool(read_n)
await ask(n, m)
""",
    ),
    "a module that is read later": (
        """
with open(path) as f:
    import json
    load(f)
await ask(json)
""",
        """
with await run_in_threadpool(open, path) as f:
    import json
    await run_in_threadpool(load, f)
await ask(json)
""",
    ),
    "an inner function that is read later": (
        """
with open(path) as f:
    def inner():
        return 1
    load(a)
await ask(inner)
""",
        """
with await run_in_threadpool(open, path) as f:
    def inner():
        return 1
    await run_in_threadpool(load, a)
await ask(inner)
""",
    ),
    "the files of a folder": (
        """
await ask(a)
files = os.listdir(a.directory)
for x in files:
    os.remove(x)
await ask(files)
""",
        """
await ask(a)

def remove_files():
    files = os.listdir(a.directory)
    for x in files:
        os.remove(x)
    return files

files = await run_in_threadpool(remove_files)
await ask(files)
""",
    ),
    "a word in its plural": (
        """
await ask(a)
for country in xs:
    step(country)
await ask(a)
""",
        """
await ask(a)

def run_step():
    for country in xs:
        step(country)

await run_in_threadpool(run_step)
await ask(a)
""",
    ),
    "two calls in one string": (
        """
await ask(f'{load(a)} {fetch(a)}')
""",
        """
await ask(await run_in_threadpool(lambda: f'{load(a)} {fetch(a)}'))
""",
    ),
}


@pytest.mark.parametrize("place", AFTER)
def test_a_call_goes_to_a_thread_from(place: str) -> None:
    before, after = (HEAD + textwrap.indent(text.lstrip("\n"), "    ") for text in AFTER[place])
    assert offload(before).functions == after


REFUSED = {
    "a generator that is zipped and given away": (
        "    found = zip(xs, (load(y) for y in xs))\n    await ask(a)\n    return found\n",
        "runs in a generator that may be read later",
    ),
    "a lambda that somebody may keep": (
        "    await ask(retry(lambda: load(a)))\n",
        "runs in a lambda that may be called later",
    ),
    "an annotation": ("    x: load(a) = 1\n    await ask(x)\n", "stands in an annotation"),
    "a coroutine that is awaited": ("    await load(a)\n", "blocks inside a coroutine that is awaited"),
    "coroutines that are gathered": (
        "    jobs = [load(y) for y in ys]\n    jobs.append(load(a))\n    await asyncio.gather(*jobs)\n",
        "blocks inside a coroutine that is awaited",
    ),
    "a coroutine that is started": (
        "    asyncio.create_task(load(a))\n",
        "blocks inside a coroutine that is awaited",
    ),
}


def test_a_list_that_nobody_awaits_goes_to_a_thread() -> None:
    done = offload(f"{HEAD}    jobs = [load(y) for y in ys]\n    await ask(jobs)\n")
    assert "jobs = await run_in_threadpool(lambda: [load(y) for y in ys])" in done.text


@pytest.mark.parametrize("place", REFUSED)
def test_a_call_stays_in(place: str) -> None:
    body, words = REFUSED[place]
    is_refused(HEAD + body, words)


def test_what_looks_at_the_frame_it_is_called_in_stays() -> None:
    is_refused(f"{HEAD}    await ask(a)\n    return locals(a)\n", "looks at the frame", blocking=["locals"])


def test_a_generator_that_hands_on_another_stays() -> None:
    done = offload("def h(a):\n    yield from rows(a)\n")
    assert done.text == "def h(a):\n    yield from rows(a)\n"
    assert "`yield from` is not possible in an async function" in done.reason


ASKED = """
import requests

class Answer:
    def __init__(self, n):
        self.n = n

    def __bool__(self):
        return requests.post(f"http://x/{self.n}").ok

@app.get("/x")
async def h(n: int):
    return ASKS
"""


@pytest.mark.parametrize(
    ("asks", "hop"),
    [
        ("not Answer(n)", "await run_in_threadpool(lambda: not Answer(n))"),
        ("1 if Answer(n) else 2", "await run_in_threadpool(lambda: 1 if Answer(n) else 2)"),
        ("Answer(n) and 2", "await run_in_threadpool(lambda: Answer(n) and 2)"),
    ],
)
def test_an_object_is_asked_in_the_thread_that_makes_it(asks: str, hop: str) -> None:
    """It had been made there, and asked on the event loop."""
    done = migrate_main(ASKED.replace("ASKS", asks))
    assert f"    return {hop}\n" in done.function("app/main.py", "h")


CLASS_BODIES = """
from pathlib import Path

class Outside:
    text = Path("outside").read_text()

@app.get("/read")
def read():
    class Page:
        class Head:
            text = Path("head").read_text()
    return Page.Head.text

@app.get("/wait")
async def wait():
    class Page:
        text = Path("page").read_text()
    return Page.text

@app.get("/uncalled")
async def uncalled():
    class Page:
        other = Outside

        def text(self):
            return Path("page").read_text()
    return str(Page.other)
"""


def test_the_body_of_a_class_runs_where_the_class_is_made() -> None:
    """It had counted as run by nobody: a `def` handler took it along onto the event loop, unseen."""
    done = migrate_main(CLASS_BODIES)
    assert "return await run_in_threadpool(_read)" in done.function("app/main.py", "read")
    assert [each.handler for each in done.findings("AF203")] == ["GET /read", "GET /wait"]
    (stays,) = [each for each in done.findings("AF203") if each.handler == "GET /wait"]
    assert "runs in an inner function or a class" in stays.remedy_text
