"""Neighbours share a hop, loops go as a whole; and where they must not."""

from __future__ import annotations

import pytest
from hop_programs import becomes, offload


def test_neighbours_that_block_become_one_function_with_the_comments_between_them() -> None:
    becomes(
        """
        def h(path, target):
            # make room
            path.mkdir()
            # then copy
            shutil.copy(path, target)  # keeps the mode

            # and tell
            notify(target)
            return {"done": True}
        """,
        """
        async def h(path, target):
            def notify_target():
                # make room
                path.mkdir()
                # then copy
                shutil.copy(path, target)  # keeps the mode

                # and tell
                notify(target)

            await run_in_threadpool(notify_target)
            return {"done": True}
        """,
        hops=1,
    )


def test_two_calls_stay_two_steps_where_a_function_could_only_be_called_like_one_of_them() -> None:
    becomes(
        """
        async def h(user, password):
            await ask(user)
            if not load(password, user):
                raise ValueError
            user.password = hash_password(password)
        """,
        """
        async def h(user, password):
            await ask(user)
            if not await run_in_threadpool(load, password, user):
                raise ValueError
            user.password = await run_in_threadpool(hash_password, password)
        """,
        hops=2,
    )


def test_what_is_only_filled_by_what_goes_to_a_thread_goes_with_it() -> None:
    becomes(
        """
        async def h(paths, size):
            limit = 3
            found: dict[str, str] = {}
            for path in paths:
                if size > limit:
                    found[path] = load(path)
            await ask(paths)
            kept = []
            for path in paths:
                kept.append(load(path))
            return kept
        """,
        """
        async def h(paths, size):
            limit = 3

            def load_paths():
                found: dict[str, str] = {}
                for path in paths:
                    if size > limit:
                        found[path] = load(path)

            await run_in_threadpool(load_paths)
            await ask(paths)
            kept = []

            def collect_kept():
                for path in paths:
                    kept.append(load(path))

            await run_in_threadpool(collect_kept)
            return kept
        """,
    )


def test_what_only_prepares_joins_in_the_middle() -> None:
    becomes(
        """
        async def h(user, salt):
            token = load(user)
            digest = token + salt
            save(digest)
            await ask(user)
        """,
        """
        async def h(user, salt):
            def save_digest():
                token = load(user)
                digest = token + salt
                save(digest)

            await run_in_threadpool(save_digest)
            await ask(user)
        """,
        hops=1,
    )


def test_fast_calls_do_not_join_at_the_ends() -> None:
    becomes(
        """
        async def h(user):
            key = note(user)
            a = load(key)
            save(a)
            key = note(a)
            await ask(key)
        """,
        """
        async def h(user):
            key = note(user)

            def save_a(key):
                a = load(key)
                save(a)
                return a

            a = await run_in_threadpool(save_a, key)
            key = note(a)
            await ask(key)
        """,
    )


def test_a_fast_call_between_two_steps_keeps_them_apart() -> None:
    done = offload("async def h(a):\n    save(a)\n    note(a)\n    notify(a)\n    await ask(a)\n")
    assert done.hops == 2
    assert done.functions == (
        "async def h(a):\n    await run_in_threadpool(save, a)\n    note(a)\n"
        "    await run_in_threadpool(notify, a)\n    await ask(a)\n"
    )


def test_the_size_of_a_file_that_was_just_read_is_no_second_hop() -> None:
    becomes(
        """
        async def h(path):
            with open(path) as f:
                data = f.read()
            size = os.path.getsize(path)
            await ask(data, size)
        """,
        """
        async def h(path):
            def read_data_and_size():
                with open(path) as f:
                    data = f.read()
                size = os.path.getsize(path)
                return data, size

            data, size = await run_in_threadpool(read_data_and_size)
            await ask(data, size)
        """,
        hops=1,
    )
    becomes(
        """
        def h(path):
            with open(path) as f:
                data = f.read()
            return {"data": data, "size": os.path.getsize(path)}
        """,
        """
        async def h(path):
            def read_file():
                with open(path) as f:
                    data = f.read()
                return {"data": data, "size": os.path.getsize(path)}

            return await run_in_threadpool(read_file)
        """,
        hops=1,
    )


def test_a_step_and_its_return_stay_two_hops() -> None:
    becomes(
        "def h(a):\n    b = load(a)\n    return fetch(b)\n",
        "async def h(a):\n    b = await run_in_threadpool(load, a)\n"
        "    return await run_in_threadpool(fetch, b)\n",
        hops=2,
    )


def test_what_is_awaited_natively_ends_a_group() -> None:
    done = offload("async def h(a):\n    save(a)\n    b = await ask(load(a))\n    save(b)\n")
    assert "def " not in done.functions.removeprefix("async def")
    assert done.hops == 3


def test_a_loop_over_what_blocks_stays_when_nothing_in_it_blocks() -> None:
    becomes(
        "async def h(p):\n    for row in rows(p):\n        await ask(row)\n",
        "async def h(p):\n    for row in await run_in_threadpool(rows, p):\n        await ask(row)\n",
        hops=1,
    )


def test_a_loop_over_a_lazy_listing_goes_as_a_whole() -> None:
    becomes(
        """
        async def h(path, seen):
            for child in path.iterdir():
                seen.append(child.name)
            await ask(seen)
        """,
        """
        async def h(path, seen):
            def collect_seen():
                for child in path.iterdir():
                    seen.append(child.name)

            await run_in_threadpool(collect_seen)
            await ask(seen)
        """,
    )


def test_a_lazy_listing_with_awaits_is_iterated_in_the_pool() -> None:
    becomes(
        "async def h(path):\n    for child in path.iterdir():\n        await ask(child)\n",
        "async def h(path):\n"
        "    async for child in iterate_in_threadpool(await run_in_threadpool(path.iterdir)):\n"
        "        await ask(child)\n",
    )


def test_a_while_loop_whose_test_blocks_goes_as_a_whole() -> None:
    becomes(
        """
        async def h(job):
            while not fetch(job):
                time.sleep(1)
            await ask(job)
        """,
        """
        async def h(job):
            def fetch_job():
                while not fetch(job):
                    time.sleep(1)

            await run_in_threadpool(fetch_job)
            await ask(job)
        """,
        hops=1,
    )


def test_in_a_loop_that_awaits_the_function_stands_above_with_the_loop_variable_as_parameter() -> None:
    becomes(
        """
        async def h(paths):
            # each of them
            for path in paths:
                with open(path) as f:
                    data = f.read()
                await ask(path, data)
        """,
        """
        async def h(paths):
            def read_data(path):
                with open(path) as f:
                    return f.read()

            # each of them
            for path in paths:
                data = await run_in_threadpool(read_data, path)
                await ask(path, data)
        """,
    )
    becomes(
        """
        async def h(paths, key):
            for path in paths:
                await ask(load(path, **key))
        """,
        """
        async def h(paths, key):
            def load_path(path):
                return load(path, **key)

            for path in paths:
                await ask(await run_in_threadpool(load_path, path))
        """,
    )


@pytest.mark.parametrize("jump", ["break", "continue"])
def test_a_jump_out_of_the_block_keeps_it_in_place(jump: str) -> None:
    done = offload(
        f"""
        async def h(paths):
            for path in paths:
                if load(path):
                    save(path)
                    {jump}
                await ask(path)
        """
    )
    assert "def save" not in done.text
    assert done.hops == 2


def test_a_block_that_another_change_takes_is_left_to_it() -> None:
    done = offload("def h(a):\n    client.get(load(a))\n", awaited=["client.get"])
    assert done.text.endswith("    await client.get(await run_in_threadpool(load, a))\n")


def test_in_a_loop_of_a_try_the_function_does_not_stand_in_the_loop() -> None:
    """One that is made anew in each round looks as if it could run when the variable is another's already."""
    becomes(
        """
        async def h(socket):
            try:
                while True:
                    text = await ask(socket)
                    load(text)
                    fetch(text)
                    await ask(text)
            finally:
                await ask("over")
        """,
        """
        async def h(socket):
            def fetch_text(text):
                load(text)
                fetch(text)

            try:
                while True:
                    text = await ask(socket)
                    await run_in_threadpool(fetch_text, text)
                    await ask(text)
            finally:
                await ask("over")
        """,
    )
    becomes(
        """
        async def h(socket):
            try:
                user = await ask(socket)
                while True:
                    text = await ask(socket)
                    load(user, text)
                    fetch(text)
                    await ask(text)
            finally:
                await ask("over")
        """,
        """
        async def h(socket):
            try:
                user = await ask(socket)

                def fetch_text(text):
                    load(user, text)
                    fetch(text)

                while True:
                    text = await ask(socket)
                    await run_in_threadpool(fetch_text, text)
                    await ask(text)
            finally:
                await ask("over")
        """,
    )


def test_a_guard_and_what_stands_below_it_hop_apart_as_no_path_does_both() -> None:
    becomes(
        """
        async def h(user, password):
            if user.locked:
                notify(user)  # as slow as a real check
                raise ValueError("locked")

            allowed = load(password)
            await ask(allowed)
        """,
        """
        async def h(user, password):
            if user.locked:
                await run_in_threadpool(notify, user)  # as slow as a real check
                raise ValueError("locked")

            allowed = await run_in_threadpool(load, password)
            await ask(allowed)
        """,
        hops=1,
    )


@pytest.mark.parametrize(
    "guard",
    [
        "if load(user):\n        raise ValueError",
        "if user:\n        notify(user)",
        "if user:\n        notify(user)\n        raise ValueError\n    else:\n        notify(password)",
        "if user:\n        raise ValueError\n    notify(password)",
    ],
)
def test_what_blocks_on_the_way_on_as_well_still_joins_what_stands_below_it(guard: str) -> None:
    done = offload(
        f"async def h(user, password):\n    {guard}\n    found = load(password)\n    await ask(found)\n"
    )
    assert done.text.count("await run_in_threadpool(") == 1, done.text


@pytest.mark.parametrize("awaited", ["await ask(a)", "ask(a)"])
def test_a_loop_over_what_is_awaited_takes_one_hop_behind_it(awaited: str) -> None:
    done = offload(
        f"""
        async def h(a, folder):
            # of each
            for row in {awaited}:
                path = folder / row.name
                if os.path.exists(path):
                    os.remove(path)
            return 1
        """,
        awaited=[] if awaited.startswith("await") else ["ask"],
    )
    assert done.functions == (
        "async def h(a, folder):\n"
        "    # of each\n"
        "    rows = await ask(a)\n"
        "\n"
        "    def remove_files():\n"
        "        for row in rows:\n"
        "            path = folder / row.name\n"
        "            if os.path.exists(path):\n"
        "                os.remove(path)\n"
        "\n"
        "    await run_in_threadpool(remove_files)\n"
        "    return 1\n"
    )
    assert done.hops == 1


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("for row in await ask(a):", "await note(load(row))"),
        ("for row in await ask(a):", "if load(row): return row"),
        ("for row in await ask(load(a)):", "save(row)"),
        ("async for row in ask(a):", "save(row)"),
        ("for row in await ask(a):", "tenant.set(load(row))"),
    ],
)
def test_a_loop_that_does_more_than_to_block_hops_where_it_blocks(head: str, body: str) -> None:
    done = offload(f"async def h(a):\n    {head}\n        {body}\n    return a\n", line_length=None)
    assert f"    {head}\n".replace("load(a)", "await run_in_threadpool(load, a)") in done.text
    assert "await run_in_threadpool(" in done.text
