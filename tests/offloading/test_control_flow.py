"""Blocks that return, jump, raise, rebind or fill something -> functions, unless that would differ."""

from __future__ import annotations

import pytest
from hop_programs import becomes, is_refused, offload


def test_an_exception_travels_through() -> None:
    becomes(
        """
        async def h(path):
            with open(path) as f:
                data = f.read()
                if not data:
                    raise HTTPException(404)
            await ask(data)
        """,
        """
        async def h(path):
            def read_data():
                with open(path) as f:
                    data = f.read()
                    if not data:
                        raise HTTPException(404)
                return data

            data = await run_in_threadpool(read_data)
            await ask(data)
        """,
    )


def test_a_block_that_always_returns_is_returned() -> None:
    becomes(
        """
        async def h(path):
            await ask(path)
            with open(path) as f:
                return f.read()
        """,
        """
        async def h(path):
            await ask(path)

            def read_file():
                with open(path) as f:
                    return f.read()

            return await run_in_threadpool(read_file)
        """,
    )


def test_a_block_that_may_return_takes_the_rest_along() -> None:
    becomes(
        """
        async def h(path):
            await ask(path)
            with open(path) as f:
                for line in f:
                    if line:
                        return line
            # nothing found
            note(path)
            return None
        """,
        """
        async def h(path):
            await ask(path)

            def read_file():
                with open(path) as f:
                    for line in f:
                        if line:
                            return line
                # nothing found
                note(path)
                return None

            return await run_in_threadpool(read_file)
        """,
        hops=1,
    )


def test_a_block_that_may_return_before_the_rest_awaits_stays_in_place() -> None:
    done = offload(
        """
        async def h(path):
            for name in os.listdir(path):
                if load(name):
                    return name
            return await ask(path)
        """
    )
    assert done.functions == (
        "async def h(path):\n"
        "    for name in await run_in_threadpool(os.listdir, path):\n"
        "        if await run_in_threadpool(load, name):\n"
        "            return name\n"
        "    return await ask(path)\n"
    )


def test_the_jumps_of_a_loop_stay_in_it() -> None:
    becomes(
        """
        async def h(paths):
            found = None
            for path in paths:
                if not path.exists():
                    continue
                found = path.read_text()
                break
            else:
                note(paths)
            return await ask(found)
        """,
        """
        async def h(paths):
            def read_found():
                found = None
                for path in paths:
                    if not path.exists():
                        continue
                    found = path.read_text()
                    break
                else:
                    note(paths)
                return found

            found = await run_in_threadpool(read_found)
            return await ask(found)
        """,
        hops=1,
    )


def test_what_jumps_out_is_never_part_of_a_function() -> None:
    done = offload(
        """
        async def h(paths):
            for path in paths:
                await ask(path)
                if path.exists():
                    save(path)
                    continue
                notify(path)
        """
    )
    assert "def " not in done.functions.removeprefix("async def h")
    assert done.hops == 2


def test_what_is_read_and_rebound_is_parameter_and_result() -> None:
    becomes(
        """
        async def h(paths, total):
            for path in paths:
                total += load(path)
            return await ask(total)
        """,
        """
        async def h(paths, total):
            def read_total(total):
                for path in paths:
                    total += load(path)
                return total

            total = await run_in_threadpool(read_total, total)
            return await ask(total)
        """,
    )


def test_a_start_value_right_above_moves_in() -> None:
    becomes(
        """
        async def h(paths):
            seen = []
            # how many are gone
            count: int = 0
            failed = NONE

            for path in paths:
                seen.append(path)
                try:
                    path.unlink()
                    count += 1
                except OSError:
                    failed += 1
            return await ask(seen, count, failed)
        """,
        """
        async def h(paths):
            seen = []

            # how many are gone
            def remove_files():
                count: int = 0
                failed = NONE

                for path in paths:
                    seen.append(path)
                    try:
                        path.unlink()
                        count += 1
                    except OSError:
                        failed += 1
                return count, failed

            count, failed = await run_in_threadpool(remove_files)
            return await ask(seen, count, failed)
        """,
    )


def test_a_start_value_that_is_set_in_any_case_does_not_stay_behind_unused() -> None:
    becomes(
        """
        async def h(path):
            device = ""
            try:
                device = load(path) or ""
            except OSError:
                device = ""
            state = load(device)
            return await ask(state)
        """,
        """
        async def h(path):
            def read_state():
                device = ""
                try:
                    device = load(path) or ""
                except OSError:
                    device = ""
                return load(device)

            state = await run_in_threadpool(read_state)
            return await ask(state)
        """,
    )


def test_a_start_value_that_is_read_before_stays() -> None:
    done = offload(
        """
        async def h(paths):
            count = 0
            await ask(count)
            for path in paths:
                count += load(path)
            return await ask(count)
        """
    )
    assert "count = 0\n    await ask(count)\n" in done.text
    assert "(read_count, count)" in done.text


def test_a_start_value_that_a_handler_reads_stays() -> None:
    done = offload(
        """
        async def h(paths):
            try:
                count = 0
                for path in paths:
                    path.unlink()
                    count += 1
            except OSError:
                return await ask(count)
            return count
        """
    )
    assert "def remove" not in done.text
    assert "await run_in_threadpool(path.unlink)" in done.text


def test_what_is_only_filled_comes_by_closure() -> None:
    becomes(
        """
        async def h(paths, found):
            for path in paths:
                found.append(path.read_text())
            return await ask(found)
        """,
        """
        async def h(paths, found):
            def collect_found():
                for path in paths:
                    found.append(path.read_text())

            await run_in_threadpool(collect_found)
            return await ask(found)
        """,
    )


def test_a_name_bound_on_some_paths_only_keeps_the_block_in_place() -> None:
    done = offload(
        """
        async def h(path, wanted):
            if wanted:
                data = load(path)
                save(path)
                notify(path)
            await ask(path)
            return data
        """
    )
    assert "if wanted:\n" in done.text
    assert done.hops == 1
    done = offload(
        """
        async def h(path, xs):
            for x in xs:
                data = load(path)
            await ask(path)
            return data
        """
    )
    assert "for x in xs:\n        data = await run_in_threadpool(load, path)\n" in done.text


def test_a_global_is_named_again() -> None:
    becomes(
        """
        async def h(path):
            global count
            await ask(path)
            with open(path) as f:
                count = f.read()
        """,
        """
        async def h(path):
            global count
            await ask(path)

            def read_file():
                global count
                with open(path) as f:
                    count = f.read()

            await run_in_threadpool(read_file)
        """,
    )


def test_super_keeps_its_frame() -> None:
    done = offload(
        """
        class A(B):
            async def h(self, path):
                await self.ask(path)
                with open(path) as f:
                    super().feed(json.load(f))
        """
    )
    assert "super().feed(await run_in_threadpool(json.load, f))" in done.text


def test_nonlocal_names_keep_the_block_in_place() -> None:
    done = offload(
        """
        async def h(paths):
            total = 0

            def add():
                nonlocal total
                total += 1

            for path in paths:
                path.unlink()
                add()
                total += 1
            return await ask(total)
        """
    )
    assert "def remove" not in done.text


def test_a_closure_made_before_sees_what_is_bound_later() -> None:
    done = offload(
        """
        async def h(path):
            def inner():
                return data

            data = load(path)
            save(data)
            return await ask(inner)
        """
    )
    assert "data = await run_in_threadpool(load, path)\n" in done.text


@pytest.mark.parametrize(
    "line",
    [
        "logger.exception('lost')",
        "traceback.format_exc()",
        "traceback.print_exc()",
        "sys.exc_info()",
        "raise",
    ],
)
def test_the_exception_being_handled_stays_where_it_is(line: str) -> None:
    done = offload(
        f"""
        async def h(path):
            try:
                await ask(path)
            except OSError as error:
                for name in os.listdir(path):
                    save(name)
                    {line}
                raise
        """
    )
    assert "def save" not in done.text
    assert "await run_in_threadpool(save, name)" in done.text


@pytest.mark.parametrize(
    ("argument", "moves"), [("True", False), ("1", False), ("False", True), ("error", True)]
)
def test_a_line_with_the_traceback_of_the_exception_is_written_where_it_is_handled(
    argument: str, moves: bool
) -> None:
    """`exc_info=True` asks the thread for its exception, and a worker of the pool has none."""
    done = offload(
        f"""
        async def h(path):
            try:
                await ask(path)
            except OSError as error:
                save(path, exc_info={argument})
        """
    )
    assert ("run_in_threadpool" in done.text) is moves
    assert bool(done.reason) is not moves


def test_deleted_names_stay() -> None:
    done = offload(
        """
        async def h(path, rows):
            for row in rows:
                save(row)
                del path
            return await ask(path)
        """
    )
    assert "def save" not in done.text


def test_two_statements_on_one_line_get_a_line_each_in_a_function() -> None:
    becomes(
        "async def h(a):\n    x = load(a); save(x)  # both\n    return await ask(x)\n",
        """
        async def h(a):
            def save_x():
                x = load(a)
                save(x)  # both
                return x

            x = await run_in_threadpool(save_x)
            return await ask(x)
        """,
    )


def test_one_line_bodies_are_offloaded_in_place() -> None:
    becomes(
        "async def h(a):\n    if a: x = load(a); y = 1\n    else: x = load(1)\n    return await ask(x)\n",
        "async def h(a):\n    if a: x = await run_in_threadpool(load, a); y = 1\n"
        "    else: x = await run_in_threadpool(load, 1)\n    return await ask(x)\n",
    )


_UNBOUND = """
async def h(rows):
    note(total)
    for row in rows:
        total = load(row)
        save(total)
    await ask(rows)
"""


def test_a_global_that_the_block_declares_is_declared_once() -> None:
    becomes(
        """
        async def h(path):
            with open(path) as f:
                global text
                text = f.read()
            await ask(text)
        """,
        """
        async def h(path):
            def read_file():
                with open(path) as f:
                    global text
                    text = f.read()

            await run_in_threadpool(read_file)
            await ask(text)
        """,
    )


def test_a_global_that_the_rest_binds_stays_declared_for_it() -> None:
    done = offload(
        """
        async def h(path):
            with open(path) as f:
                global text
                text = f.read()
            text = text + await ask(path)
        """
    )
    assert "def read" not in done.text
    assert "        global text\n        text = await f.read()\n" in done.text


def test_a_local_that_is_read_unbound_does_not_become_a_global() -> None:
    is_refused(_UNBOUND, "reads total, which nothing would bind any more", allow_whole_body=False)


def test_a_local_does_not_become_a_global_when_two_functions_take_its_bindings() -> None:
    twice = _UNBOUND.replace(
        "    await ask(rows)\n", 2 * "    await ask(rows)\n" + _UNBOUND.partition("note(total)\n")[2]
    )
    is_refused(twice, "reads total, which nothing would bind any more", allow_whole_body=False)


def test_a_name_that_only_comprehensions_read_elsewhere_is_their_own() -> None:
    done = offload(_UNBOUND.replace("note(total)", "note(sum(total for total in rows))"))
    assert "await run_in_threadpool(save_totals)" in done.text


def test_the_parameter_of_a_lambda_is_no_variable_of_the_loop_around_it() -> None:
    done = offload(
        """
        async def h(rows, best):
            for row in rows:
                sizes = [n for n in row]
                await ask(sizes)
                best = max(map(lambda n: load(n), row), default=best)
            return best
        """
    )
    assert "max(map(lambda n: load(n), row), default=best)" in done.text
    assert "n, row" not in done.text.replace("lambda n: load(n), row", "")


def test_the_exception_that_is_caught_is_handed_over() -> None:
    """Python deletes its name behind the handler: linters call it unbound in a function that reads it."""
    becomes(
        """
        async def h(n):
            try:
                await ask(n)
            except ValueError as error:
                with open("log", "a") as f:
                    f.write(f"{n}: {error}")
                raise
        """,
        """
        async def h(n):
            try:
                await ask(n)
            except ValueError as error:

                def write_file(error):
                    with open("log", "a") as f:
                        f.write(f"{n}: {error}")

                await run_in_threadpool(write_file, error)
                raise
        """,
    )
    becomes(
        """
        async def h(n):
            try:
                await ask(n)
            except ValueError as error:
                return await ask(open(error.args[0]).read())
        """,
        """
        async def h(n):
            try:
                await ask(n)
            except ValueError as error:

                def read_error(error):
                    return open(error.args[0]).read()

                return await ask(await run_in_threadpool(read_error, error))
        """,
    )


def test_an_exception_that_only_the_handler_reads_is_not() -> None:
    becomes(
        """
        async def h(n):
            try:
                await ask(n)
            except ValueError as error:
                text = open("text").read()
                raise Lost(text) from error
        """,
        """
        async def h(n):
            try:
                await ask(n)
            except ValueError as error:
                text = await run_in_threadpool(lambda: open("text").read())
                raise Lost(text) from error
        """,
    )


def test_a_function_is_made_once_for_all_rounds_of_a_loop() -> None:
    becomes(
        """
        async def h(rows):
            try:
                for row in rows:
                    name = row.name
                    try:
                        data = load(name)
                        save(data, name)
                        await ask(row)
                    except ValueError:
                        note(name)
            finally:
                done()
        """,
        """
        async def h(rows):
            def save_data(name):
                data = load(name)
                save(data, name)

            try:
                for row in rows:
                    name = row.name
                    try:
                        await run_in_threadpool(save_data, name)
                        await ask(row)
                    except ValueError:
                        note(name)
            finally:
                done()
        """,
    )
