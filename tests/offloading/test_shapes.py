"""One blocking call, expression or block -> the form it takes in the thread pool."""

from __future__ import annotations

import pytest
from hop_programs import becomes, offload


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("shutil.copy(a, dst=b)", "await run_in_threadpool(shutil.copy, a, dst=b)"),
        ("gateway.charge(a)", "await run_in_threadpool(gateway.charge, a)"),
        ("step()", "await run_in_threadpool(step)"),
        ("fetch(*a)", "await run_in_threadpool(fetch, *a)"),
        ("return load(a)['k']", "return (await run_in_threadpool(load, a))['k']"),
        ("return load(a).name", "return (await run_in_threadpool(load, a)).name"),
        ("return load(a)()", "return (await run_in_threadpool(load, a))()"),
        ("return load(a) ** 2", "return (await run_in_threadpool(load, a)) ** 2"),
        ("return -load(a)", "return -await run_in_threadpool(load, a)"),
        ("return not load(a)", "return not await run_in_threadpool(load, a)"),
        ("return sorted(os.listdir(a))", "return sorted(await run_in_threadpool(os.listdir, a))"),
        ("return f'{load(a)} of {b}'", "return f'{await run_in_threadpool(load, a)} of {b}'"),
        ("return {'a': load(a), 'b': b}", "return {'a': await run_in_threadpool(load, a), 'b': b}"),
        ("c = (n := load(a)) + n", "c = (n := await run_in_threadpool(load, a)) + n"),
        ("a.b = load(a)", "a.b = await run_in_threadpool(load, a)"),
        ("a[load(b)] = 1", "a[await run_in_threadpool(load, b)] = 1"),
        ("assert load(a), b", "assert await run_in_threadpool(load, a), b"),
        ("raise ValueError(load(a))", "raise ValueError(await run_in_threadpool(load, a))"),
        ("return lambda: 1 if load(a) else 2", ""),
        # several of one expression: one hop
        ("return f(open(a).read())", "return f(await run_in_threadpool(lambda: open(a).read()))"),
        ("json.loads(open(a).read())", "await run_in_threadpool(lambda: json.loads(open(a).read()))"),
        ("return load(a) + load(b)", "return await run_in_threadpool(lambda: load(a) + load(b))"),
        ("return load(fetch(a))", "return await run_in_threadpool(lambda: load(fetch(a)))"),
        ("return [load(x) for x in a]", "return await run_in_threadpool(lambda: [load(x) for x in a])"),
        ("return sum(load(x) for x in a)", "return await run_in_threadpool(lambda: sum(load(x) for x in a))"),
        (
            "[b for b in map(f, (load(x) for x in a))]",
            "await run_in_threadpool(lambda: [b for b in map(f, (load(x) for x in a))])",
        ),
        ("{*(load(x) for x in a)}", "await run_in_threadpool(lambda: {*(load(x) for x in a)})"),
        ("f([*a, *(load(x) for x in a)])", "f(await run_in_threadpool(lambda: [*a, *(load(x) for x in a)]))"),
        ("writerows(load(x) for x in a)", "await run_in_threadpool(lambda: writerows(load(x) for x in a))"),
        ("max(a, key=lambda x: load(x))", "await run_in_threadpool(lambda: max(a, key=lambda x: load(x)))"),
        ("return [x for x in os.listdir(a)]", "return [x for x in await run_in_threadpool(os.listdir, a)]"),
        # a keyword that the thread pool would take for itself
        ("return load(a, func=b)", "return await run_in_threadpool(lambda: load(a, func=b))"),
        ("return load(a, **b)", "return await run_in_threadpool(lambda: load(a, **b))"),
    ],
)  # fmt: skip
def test_one_line(line: str, expected: str) -> None:
    done = offload(f"def h(a, b):\n    {line}\n", line_length=None, allow_whole_body=False)
    if expected:
        assert done.functions == f"async def h(a, b):\n    {expected}\n"
        assert done.hops == 1
    else:
        assert done.reason


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("return (load(x) for x in a)", "in a generator that may be read later"),
        ("return (x for x in (load(y) for y in a))", "in a generator that may be read later"),
        ("return await ask(*(load(x) for x in a))", "in a generator that may be read later"),
        ("return [await ask(x) for x in (load(y) for y in a)]", "holds something that is awaited"),
        ("return lambda: load(a)", "in a lambda that may be called later"),
        ("return map(lambda x: load(x), a)", "in a lambda that may be called later"),
        ("await ask(lambda: load(a))", "in a lambda that may be called later"),
        ("return [lambda: load(x) for x in a]", "in a lambda that may be called later"),
        ("return await ask(load(locals(), **b))", "looks at the local variables by name"),
        ("return await ask(load(a, func=(n := b))) + n", "binds a name that a lambda would keep to itself"),
    ],
)
def test_an_expression_that_cannot_leave_the_loop(line: str, words: str) -> None:
    done = offload(f"async def h(a, b):\n    {line}\n")
    assert words in done.reason
    assert done.reason
    assert done.text == f"async def h(a, b):\n    {line}\n"


def test_an_awaited_comprehension_waits_for_each_item() -> None:
    becomes(
        "async def h(a):\n    return [await ask(load(x)) for x in a]\n",
        "async def h(a):\n    return [await ask(await run_in_threadpool(load, x)) for x in a]\n",
    )


def test_a_block_with_one_result_returns_the_expression_itself() -> None:
    becomes(
        """
        def report(path):
            # the stored report
            with open(path) as f:
                data = json.load(f)
            return data
        """,
        """
        async def report(path):
            # the stored report
            def read_data():
                with open(path) as f:
                    return json.load(f)

            data = await run_in_threadpool(read_data)
            return data
        """,
        hops=1,
    )


def test_a_block_with_an_annotated_result_keeps_the_annotation() -> None:
    becomes(
        """
        def report(path):
            with open(path) as f:
                data: dict[str, int] = json.load(f)
            return data
        """,
        """
        async def report(path):
            def read_data():
                with open(path) as f:
                    return json.load(f)

            data: dict[str, int] = await run_in_threadpool(read_data)
            return data
        """,
    )


def test_a_block_with_two_results_stays_as_it_is_and_gives_both() -> None:
    becomes(
        """
        def report(path):
            with open(path) as f:
                header = f.readline()
                rest = f.read()
            return header + rest
        """,
        """
        async def report(path):
            def read_header_and_rest():
                with open(path) as f:
                    header = f.readline()
                    rest = f.read()
                return header, rest

            header, rest = await run_in_threadpool(read_header_and_rest)
            return header + rest
        """,
    )


def test_more_than_three_results_are_no_function() -> None:
    done = offload(
        """
        def report(path):
            with open(path) as f:
                a = f.readline()
                b = f.readline()
                c = f.readline()
                d = f.readline()
            return a + b + c + d
        """
    )
    assert "with await run_in_threadpool(open, path) as f:" not in done.text
    assert "def read" not in done.text


def test_in_a_try_the_function_stands_above_and_only_the_call_inside() -> None:
    becomes(
        """
        def report(path):
            # may be missing
            try:
                # read it
                with open(path) as f:
                    data = json.load(f)  # all of it
            except OSError:
                raise HTTPException(404)
            else:
                note(data)
            return data
        """,
        """
        async def report(path):
            def read_data():
                with open(path) as f:
                    return json.load(f)  # all of it

            # may be missing
            try:
                # read it
                data = await run_in_threadpool(read_data)
            except OSError:
                raise HTTPException(404)
            else:
                note(data)
            return data
        """,
    )


def test_what_the_try_binds_is_no_parameter() -> None:
    becomes(
        """
        async def report(folder, name):
            try:
                path = folder / name
                with open(path) as f:
                    data = json.load(f)
                return await ask(data)
            except OSError:
                return None
        """,
        """
        async def report(folder, name):
            try:
                path = folder / name

                def read_data():
                    with open(path) as f:
                        return json.load(f)

                data = await run_in_threadpool(read_data)
                return await ask(data)
            except OSError:
                return None
        """,
    )


def test_a_project_helper_stays_as_it_is() -> None:
    source = """
        def report(path):
            return extract(path, 1)


        def extract(path, depth):
            with open(path) as f:
                return f.read(depth)
        """
    becomes(
        source,
        source.replace("def report", "async def report").replace(
            "return extract(path, 1)", "return await run_in_threadpool(extract, path, 1)"
        ),
    )


def test_the_import_joins_those_of_the_framework() -> None:
    done = offload(
        """
        import json

        from fastapi import APIRouter
        from fastapi.responses import Response

        from app.store import load


        def h(a):
            return load(a)
        """
    )
    assert done.text.startswith(
        "import json\n\nfrom fastapi import APIRouter\nfrom fastapi.concurrency import run_in_threadpool\n"
        "from fastapi.responses import Response\n\nfrom app.store import load\n"
    )


def test_a_pool_that_is_imported_already_is_used_under_its_name() -> None:
    done = offload(
        "from fastapi.concurrency import run_in_threadpool as pooled\n\n\ndef h(a):\n    return load(a)\n"
    )
    assert done.text == (
        "from fastapi.concurrency import run_in_threadpool as pooled\n\n\n"
        "async def h(a):\n    return await pooled(load, a)\n"
    )


def test_a_pool_of_another_meaning_is_left_alone() -> None:
    done = offload("from app.pool import run_in_threadpool\n\n\ndef h(a):\n    return load(a)\n")
    assert "from app.pool import run_in_threadpool\n" in done.text
    assert "await run_in_threadpool(" not in done.text
    assert "run_in_threadpool(load, a)" in done.text


def test_no_blocking_call_no_change() -> None:
    done = offload("async def h(a):\n    return note(a)\n")
    assert done.text == "async def h(a):\n    return note(a)\n"
    assert done.hops == 0
