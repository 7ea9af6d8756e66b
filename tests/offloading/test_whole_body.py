"""Many hops, or what cannot be torn apart: the body as it is, in a function of its own, in one hop."""

from __future__ import annotations

import re

import pytest
from hop_programs import becomes, is_refused, offload
from small_projects import migrate, migrate_main

QUESTIONS = "".join(f"    if fetch(a, {n}):\n        return {n}\n" for n in range(4))


def test_up_to_three_hops_stay_in_place() -> None:
    becomes(
        """
        def h(a):
            if not load(a):
                return 1
            if not fetch(a):
                return 2
            return extract(a)
        """,
        """
        async def h(a):
            if not await run_in_threadpool(load, a):
                return 1
            if not await run_in_threadpool(fetch, a):
                return 2
            return await run_in_threadpool(extract, a)
        """,
        hops=3,
    )


def test_only_the_longest_path_counts() -> None:
    done = offload(
        """
        def h(a):
            if a == 1:
                return load(a)
            if a == 2:
                return load(a)
            if a == 3:
                return load(a)
            elif a == 4:
                return load(a)
            else:
                return load(a)
        """
    )
    assert not done.whole_body
    assert done.hops == 1


def test_four_hops_move_the_body() -> None:
    done = offload(
        'def h(a: int = 1, *, b: str = Header("")) -> int:\n    """Doc."""\n'
        f"    # first\n    note(b)\n{QUESTIONS}"
    )
    assert done.whole_body
    assert done.hops == 1
    assert done.functions == (
        'async def h(a: int = 1, *, b: str = Header("")) -> int:\n    """Doc."""\n'
        "    return await run_in_threadpool(_h, a, b=b)\n\n\n"
        f"def _h(a: int, *, b: str) -> int:\n    # first\n    note(b)\n{QUESTIONS}"
    )


def test_a_hop_per_item_moves_the_body() -> None:
    done = offload(
        """
        def h(paths):
            for path in paths:
                if load(path):
                    yield path
        """
    )
    assert not done.whole_body
    done = offload("def h(a):\n    while True:\n        x = sys._getframe()\n        load(x)\n")
    assert not done.whole_body


def test_one_inner_function_for_nearly_everything_is_the_whole_body() -> None:
    lines = "".join(f"        item.append({n})\n" for n in range(12))
    source = f"def h(items):\n    for item in items:\n{lines}        save(item)\n    return 1\n"
    assert offload(source).functions == (
        "async def h(items):\n    return await run_in_threadpool(_h, items)\n\n\n"
        + source.replace("def h", "def _h")
    )
    short = "def h(items):\n    for item in items:\n        save(item)\n    return 1\n"
    assert "    def save_items():\n" in offload(short).text


@pytest.mark.parametrize(
    ("above", "is_whole"),
    [
        ("a = str(a)", True),
        ("a = load(a)\n    if not os.path.exists(a):\n        return 0", True),
        ("if not a:\n        return 0", False),
        ("for each in a:\n        note(each)", False),
    ],
)
def test_what_is_assigned_before_one_large_function_moves_along_and_a_question_does_not(
    above: str, is_whole: bool
) -> None:
    many = "".join(f"        save({number})\n" for number in range(10))
    done = offload(f"def h(a):\n    {above}\n    with open(a) as f:\n{many}        return f.read()\n")
    assert (done.whole_body, done.hops) == (is_whole, 1)


def test_a_lambda_of_many_lines_is_the_whole_body() -> None:
    lines = "".join(f"        {n}: load(a),\n" for n in range(6))
    source = f"def h(a):\n    b = a + 1\n    return {{\n        9: b,\n{lines}    }}\n"
    done = offload(source)
    assert done.whole_body
    assert done.functions.endswith(source.replace("def h", "def _h"))
    short = "def h(a):\n    return {\n        1: load(a),\n        2: fetch(a),\n    }\n"
    assert "(\n        lambda: {\n" in offload(short).text


def test_a_method_moves_to_a_method() -> None:
    done = offload(f"class A:\n    def h(self, a):\n{QUESTIONS.replace('    ', '        ')}")
    handler = "    async def h(self, a):\n        return await run_in_threadpool(self._h, a)\n\n"
    assert handler + "    def _h(self, a):\n" in done.text


def test_the_name_of_the_sibling_is_free() -> None:
    done = offload(f"def h(a):\n{QUESTIONS}\n\ndef _h(): ...\n")
    assert "return await run_in_threadpool(_h_in_thread, a)" in done.text


@pytest.mark.parametrize("line", ["h = load(a)", "note(locals())", "note(eval('a'))"])
def test_a_body_keeps_its_variables_and_their_names(line: str) -> None:
    assert offload(f"def h(a):\n    {line}\n{QUESTIONS}").whole_body


def test_a_parameter_of_the_same_name_is_no_call_of_itself() -> None:
    assert offload(f"def h(a, h):\n    note(h)\n{QUESTIONS}").whole_body


@pytest.mark.parametrize(
    "source",
    [
        # it awaits, or will
        f"async def h(a):\n    await ask(a)\n{QUESTIONS}",
        # it names itself
        f"def h(a):\n    note(h)\n{QUESTIONS}",
        # a keyword could be taken by the pool
        f"def h(a, **rest):\n{QUESTIONS}",
        f"def h(a, *, func):\n{QUESTIONS}",
        # it looks at its own frame
        f"def h(a):\n    note(inspect.currentframe())\n{QUESTIONS}",
        f"class A(B):\n    def h(self):\n        super().h()\n{QUESTIONS.replace('    ', '        ')}",
        # it is async already and works with the running loop
        f"async def h(queue):\n    queue.put_nowait(1)\n{QUESTIONS}",
    ],
)
def test_where_the_body_cannot_move_the_calls_do(source: str) -> None:
    done = offload(source)
    assert not done.reason
    assert not done.whole_body
    assert done.hops == 4


def test_calls_that_nobody_can_tell_apart_move_as_a_whole_or_not_at_all() -> None:
    assert offload("def h(a):\n    return load(a)\n", unresolved=1).whole_body
    is_refused("def h(a):\n    return load(h)\n", "1 calls may block and cannot be told apart", unresolved=1)
    is_refused("def h(a):\n    return load(a)\n", "1 calls may block", unresolved=1, allow_whole_body=False)
    # in an async function they run on the loop already
    assert offload("async def h(a):\n    return load(a)\n", unresolved=1).hops == 1


def test_strangers_stay_together() -> None:
    assert offload("def h(a):\n    b = load(a)\n    return load(b)\n", prefer_whole_body=True).whole_body
    # one that is alone needs nobody beside it
    alone = offload('def h(a):\n    """Of a."""\n    load(a)\n    return {}\n', prefer_whole_body=True)
    assert "    await run_in_threadpool(load, a)\n    return {}\n" in alone.functions
    assert offload("def h(a):\n    for b in a:\n        load(b)\n", prefer_whole_body=True).whole_body


def test_nothing_to_do_is_no_hop() -> None:
    done = offload("def h(a):\n    return note(a)\n")
    assert done.hops == 0
    assert not done.whole_body


def test_handlers_of_one_name_keep_their_own_bodies() -> None:
    first, second = (f'@router.get("/{n}")\ndef h(a):\n{QUESTIONS}' for n in (1, 2))
    done = offload(f"class A:\n    def h(self): ...\n\n\n{first}\n\n{second}", number=2)
    assert "return await run_in_threadpool(_h_2, a)\n\n\ndef _h_2(a):" in done.text


@pytest.mark.parametrize("names", [("h", "h", "h_2"), ("h_2", "h", "h"), ("_h", "h", "h_in_thread")])
def test_the_names_of_three_handlers_are_three(names: tuple[str, ...]) -> None:
    """Else the body of one answers for another."""
    text = "".join(f'@app.get("/{n}")\ndef {name}(a):\n{QUESTIONS}\n\n' for n, name in enumerate(names))
    texts = [offload(text, number=number).text for number in range(len(names))]
    moved = [re.findall(r"run_in_threadpool\((\w+)", text) for text in texts]
    assert [len(each) for each in moved] == [1, 1, 1]
    assert len({*names, *(name for each in moved for name in each)}) == len(set(names)) + 3


def test_handlers_without_a_name_have_bodies_with_one() -> None:
    handler = '@app.get("/{path}")\ndef _(a: int):\n' + QUESTIONS.replace("fetch", "load")
    text = "from elsewhere import load\n\n\n" + "\n\n".join(handler.format(path=n) for n in "ab")
    done = migrate_main(text).texts["app/main.py"]
    assert "    return await run_in_threadpool(_handle, a)\n" in done
    assert "    return await run_in_threadpool(_handle_2, a)\n" in done
    assert done.count("async def _(a: int):\n") == 2


@pytest.mark.parametrize("read", ['scope.get("username", "anon")', 'scope["path"]', "scope.items()"])
def test_what_a_request_says_of_itself_is_read_in_its_place(read: str) -> None:
    head = "from fastapi import Request\n\n\n"
    handler = f'@app.get("/a")\ndef who(request: Request):\n    return str(request.{read})\n'
    done = migrate_main(head + handler)
    assert "async def who(request: Request):\n    return str(" in done.function("app/main.py", "who")


_KEEPS = "    def __init__(self):\n        self._h = len\n"


@pytest.mark.parametrize(
    ("api", "shop"),
    [("", "    def _h(self): ...\n"), (_KEEPS, "    pass\n"), ("", _KEEPS)],
    ids=["a method below", "an attribute", "an attribute below"],
)
def test_an_object_hides_no_body_behind_a_name_of_its_own(api: str, shop: str) -> None:
    method = "    def h(self, a: str):\n        other.check(a)\n        return other.find(a)\n"
    head = "from fastapi import FastAPI\n\nfrom app.api import Api\n\napp = FastAPI()\n\n\n"
    route = '\n\napp.add_api_route("/", Shop().h)\n'
    done = migrate(
        {
            "app/main.py": f"{head}class Shop(Api):\n{shop}{route}",
            "app/api.py": f"import other\n\n\nclass Api:\n{api}{method}",
        }
    )
    assert done.turned == ["app/api.py:Api.h"]
    assert "run_in_threadpool(self._h_in_thread, a)" in done.texts["app/api.py"]


def test_an_async_handler_moves_as_it_is_where_one_function_would_hold_all_of_it() -> None:
    lines = "".join(f"        a.append({n})\n" for n in range(12))
    failed = "    except OSError:\n        save(a)\n        return 1\n"
    body = f"    try:\n        save(a)\n{lines}        return load(a)\n{failed}"
    assert offload(f"async def h(a):\n{body}", allow_whole_body=False).functions == (
        f"async def h(a):\n    return await run_in_threadpool(_h, a)\n\n\ndef _h(a):\n{body}"
    )
    # what stands beside it runs on the loop, and stays there
    assert not offload(f"async def h(a):\n    note(a)\n{body}", allow_whole_body=False).whole_body


def test_an_async_generator_in_a_body_that_moves_awaits_what_it_does() -> None:
    """It runs on the loop, whoever makes it."""
    body = """
        async def rows():
            for n in range(3):
                time.sleep(0.01)
                yield n

        thing = acme.open(url)
        thing.one()
        x = thing.two().three()
        thing.four(x)
        for each in thing.many():
            each.go()
        return StreamingResponse(rows(), headers={"x": str(x)})
"""
    handler = f"""import time

import acme
from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse


class Api:
    def __init__(self):
        self.router = APIRouter()
        self.router.add_api_route("/rows", self.stream, methods=["GET"])

    def stream(self, url: str):{body}

app = FastAPI()
app.include_router(Api().router)
"""
    files = {"app/__init__.py": "", "app/main.py": handler}
    text = migrate(files, ("app",)).texts["app/main.py"]
    assert (
        "        return await run_in_threadpool(self._stream, url)\n\n    def _stream(self, url: str):\n"
        in text
    )
    assert body.replace("time.sleep", "await asyncio.sleep").strip("\n") in text


def test_what_blocks_in_a_coroutine_of_the_body_is_no_news_where_that_moves() -> None:
    """Its name begins with that of the function it stands in: the proof had not known it again."""
    questions = "".join(f"    if open(u).read({n}):\n        return {n}\n" for n in range(4))
    source = (
        "import os\n\n\n@app.get('/h')\ndef h(u: str):\n"
        "    async def inner():\n        return (lambda v=os.listdir(u), *a: v)()\n\n"
        f"{questions}    return inner.__name__\n"
    )
    done = migrate_main(source)
    assert "return await run_in_threadpool(_h, u)" in done.texts["app/main.py"]
