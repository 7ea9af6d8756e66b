"""Generators that wait for something: who may read them once they are async, and who keeps them sync."""

from __future__ import annotations

import ast

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from async_fix.codemods.async_generators.bodies import free_name
from small_projects import Migrated, migrate_main

HEAD = """
import requests
from fastapi.responses import StreamingResponse

def rows(n: int):
    for i in range(n):
        yield requests.get(f"http://rows/{i}").json()
"""
CLEANS_UP = """
import requests

def rows(n: int):
    try:
        for i in range(n):
            yield requests.get(f"http://rows/{i}").json()
    finally:
        print("closed")
"""
READS = {
    # what a handler does with rows(): what becomes of it
    "for": ("for r in rows(n):\n    print(r)", "async for r in rows(n):"),
    "for with a break": ("for r in rows(n):\n    if r:\n        break", "async for r in rows(n):"),
    "a list": ("x = [r.id for r in rows(n) if r]", "x = [r.id async for r in rows(n) if r]"),
    "a set": ("x = {r.id for r in rows(n)}", "x = {r.id async for r in rows(n)}"),
    "a dict": ("x = {r.id: r for r in rows(n)}", "x = {r.id: r async for r in rows(n)}"),
    "the inner of two": (
        "x = [r for i in (1, n) for r in rows(i)]",
        "for i in (1, n) async for r in rows(i)]",
    ),
    "list()": ("x = list(rows(n))", "x = [item async for item in rows(n)]"),
    "set()": ("x = set(rows(n))", "x = {item async for item in rows(n)}"),
    "tuple()": ("x = tuple(rows(n))", "x = tuple([item async for item in rows(n)])"),
    "sorted()": ("x = sorted(rows(n), key=len)", "x = sorted([item async for item in rows(n)], key=len)"),
    "join": ("x = ', '.join(rows(n))", "x = ', '.join([item async for item in rows(n)])"),
    "max of one": ("x = max(rows(n), default=3)", "x = max([item async for item in rows(n)], default=3)"),
    "sum of an expression": (
        "x = sum(r.total for r in rows(n) if r)",
        "x = sum([r.total async for r in rows(n) if r])",
    ),
    "list of an expression": ("x = list(r.id for r in rows(n))", "x = [r.id async for r in rows(n)]"),
    "dict of an expression": (
        "x = dict((r.id, r) for r in rows(n))",
        "x = dict([(r.id, r) async for r in rows(n)])",
    ),
    "the first": ("x = next(rows(n), None)", "x = await anext(rows(n), None)"),
    "a step that may be the last": (
        "try:\n    x = next(rows(n))\nexcept StopIteration:\n    x = None",
        "try:\n        x = await anext(rows(n))\n    except StopAsyncIteration:",
    ),
    "kept and stepped through": (
        "steps = rows(n)\nfirst = next(steps)\nx = [first, *[r for r in steps]]",
        "steps = rows(n)\n    first = await anext(steps)\n    x = [first, *[r async for r in steps]]",
    ),
    "kept under a name with its type": (
        "from collections.abc import Iterator\nsteps: Iterator[int] = rows(n)\nx = next(steps)",
        "steps: AsyncIterator[int] = rows(n)\n    x = await anext(steps)",
    ),
    "kept and closed": (
        "steps = rows(n)\nx = next(steps)\nsteps.close()",
        "    x = await anext(steps)\n    await steps.aclose()",
    ),
    "enumerate, all at once": (
        "x = dict(enumerate(rows(n)))",
        "x = dict(enumerate([item async for item in rows(n)]))",
    ),
    "map, all at once": (
        "x = sorted(map(str, rows(n)))",
        "x = sorted(map(str, [item async for item in rows(n)]))",
    ),
    "two in a chain": (
        "from itertools import chain\nx = set(chain(rows(n), rows(1)))",
        "x = set(chain([item async for item in rows(n)], [item async for item in rows(1)]))",
    ),
    "starred": ("x = [n, *rows(n)]", "x = [n, *[item async for item in rows(n)]]"),
    "a name that is taken": ("item = 3\nx = list(rows(item))", "x = [item_2 async for item_2 in rows(item)]"),
}
OTHERS = {
    # what is read in another way, or by somebody who cannot wait: words of the reason
    "zip": ("x = list(zip(rows(n), rows(n)))", "zip() reads rows() step by step"),
    "enumerate": ("for i, r in enumerate(rows(n)):\n    print(r)", "enumerate() reads rows() step by step"),
    "enumerate in what may fail": ("x = [r.id for i, r in enumerate(rows(n))]", "step by step"),
    "enumerate by who stops early": ("x = any(enumerate(rows(n)))", "step by step"),
    "map that is kept": ("x = map(str, rows(n))", "step by step"),
    "map with a function that may do anything": ("x = list(map(show, rows(n)))", "step by step"),
    "map over two": ("x = list(map(max, rows(n), rows(n)))", "step by step"),
    "a chain with what is called first": (
        "import itertools\nx = list(itertools.chain(rows(n), show(n)))",
        "step by step",
    ),
    "itertools": ("import itertools\nx = list(itertools.islice(rows(n), 2))", "step by step"),
    "unpacked": ("a, b = rows(n)", "handed on"),
    "`in`": ("x = 3 in rows(n)", "handed on"),
    "a function that takes it": ("x = show(rows(n))", "handed on"),
    "any, which stops early": ("x = any(r.late for r in rows(n))", "bit by bit"),
    "all of the items": ("x = all(rows(n))", "handed on"),
    "max of several": ("x = max(rows(n), [])", "handed on"),
    "what is called beside it": ("x = sorted(rows(n), key=show(n))", "handed on"),
    "a sum that is not the builtin": ("sum = show\nx = sum(rows(n))", "handed on"),
    "a generator expression that is kept": ("x = (r for r in rows(n))\nreturn list(x)", "bit by bit"),
    "a comprehension in another": ("x = [[r for r in rows(i)] for i in (1, 2)]", "nothing can be awaited"),
    "a lambda": ("x = lambda: [r for r in rows(n)]\nreturn x()", "nothing can be awaited"),
    "sent to": ("steps = rows(n)\nx = steps.send(None)", "handed on"),
    "thrown into": ("steps = rows(n)\nnext(steps)\nsteps.throw(ValueError)", "handed on"),
    "kept by an object": ("show.steps = rows(n)\nreturn [r for r in show.steps]", "handed on"),
    "kept and handed on": ("steps = rows(n)\nx = list(zip(steps, steps))", "step by step"),
    "kept and bound again": ("steps = rows(n)\nsteps = steps or []\nx = list(steps)", ""),
    "kept for an inner function": (
        "steps = rows(n)\ndef more():\n    return next(steps)\nreturn more()",
        "is not only what",
    ),
    "kept outside of a `try`": (
        "steps = rows(n)\ntry:\n    x = list(steps)\nexcept requests.RequestException:\n    x = []",
        "at one place and not another",
    ),
    "an end that may be something else": (
        "try:\n    x = next(rows(n))\nexcept (StopIteration, ValueError):\n    x = None",
        "StopIteration",
    ),
    "a response that a thread filters": (
        "return StreamingResponse(filter(None, rows(n)))\n\n@app.get('/all')\ndef all_rows():\n"
        "    return [r for r in rows(3)]",
        "step by step",
    ),
}
BODIES = {
    # generators that cannot be async ones: words of the reason
    "a value that is returned": "def rows(n):\n    yield fetch(n)\n    return 3\n",
    "a value that is sent": "def rows(n):\n    x = yield fetch(n)\n    print(x)\n",
    "the value of `yield from`": "def rows(n):\n    x = yield from [fetch(n)]\n    print(x)\n",
    "a lock over a yield": (
        "import threading\nlock = threading.Lock()\ndef rows(n):\n    x = fetch(n)\n    with lock:\n        yield x\n"
    ),
    "decorated by who knows what": "from decorations import mark\n@mark\ndef rows(n):\n    yield fetch(n)\n",
    "handed on as a function": "def rows(n):\n    yield fetch(n)\nMAKERS = [rows]\n",
    "a script reads it": "def rows(n):\n    yield fetch(n)\nif __name__ == '__main__':\n    print(list(rows(3)))\n",
    "a sync function reads it": "def rows(n):\n    yield fetch(n)\ndef script():\n    return list(rows(3))\n",
    "a method of a known base": (
        "import json\nclass E(json.JSONEncoder):\n    def iterencode(self, n, _one_shot=False):\n"
        "        yield fetch(n)\ndef rows(n):\n    return E().iterencode(n)\n"
    ),
    "`__iter__`": (
        "class R:\n    def __init__(self, n):\n        self.n = n\n    def __iter__(self):\n"
        "        yield fetch(self.n)\ndef rows(n):\n    return R(n)\n"
    ),
}
FETCH = 'import requests\n\ndef fetch(n):\n    return requests.get(f"http://rows/{n}").json()\n\n'


def handler(body: str, head: str = HEAD) -> Migrated:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return migrate_main(
        f"{head}\ndef show(x):\n    return x\n\n@app.get('/')\ndef show_rows(n: int):\n{lines}\n"
    )


@pytest.mark.parametrize("how", READS)
def test_it_turns_with_who_reads_it(how: str) -> None:
    body, expected = READS[how]
    done = handler(body)
    assert {"app/main.py:rows", "app/main.py:show_rows"} <= {*done.turned}
    assert expected in done.function("app/main.py", "show_rows")
    assert "yield (await http_client().get(" in done.function("app/main.py", "rows")


@pytest.mark.parametrize("how", OTHERS)
def test_it_stays_for_who_reads_it_otherwise(how: str) -> None:
    body, words = OTHERS[how]
    done = handler(body)
    assert "app/main.py:rows" not in done.turned
    assert words in done.reason("app.main:rows").text


@pytest.mark.parametrize("what", BODIES)
def test_what_no_async_generator_does(what: str) -> None:
    done = handler("return [r for r in rows(n)]", FETCH + BODIES[what])
    assert "app/main.py:rows" not in done.turned
    assert "requests.get(" in done.texts["app/main.py"]


def test_a_generator_of_generators() -> None:
    more = (
        "\ndef some() -> list:\n    return [requests.get('http://some').json()]\n"
        "\ndef more(n: int):\n    if n:\n        yield from rows(n)  # all\n"
        "    yield from some()\n    yield from requests.get('http://x').json()\n    yield from [1, 2]\n"
    )
    done = handler("return [r for r in more(n)]", HEAD + more)
    assert done.function("app/main.py", "more") == (
        "async def more(n: int):\n    if n:\n        async for item in rows(n):  # all\n            yield item\n"
        "    for item in await some():\n        yield item\n"
        "    for item in (await http_client().get('http://x')).json():\n        yield item\n"
        "    for item in [1, 2]:\n        yield item\n"
    )


def test_what_it_says_to_give_is_said_anew() -> None:
    typed = (
        "import requests\nfrom typing import Generator, Iterator\n\n"
        "def one(n: int) -> Iterator[dict]:\n    yield requests.get(f'http://{n}').json()\n\n"
        "def two(n: int) -> 'Generator[dict, None, None]':\n    yield from one(n)\n"
    )
    done = handler("return [r for r in two(n)]", typed)
    text = done.texts["app/main.py"]
    assert "from collections.abc import AsyncGenerator, AsyncIterator\n" in text
    assert "async def one(n: int) -> AsyncIterator[dict]:\n" in text
    assert "async def two(n: int) -> 'AsyncGenerator[dict, None]':\n" in text


@pytest.mark.parametrize("quote", ["", "'"])
def test_what_is_closed_is_said_to_have_a_close(quote: str) -> None:
    """An iterator has none, as far as type checkers know, and `aclosing` asks for it."""
    typed = (
        f"import requests\nfrom typing import Iterator\n\ndef one(n: int) -> {quote}Iterator[dict]{quote}:\n"
        "    try:\n        yield requests.get(f'http://{n}').json()\n    finally:\n        print(n)\n"
    )
    done = handler("for r in one(n):\n        return r", typed)
    assert "async with aclosing(one(n)) as items:" in done.texts["app/main.py"]
    head = done.function("app/main.py", "one").partition("\n")[0].replace('"', "'")
    assert head == f"async def one(n: int) -> {quote}AsyncGenerator[dict, None]{quote}:"


FAMILIES = {
    "one that gives nothing to go through": "        return None\n",
    "one that gives a list": "        return [n]\n",
}


@pytest.mark.parametrize("family", FAMILIES)
def test_methods_that_are_not_all_generators_stay(family: str) -> None:
    head = (
        f"import requests\n\nclass Base:\n    def rows(self, n):\n{FAMILIES[family]}\n"
        "class Store(Base):\n    def rows(self, n):\n        yield requests.get('http://rows').json()\n"
    )
    done = handler("return [r for r in Store().rows(n)]", head)
    assert done.turned == ["app/main.py:show_rows"]


def test_methods_that_are_all_generators_turn_together() -> None:
    head = (
        "import requests\n\nclass Base:\n    def rows(self, n):\n        yield n\n\n"
        "class Store(Base):\n    def rows(self, n):\n        yield requests.get('http://rows').json()\n\n"
        "def store(n: int) -> Base:\n    return Store() if n else Base()\n"
    )
    done = handler("return [r for r in store(n).rows(n)]", head)
    assert {"app/main.py:Base.rows", "app/main.py:Store.rows"} < {*done.turned}
    assert "[r async for r in store(n).rows(n)]" in done.function("app/main.py", "show_rows")


def test_one_that_calls_itself() -> None:
    head = (
        "import requests\n\ndef rows(n: int):\n    yield requests.get(f'http://rows/{n}').json()\n"
        "    if n:\n        yield from rows(n - 1)\n"
    )
    done = handler("return list(rows(n))", head)
    assert "        async for item in rows(n - 1):\n            yield item\n" in done.function(
        "app/main.py", "rows"
    )


def test_a_task_behind_the_response_reads_in_its_thread() -> None:
    more = (
        "\nfrom fastapi import BackgroundTasks\n\ndef count(n: int):\n    print(len(list(rows(n))))\n\n"
        "@app.get('/later')\ndef later(tasks: BackgroundTasks):\n    tasks.add_task(count, 3)\n"
    )
    done = handler("return list(rows(n))", HEAD + more)
    assert "app/main.py:rows" not in done.turned
    assert "await run_in_threadpool(lambda: list(rows(n)))" in done.function("app/main.py", "show_rows")


def test_a_response_that_threads_iterate_stays_as_it_is() -> None:
    done = handler("return StreamingResponse(rows(n))")
    assert done.turned == ["app/main.py:show_rows"]


def test_a_response_takes_it_when_others_turn_it() -> None:
    other = "\n@app.get('/all')\ndef all_rows():\n    return [r for r in rows(3)]\n"
    done = handler("return StreamingResponse(rows(n))", HEAD + other)
    assert "app/main.py:rows" in done.turned
    assert "return StreamingResponse(rows(n))\n" in done.function("app/main.py", "show_rows")


@pytest.mark.parametrize(
    ("response", "turns"),
    [
        ("class CsvStreamingResponse(StreamingResponse):\n    media_type = 'text/csv'\n", True),
        (
            "from fastapi import Response\n\nclass CsvStreamingResponse(Response):\n"
            "    def __init__(self, rows):\n        super().__init__(''.join(map(str, rows)))\n",
            False,
        ),
        (
            "class CsvStreamingResponse(StreamingResponse):\n"
            "    def __init__(self, rows):\n        super().__init__(','.join(r) for r in rows)\n",
            False,
        ),
        ("def CsvStreamingResponse(rows):\n    return list(rows)\n", False),
    ],
)
def test_a_response_is_known_by_its_class_not_its_name(response: str, turns: bool) -> None:
    other = "\n@app.get('/all')\ndef all_rows():\n    return [r for r in rows(3)]\n"
    done = handler("return CsvStreamingResponse(rows(n))", f"{HEAD}\n{response}{other}")
    assert ("app/main.py:rows" in done.turned) is turns


def test_what_needs_no_wait_stays() -> None:
    plain = "\ndef rows(n: int):\n    yield from range(n)\n"
    done = handler("return [r for r in rows(n)]", plain)
    assert done.turned == ["app/main.py:show_rows"]


def test_what_only_reads_files_is_read_in_one_thread() -> None:
    files = "\ndef rows(n: int):\n    with open('rows.txt') as f:\n        for line in f:\n            yield line\n"
    done = handler("return [r for r in rows(n)]", files)
    assert done.turned == ["app/main.py:show_rows"]
    assert "await run_in_threadpool(lambda: [r for r in rows(n)])" in done.texts["app/main.py"]


def test_one_that_cleans_up_is_read_to_its_end() -> None:
    done = handler("return list(rows(n))", CLEANS_UP)
    assert "return [item async for item in rows(n)]" in done.function("app/main.py", "show_rows")


CLOSED = {
    "a loop": (
        "for r in rows(n):\n    print(r)",
        "    async with aclosing(rows(n)) as items:\n        async for r in items:\n            print(r)\n",
    ),
    "a step": (
        "return next(rows(n), None)",
        "    async with aclosing(rows(n)) as items:\n        return await anext(items, None)\n",
    ),
    "a comprehension": (
        "x = [int(r) for r in rows(n)]",
        "    async with aclosing(rows(n)) as items:\n        x = [int(r) async for r in items]\n",
    ),
    "a sum": (
        "items = n\nreturn sum(r.total for r in rows(items))",
        "    async with aclosing(rows(items)) as items_2:\n        return sum([r.total async for r in items_2])\n",
    ),
    "another generator": (
        "def more():\n    yield from rows(n)\nfor r in more():\n    break",
        "    async with aclosing(more()) as items:\n        async for r in items:\n            break\n",
    ),
}


@pytest.mark.parametrize("how", CLOSED)
def test_one_that_cleans_up_is_closed_where_it_may_be_left(how: str) -> None:
    body, expected = CLOSED[how]
    assert expected in handler(body, CLEANS_UP).function("app/main.py", "show_rows")


@pytest.mark.parametrize(
    "body",
    [
        "if next(rows(n), None):\n    return 3",
        "while [r for r in rows(n) if r.open]:\n    n += 1",
        "return [int(r) for r in rows(show(n))]",
        "steps = rows(n)\nreturn next(steps)",
    ],
)
def test_one_that_cleans_up_is_not_left_elsewhere(body: str) -> None:
    done = handler(body, CLEANS_UP)
    assert "app/main.py:rows" not in done.turned
    assert "clean up later" in done.reason("app.main:rows").text


def test_a_stream_cleans_up_where_no_await_is_needed_that_is_cancelled() -> None:
    read = "return StreamingResponse(rows(n))\n\n@app.get('/all')\ndef all_rows():\n    return list(rows(3))"
    head = f"from fastapi.responses import StreamingResponse\n{CLEANS_UP}"
    assert "app/main.py:rows" in handler(read, head).turned
    head = head.replace("    finally:", "    except GeneratorExit:\n        raise\n    finally:")
    assert "cancelled while it cleans up" in handler(read, head).reason("app.main:rows").text


def test_a_dependency_that_others_read_too() -> None:
    more = (
        "\nfrom fastapi import Depends\n\n@app.get('/one')\ndef one(r=Depends(rows)):\n    return r\n"
        "\n@app.get('/all')\ndef all_rows():\n    return list(rows(3))\n"
    )
    done = handler("return 3", HEAD + more)
    assert "app/main.py:rows" in done.turned


def test_a_name_that_the_function_or_python_has_is_not_free() -> None:
    function = ast.parse("def f(item):\n    item_2 = item\n    return item_2\n").body[0]
    assert free_name(function) == "item_3"
    assert free_name(function, "return") == "return_2"  # of `class Return`
