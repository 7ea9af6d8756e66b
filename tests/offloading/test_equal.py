"""Runs that do the same share one inner function; those that only look alike keep their own."""

from __future__ import annotations

import re

import pytest
from hop_programs import becomes, offload


def test_equal_runs_under_other_names_share_a_function_and_the_rest_is_numbered_without_gaps() -> None:
    becomes(
        """
        async def h(rows, covers, folder):
            for row in rows:
                await note(row)
                data = load(folder)
                kept = save(data, row)
                await note(kept)
            for cover in covers:
                await note(cover)
                image = load(folder)
                kept = save(image, cover)
                await note(kept)
            for row in rows:
                await note(row)
                data = load(folder)
                kept = save(row, data)
                await note(kept)
        """,
        """
        async def h(rows, covers, folder):
            def save_kept(row):
                data = load(folder)
                return save(data, row)

            for row in rows:
                await note(row)
                kept = await run_in_threadpool(save_kept, row)
                await note(kept)
            for cover in covers:
                await note(cover)
                kept = await run_in_threadpool(save_kept, cover)
                await note(kept)

            def save_kept_2(row):
                data = load(folder)
                return save(row, data)

            for row in rows:
                await note(row)
                kept = await run_in_threadpool(save_kept_2, row)
                await note(kept)
        """,
    )


ONE = "        data = load(row)\n        kept = save(data, 1)\n        await note(kept)\n"
OTHERS = {
    "it reads another variable": ONE.replace("save(data, 1)", "save(data, other)"),
    "it has another constant": ONE.replace("1", "2"),
    "its names are exchanged": ONE.replace("load(row)", "load(kept)"),
    "a comment tells of it alone": ONE.replace("save(data, 1)", "save(data, 1)  # again"),
    "it gives more": ONE.replace("note(kept)", "note(kept, data)"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_only_looks_alike_keeps_its_own_function(name: str) -> None:
    head = "async def h(rows, other, kept):\n"
    done = offload(f"{head}    for row in rows:\n{ONE}    for row in rows:\n{OTHERS[name]}", line_length=None)
    assert done.text.count("    def ") == 2, done.text


def test_no_function_of_another_branch_is_called() -> None:
    loop = "for row in rows:\n" + ONE
    branch = "".join(f"        {line}" for line in loop.splitlines(keepends=True))
    done = offload(f"async def h(rows, a):\n    if a:\n{branch}    else:\n{branch}", line_length=None)
    assert done.text.count("        def ") == 2, done.text


def test_runs_of_two_handlers_share_the_function_above_their_try_unless_it_needs_what_is_bound_later() -> (
    None
):
    becomes(
        """
        async def h(rows, made):
            try:
                await note(rows)
            except KeyError:
                await note(made)
                for name in made:
                    save(name)
                raise
            except ValueError:
                await note(rows)
                for each in made:
                    save(each)
            try:
                await note(rows)
            except KeyError:
                late = await note(rows)
                for name in late:
                    save(name)
            except ValueError:
                late = await note(made)
                for name in late:
                    save(name)
        """,
        """
        async def h(rows, made):
            def save_names():
                for name in made:
                    save(name)

            try:
                await note(rows)
            except KeyError:
                await note(made)
                await run_in_threadpool(save_names)
                raise
            except ValueError:
                await note(rows)
                await run_in_threadpool(save_names)
            try:
                await note(rows)
            except KeyError:
                late = await note(rows)

                def save_names_2(late):
                    for name in late:
                        save(name)

                await run_in_threadpool(save_names_2, late)
            except ValueError:
                late = await note(made)

                def save_names_3():
                    for name in late:
                        save(name)

                await run_in_threadpool(save_names_3)
        """,
    )


def test_a_function_that_differs_is_told_apart_by_whose_name_it_is_given() -> None:
    done = offload(
        """
        async def h(cats, trips):
            for cat in cats:
                cat_image = await note(cat)
                data = load(cat_image)
                kept = save(data, 1)
                await note(kept)
            for trip in trips:
                trip_image = await note(trip)
                data = load(trip_image)
                kept = save(data, 2)
                await note(kept)
        """,
        line_length=None,
    )
    assert re.findall(r"def (save\w+)", done.text) == ["save_kept", "save_trip_kept"]
