"""Comments, blank lines, indentation, line ends and long lines around what goes to a thread."""

from __future__ import annotations

import pytest
from hop_programs import becomes, offload, stays_formatted


def test_comments_and_blank_lines_stay_where_they_belong() -> None:
    becomes(
        '''
        class Files:
            """Doc."""

            @router.get("/x")  # as before
            def h(
                self,
                path,  # p
            ):
                """Doc."""

                # of its own

                # above
                with open(path) as f:  # opened
                    data = f.read()  # read
                    # at the end

                # below
                return data  # done

            # of the class
        ''',
        '''
        class Files:
            """Doc."""

            @router.get("/x")  # as before
            async def h(
                self,
                path,  # p
            ):
                """Doc."""

                # of its own

                # above
                def read_data():
                    with open(path) as f:  # opened
                        return f.read()  # read
                        # at the end

                data = await run_in_threadpool(read_data)

                # below
                return data  # done

            # of the class
        ''',
    )


def test_every_block_of_a_try() -> None:
    becomes(
        """
        async def h(path):
            try:
                # one
                load(path)
                save(path)
                await ask(path)
            except ValueError:
                # bad
                notify(path)
                save(path)
                # end of bad
            else:
                # good
                notify(path)
            finally:
                # always
                os.unlink(path)
                os.remove(path)
            return 1
        """,
        """
        async def h(path):
            def save_path():
                load(path)
                save(path)

            try:
                # one
                await run_in_threadpool(save_path)
                await ask(path)
            except ValueError:
                # bad
                def save_path_2():
                    notify(path)
                    save(path)

                await run_in_threadpool(save_path_2)
                # end of bad
            else:
                # good
                await run_in_threadpool(notify, path)
            finally:
                # always
                def remove_file():
                    os.unlink(path)
                    os.remove(path)

                await run_in_threadpool(remove_file)
            return 1
        """,
        hops=3,
    )


def test_branches_of_an_if() -> None:
    becomes(
        """
        async def h(path, kind):
            if kind == 1:
                x = load(1)
            elif os.path.exists(path):
                # two
                x = load(2)
                save(x)
            elif kind == 3:
                with open(path) as f:
                    x = f.read()
            else:
                x = None
            await ask(x)
        """,
        """
        async def h(path, kind):
            if kind == 1:
                x = await run_in_threadpool(load, 1)
            elif await run_in_threadpool(os.path.exists, path):
                # two
                def save_x():
                    x = load(2)
                    save(x)
                    return x

                x = await run_in_threadpool(save_x)
            elif kind == 3:

                def read_file():
                    with open(path) as f:
                        return f.read()

                x = await run_in_threadpool(read_file)
            else:
                x = None
            await ask(x)
        """,
        hops=2,
    )


def test_cases_of_a_match() -> None:
    becomes(
        """
        async def h(path, kind):
            match load(kind):
                case 1:
                    # one
                    load(path)
                    save(path)

                    # two
                case [x, *_] if fetch(x):
                    pass
                case _:
                    return load(path)
            # after
            await ask(path)
        """,
        """
        async def h(path, kind):
            match await run_in_threadpool(load, kind):
                case 1:
                    # one
                    def save_path():
                        load(path)
                        save(path)

                    await run_in_threadpool(save_path)

                    # two
                case [x, *_] if await run_in_threadpool(fetch, x):
                    pass
                case _:
                    return await run_in_threadpool(load, path)
            # after
            await ask(path)
        """,
    )


@pytest.mark.parametrize("around", ["match kind:\n    case 1:", "for x in kind:\n    if x:"])
def test_lines_below_a_case_are_as_deep_as_below_another_block(around: str) -> None:
    given = "{\n            'a': fetch(path),\n            'b': fetch(kind),\n        }"
    block = f"{around}\n        return {given}"
    head = "async def h(path, kind):\n"
    lines = [f"    {line}" for line in f"{block}\nawait ask(path)".splitlines()]
    text = offload(head + "\n".join(lines) + "\n").text
    assert (
        "            return await run_in_threadpool(\n"
        "                lambda: {\n"
        "                    'a': fetch(path),\n"
        "                    'b': fetch(kind),\n"
        "                }\n"
        "            )\n"
    ) in text


def test_functions_inside_are_not_touched() -> None:
    becomes(
        """
        async def h(path):
            async def inner(x):
                return await ask(x)

            # read
            with open(path) as f:
                data = f.read()
            return await inner(data)
        """,
        """
        async def h(path):
            async def inner(x):
                return await ask(x)

            # read
            def read_data():
                with open(path) as f:
                    return f.read()

            data = await run_in_threadpool(read_data)
            return await inner(data)
        """,
    )


def test_strings_of_several_lines_keep_their_lines() -> None:
    done = offload(
        'async def h(path):\n    with open(path, "w") as f:\n        f.write("""\nnot\n  indented\n""")\n'
    )
    assert '            f.write("""\nnot\n  indented\n""")\n' in done.text


@pytest.mark.parametrize("unit", ["\t", "  ", "        "])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_indentation_and_line_ends_of_the_file(unit: str, newline: str) -> None:
    lines = [
        "async def h(path):",
        "-# read",
        "-with open(path) as f:",
        "--data = f.read()",
        "-await ask(data)",
        "",
    ]
    after = [
        "async def h(path):",
        "-# read",
        "-def read_data():",
        "--with open(path) as f:",
        "---return f.read()",
        "",
        "-data = await run_in_threadpool(read_data)",
        "-await ask(data)",
        "",
    ]
    done = offload(newline.join(lines).replace("-", unit))
    assert done.functions == newline.join(after).replace("-", unit)


def test_columns_of_other_alphabets() -> None:
    becomes(
        'async def h(kind):\n    if kind == "é€": x = load("ü"); y = "ß"; save("ß", y)\n    await ask(x)\n',
        'async def h(kind):\n    if kind == "é€": x = await run_in_threadpool(load, "ü"); y = "ß"; '
        'await run_in_threadpool(save, "ß", y)\n    await ask(x)\n',
        line_length=None,
    )


def test_lines_that_get_too_long_are_wrapped_as_the_formatter_does() -> None:
    source = (
        "async def h(first_argument, second_argument):\n"
        "    value = first_argument.attribute.load_something(second_argument, first_argument)\n"
        "    await ask(value)\n"
    )
    done = offload(source, blocking=["first_argument.attribute.load_something"])
    assert (
        "    value = await run_in_threadpool(\n        first_argument.attribute.load_something, second"
        in done.text
    )
    stays_formatted(source, done.text)


def test_brackets_that_stand_open_stay_open() -> None:
    becomes(
        """
        async def h(path, kind):
            x = load(
                path,  # one
                kind,
            )
            await ask(x)
        """,
        """
        async def h(path, kind):
            x = await run_in_threadpool(
                load,
                path,  # one
                kind,
            )
            await ask(x)
        """,
    )
    becomes(
        """
        async def h(path, kind):
            x = [
                load(path),
                # two
                load(kind),
            ]
            await ask(x)
        """,
        """
        async def h(path, kind):
            x = await run_in_threadpool(
                lambda: [
                    load(path),
                    # two
                    load(kind),
                ]
            )
            await ask(x)
        """,
    )


def test_several_arguments_of_what_is_awaited_wait_one_by_one() -> None:
    becomes(
        "async def h(a, b):\n    return await ask(load(a), b=load(b)) or load(b)\n",
        "async def h(a, b):\n"
        "    return await ask(\n"
        "        await run_in_threadpool(load, a), b=await run_in_threadpool(load, b)\n"
        "    ) or await run_in_threadpool(load, b)\n",
        hops=3,
    )


def test_fields_of_an_f_string() -> None:
    becomes(
        "async def h(a, b):\n    await ask(f'{load(a)!r:>10} of {b}')\n",
        "async def h(a, b):\n    await ask(f'{await run_in_threadpool(load, a)!r:>10} of {b}')\n",
    )
    # `=` shows the source, so the source stays
    done = offload("async def h(a):\n    await ask(f'{load(a)=}')\n")
    assert done.text.endswith("    await ask(await run_in_threadpool(lambda: f'{load(a)=}'))\n")


def test_arguments_below_each_other_stay_so() -> None:
    becomes(
        """
        async def h(path, kind):
            x = load(path,
                     kind,
                     deep=True)
            await ask(x)
        """,
        """
        async def h(path, kind):
            x = await run_in_threadpool(load,
                                        path,
                                        kind,
                                        deep=True)
            await ask(x)
        """,
    )


def test_an_inner_function_says_what_it_gives_where_the_function_around_it_does() -> None:
    """`mypy --strict` asks for it: one more error for each of them, in a file that had none."""
    becomes(
        """
        @router.get("/x")
        def h(path: str) -> dict[str, str]:
            with open(path, "w") as f:
                f.write("a")
            with open(path) as f:
                return {"text": f.read()}
        """,
        """
        @router.get("/x")
        async def h(path: str) -> dict[str, str]:
            def write_file() -> None:
                with open(path, "w") as f:
                    f.write("a")

            await run_in_threadpool(write_file)

            def read_file() -> dict[str, str]:
                with open(path) as f:
                    return {"text": f.read()}

            return await run_in_threadpool(read_file)
        """,
    )


DECLARED = """
@router.get("/x")
def h(path: str) -> dict[str, str]:
    text: str | None = None
    size: int = 0
    with open(path) as f:
        for line in f:
            text = line
            size += 1
    return {"text": text or "", "size": str(size)}
"""


def test_an_inner_function_says_what_its_results_are_declared_as() -> None:
    """Where nothing looks at types at run time: those of variables may name what is not there."""
    said = "    def read_text_and_size() -> tuple[str | None, int]:\n"
    assert said in offload(f"from __future__ import annotations\n{DECLARED}").text
    assert "    def read_text_and_size():\n" in offload(DECLARED).text
