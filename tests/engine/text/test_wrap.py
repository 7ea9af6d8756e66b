"""Long lines that an edit made are wrapped as the formatters wrap them; nothing else moves."""

from __future__ import annotations

import ast
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from async_fix.codemods.engine.text.wrap import wrap_long_lines

RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")


def wrap(before: str, after: str, limit: int | None = 40) -> str:
    wrapped = wrap_long_lines(before, after, limit)
    assert ast.dump(ast.parse(wrapped)) == ast.dump(ast.parse(after))
    assert wrap_long_lines(before, wrapped, limit) == wrapped
    return wrapped


LONG = "aaaaaaaaaa, bbbbbbbbbb, cccccccccc"


@pytest.mark.parametrize(
    ("before", "after", "limit"),
    [
        ("x = f(a)\n", f"x = await f({LONG}, dddddd)\n", None),
        ("x = f(a)\n", "x = await f(a)\n", 40),
        # too long before, or not touched
        (f"x = f({LONG}, d)\n", f"x = await f({LONG}, d)\n", 40),
        (f"x = f({LONG}, d)\ny = 1\n", f"x = f({LONG}, d)\ny = 2\n", 40),
        (f"y = 1\nx = f({LONG}, d)\n", f"y = 1\nz = 2\nx = f({LONG}, d)\n", 40),
        # what a line says of itself would stand on another one
        ("x = f(a)  # noqa: S101\n", f"x = await f({LONG})  # noqa: S101\n", 40),
        ("x = f(a)  # type: ignore[arg-type]\n", f"x = await f({LONG})  # type: ignore[arg-type]\n", 40),
        # nowhere to cut
        ("x = y\n", "x = yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n", 40),
        ("x = y\n", "x = 'a long string ............................... '\n", 40),
        ("x = f'{g(1)}'\n", "x = f'{await g(aaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbb)}'\n", 40),
        ("x = f('a' 'b')\n", "x = await f('aaaaaaaaaaaaaaaaaaaaa' 'bbbbbbbbbbbbbb')\n", 40),
        ("if a: f(b)\n", f"if a: f({LONG})\n", 40),
        ("a = 1; f(b)\n", f"a = 1; f({LONG})\n", 40),
        ("import a\n", "import aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 40),
        ("async def f(): ...\n", "async def fffffffffffffffffffffffffffffffffffffffff(): ...\n", 40),
        ("x = f(a) + \\\n    b\n", f"x = f({LONG}) + \\\n    b\n", 40),
        ("with f(a), g(b): ...\n", f"with f({LONG}), g(b): ...\n", 40),
        # laid out by hand: lines that fit stay where they are
        ("x = f(\n  a,\n    b)\n", "x = await f(\n  a,\n    b)\n", 40),
        ("x = f(a,\n      b, c)\n", "y = f(a,\n      b, c)\n", 40),
        ("x = [\n    1, 2,\n    3, 4,\n]\n", "x = [\n    1, 2,\n    3, f(),\n]\n", 40),
        ("x = f(  # why\n    a\n)\n", "x = await f(  # why\n    a\n)\n", 40),
        ("x = '''\n  a\n'''\n", "y = '''\n  a\n'''\n", 40),
    ],
)
def test_lines_that_stay(before: str, after: str, limit: int | None) -> None:
    assert wrap(before, after, limit) == after


def lines(*text: str) -> str:
    return "\n".join(text) + "\n"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (f"x = await f({LONG})", ("x = await f(", f"    {LONG}", ")")),
        (
            f"x = await f({LONG}, ddd)",
            ("x = await f(", "    aaaaaaaaaa,", "    bbbbbbbbbb,", "    cccccccccc,", "    ddd,", ")"),
        ),
        (
            "await f(aaaaaaaaaa, bbbbbbbbbb, ccccccccc,)",
            ("await f(", "    aaaaaaaaaa,", "    bbbbbbbbbb,", "    ccccccccc,", ")"),
        ),
        (f"return await f({LONG})", ("return await f(", f"    {LONG}", ")")),
        (f"x = await f({LONG})  # why", ("x = await f(", f"    {LONG}", ")  # why")),
        (f"x.y['k'] = await f({LONG})", ("x.y['k'] = await f(", f"    {LONG}", ")")),
        (
            "x = (await f(aaaaaaaaaa, bbbbbbbbb)).json()",
            ("x = (", "    await f(aaaaaaaaaa, bbbbbbbbb)", ").json()"),
        ),
        (
            "x = (await f(aaaaaaaaaaa, bbbbbbbbbbbb))['key']",
            ("x = (", "    await f(aaaaaaaaaaa, bbbbbbbbbbbb)", ")['key']"),
        ),
        (
            "x = (await f(aaaaaaaaaaaaaaa)).all().first()",
            ("x = (", "    (await f(aaaaaaaaaaaaaaa))", "    .all()", "    .first()", ")"),
        ),
        (
            "await s.execute(select(Aaaa).where(b).limit(1))",
            ("await s.execute(", "    select(Aaaa).where(b).limit(1)", ")"),
        ),
        (
            "x = f(await g(aaaaaaaaaaaaa, bbbbbbbbbbb), key=1)",
            ("x = f(", "    await g(aaaaaaaaaaaaa, bbbbbbbbbbb),", "    key=1,", ")"),
        ),
        (
            "x = f[await g(aaaaaaaaaaaaaa, bbbbbbbbbbb)]",
            ("x = f[", "    await g(aaaaaaaaaaaaaa, bbbbbbbbbbb)", "]"),
        ),
        (
            "x = [aaaaaaaaaaa, await g(bbbbbbbbb, cccccc)]",
            ("x = [", "    aaaaaaaaaaa,", "    await g(bbbbbbbbb, cccccc),", "]"),
        ),
        (
            "x = [a for a in await g(bbbbbbb, cccccc)]",
            ("x = [", "    a for a in await g(bbbbbbb, cccccc)", "]"),
        ),
        (
            "x = {aaaa: a for aaaa, a in await g(bb) if await h(a)}",
            ("x = {", "    aaaa: a", "    for aaaa, a in await g(bb)", "    if await h(a)", "}"),
        ),
        (
            "x = aaaaaaaaaa or await f(bbbbbbbbbbb, cccccc)",
            ("x = aaaaaaaaaa or await f(", "    bbbbbbbbbbb, cccccc", ")"),
        ),
        (
            "xxxxx = await f(aaaaaaaaa) == bbbbbbbbbb.ccc",
            ("xxxxx = (", "    await f(aaaaaaaaa) == bbbbbbbbbb.ccc", ")"),
        ),
        (
            "x = await f(aaaaaaaaaaaa) if aaaaaaaaaa else bbbbb",
            ("x = (", "    await f(aaaaaaaaaaaa)", "    if aaaaaaaaaa", "    else bbbbb", ")"),
        ),
        (
            "aaaaaaaaaaaaa, bbbbbbbbbbbb = await ccccc.ddddd()",
            ("(", "    aaaaaaaaaaaaa,", "    bbbbbbbbbbbb,", ") = await ccccc.ddddd()"),
        ),
        (
            "await f(lambda: aaaaaaaaaa.bbbbbbb(c).ddd().eeeeee())",
            (
                "await f(",
                "    lambda: (",
                "        aaaaaaaaaa.bbbbbbb(c)",
                "        .ddd()",
                "        .eeeeee()",
                "    )",
                ")",
            ),
        ),
        (
            "xxxxxxxxxxxxxxxxxxxxxxx = await yyyyyyy.zzzzz()",
            ("xxxxxxxxxxxxxxxxxxxxxxx = (", "    await yyyyyyy.zzzzz()", ")"),
        ),
        (
            "assert await f(aaaaaaaaaaaa), 'bbbbbbbbbbbbbb'",
            ("assert await f(aaaaaaaaaaaa), (", "    'bbbbbbbbbbbbbb'", ")"),
        ),
        (
            "xxxxxxxxxx = await y(z)[len(await f(aaaaaaaaaaaa), bbbbbbbbbbb) :]",
            (
                "xxxxxxxxxx = await y(z)[",
                "    len(",
                "        await f(aaaaaaaaaaaa),",
                "        bbbbbbbbbbb,",
                "    ) :",
                "]",
            ),
        ),
        (
            "for a in await f(aaaaaaaaaaaa, bbbbbbbbbb): ...",
            ("for a in await f(aaaaaaaaaaaa, bbbbbbbbbb): ...",),
        ),
        (
            "x = await f(größe='大大大大大大大大大大', b=1)",
            ("x = await f(", "    größe='大大大大大大大大大大', b=1", ")"),
        ),
    ],
)
def test_statement_that_got_too_long(after: str, expected: tuple[str, ...]) -> None:
    source = wrap("async def f():\n    x = 1\n", lines("async def f():", f"    {after}"), 44)
    assert source == lines("async def f():", *(f"    {line}" for line in expected))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (
            "async def read_it(identifier: int = 3) -> X:",
            ("async def read_it(", "    identifier: int = 3,", ") -> X:"),
        ),
        (
            "async def read_it(identifier: int, size: int):",
            ("async def read_it(", "    identifier: int, size: int", "):"),
        ),
        (
            "async def read_it(identifier: int, *, size: int = 3, **kw):",
            ("async def read_it(", "    identifier: int,", "    *,", "    size: int = 3,", "    **kw,", "):"),
        ),
        (
            "async def read_it(self, session: Session = Depends(get_it)):",
            ("async def read_it(", "    self,", "    session: Session = Depends(get_it),", "):"),
        ),
        (
            "if not await run_it(aaaaaaaaaaaa, bbbbbbbbbb):",
            ("if not await run_it(", "    aaaaaaaaaaaa, bbbbbbbbbb", "):"),
        ),
        (
            "for a in await run_it(aaaaaaaaaaaa, bbbbbbbb):",
            ("for a in await run_it(", "    aaaaaaaaaaaa, bbbbbbbb", "):"),
        ),
        (
            "async with open_it(aaaaaaaaaaaa, bbbbbb) as f:",
            ("async with open_it(", "    aaaaaaaaaaaa, bbbbbb", ") as f:"),
        ),
        (
            "while aaaaaaaaaaa and bbbbbbbbbb and await f(c):",
            ("while (", "    aaaaaaaaaaa", "    and bbbbbbbbbb", "    and await f(c)", "):"),
        ),
    ],
)
def test_head_of_a_block_that_got_too_long(after: str, expected: tuple[str, ...]) -> None:
    source = wrap("def f():\n    pass\n", lines(after, "    pass"), 40)
    assert source == lines(*expected, "    pass")


def test_statement_laid_out_by_the_formatter_closes_up_or_opens_further() -> None:
    two_steps = lines("x = f(", "    aaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbb", ")")
    longer = two_steps.replace("f(\n    ", "await run(\n    f, ")
    assert wrap(two_steps, longer) == lines(
        "x = await run(", "    f,", "    aaaaaaaaaaaaaaaa,", "    bbbbbbbbbbbbbbbbbb,", ")"
    )
    shorter = two_steps.replace("aaaaaaaaaaaaaaaa", "a")
    assert wrap(two_steps, shorter) == "x = f(a, bbbbbbbbbbbbbbbbbb)\n"
    magic = lines("x = f(", "    a,", "    b,", ")")
    assert wrap(magic, magic.replace("f(\n    ", "await run(\n    f, ")) == lines(
        "x = await run(", "    f,", "    a,", "    b,", ")"
    )


def test_the_parentheses_around_an_argument_that_is_awaited_go() -> None:
    before = lines(
        "x = dict(",
        "    total=(",
        "        db.query(func.sum(Order.price))",
        "        .filter(Order.owner_id == owner_id, Order.paid)",
        "        .scalar()",
        "    ),",
        "    first=(",
        "        await find(Order.owner_id == owner_id, Order.paid, Order.sent)",
        "        or default_order_of_nobody",
        "    ),",
        ")",
    )
    query = before[before.index("        db.") : before.index("    ),")]
    asked = "select(func.sum(Order.price)).filter(Order.owner_id == owner_id, Order.paid)"
    after = before.replace(query, f"        await db.scalar({asked})\n")
    assert wrap(before, after, 88) == before.replace(
        f"(\n{query}    )", f"await db.scalar(\n        {asked}\n    )"
    )


def test_one_line_of_a_statement_laid_out_by_hand() -> None:
    before = lines("x = f(", "    a,", "", "    g(b),  # why", "    c)")
    after = before.replace("g(b)", "await run(g, bbbbbbbbbbbbbbbbbbbbbb)")
    assert wrap(before, after) == lines(
        "x = f(",
        "    a,",
        "",
        "    await run(",
        "        g, bbbbbbbbbbbbbbbbbbbbbb",
        "    ),  # why",
        "    c)",
    )


def test_tabs_line_ends_and_last_line_without_one_stay() -> None:
    before = "def f():\r\n\tx = g(a)\r\n\treturn h(b)"
    after = before.replace("g(a)", f"await g({LONG})").replace("h(b)", "await h(bbbbbbbbbbbbbbbb, ccccccccc)")
    assert wrap(before, after).split("\r\n") == [
        "def f():",
        "\tx = await g(",
        "\t\taaaaaaaaaa,",
        "\t\tbbbbbbbbbb,",
        "\t\tcccccccccc,",
        "\t)",
        "\treturn await h(",
        "\t\tbbbbbbbbbbbbbbbb, ccccccccc",
        "\t)",
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            lines("x = f(a,", "      b)"),
            lines("x = await run(f, a,", "      b)"),
            lines("x = await run(f, a,", "              b)"),
        ),
        (
            lines("xxx = await f(a,", "              b)"),
            lines("x = f(a,", "              b)"),
            lines("x = f(a,", "      b)"),
        ),
        (
            lines("x = f(a,", "      g(", "          b,", "      ),", "      c)  # why"),
            lines("x = await f(a,", "      g(", "          b,", "      ),", "      c)  # why"),
            lines(
                "x = await f(a,",
                "            g(",
                "                b,",
                "            ),",
                "            c)  # why",
            ),
        ),
        (
            lines("x = f(a,", "      # why", "", "      b)"),
            lines("x = await f(a,", "      # why", "", "      b)"),
            lines("x = await f(a,", "            # why", "", "            b)"),
        ),
        (
            lines("x = f(a, g(b,", "           c),", "      d)"),
            lines("x = f(a, await g(b,", "           c),", "      d)"),
            lines("x = f(a, await g(b,", "                 c),", "      d)"),
        ),
        # a string keeps its lines, hanging indents keep theirs
        (
            lines("x = f('''", "      a''',", "      b)"),
            lines("x = await f('''", "      a''',", "      b)"),
            lines("x = await f('''", "      a''',", "            b)"),
        ),
        (lines("x = f(", "    a, b,", "    c)"), lines("x = await f(", "    a, b,", "    c)"), None),
        (lines("x = f(a,", "    b)"), lines("x = await f(a,", "    b)"), None),
        (lines("x = f(a,", "      b)", "y = 1"), lines("x = f(a,", "      b)", "y = 2"), None),
        # behind a bracket that ends its line there is nothing to stand under
        (lines("x = f(a,", "      b=1)"), lines("x = await g(", "    a,", "    b=1,", ")"), None),
    ],
)
def test_lines_aligned_to_a_bracket_follow_it(before: str, after: str, expected: str | None) -> None:
    assert wrap(before, after, None) == (after if expected is None else expected)


def generated(count: int) -> list[tuple[str, str]]:
    """Statements that fit into 88 columns and what the tool's edits make of them, which seldom does."""
    rng = random.Random(0)

    def name() -> str:
        return "_".join(
            rng.choice(("user", "order", "load", "invoice", "path", "total"))
            for _ in range(rng.randint(1, 3))
        )

    def argument() -> str:
        shape = rng.choice(("{0}", "{0}", "{0}.{1}", "{0}={1}", '{0}="{1}"', "{0}({1})", "{0}[{1}]"))
        return shape.format(name(), name())

    def call(awaited: bool) -> tuple[str, str]:
        target = rng.choice(("{0}", "{0}.{1}", "{0}.{1}.{2}")).format(name(), name(), name())
        arguments = sorted((argument() for _ in range(rng.randint(0, 4))), key=lambda a: "=" in a)
        old = f"{target}({', '.join(arguments)})"
        return (
            old,
            f"await {old}" if awaited else f"await run_in_threadpool({', '.join([target, *arguments])})",
        )

    shapes = (
        "{x} = {call}",
        "{x}.{y} = {call}",
        '{x}["{y}"] = {call}',
        "return {call}",
        "{call}",
        "{x} = {group}.json()",
        '{x} = {group}["{y}"]',
        "{x} = {group}.scalars().all()",
        "{x} = {y}({call})",
        "{x} = {y}({call}, {z}=1)",
        "return [{y} for {y} in {call}]",
        "{x} = {{'{y}': {call}, '{z}': 1}}".replace("'", '"'),
        "{x} = {y} + {call}",
        "{x} = {y} or {call}",
        "{x} = {call} if {y} else None",
        "raise HTTPException(404, detail={call})",
        "if {call}:\n        pass",
        "if not {call}:\n        pass",
        "if {y} and {z} and {call}:\n        pass",
        "for {y} in {call}:\n        pass",
        "with {call} as {y}:\n        pass",
        "assert {call} == {y}",
        "{x} = {call}  # {y}",
    )
    found: list[tuple[str, str]] = []
    while len(found) < count:
        old, new = call(rng.random() < 0.4)
        names = {key: name() for key in "xyz"}
        shape = rng.choice(shapes)
        before, after = (
            f"async def handler():\n    {shape.format(call=text, group=group, **names)}\n"
            for text, group in ((old, old), (new, f"({new})"))
        )
        if max(map(len, before.splitlines())) <= 88 < max(map(len, after.splitlines())):
            found.append((before, after))
    return found


@pytest.mark.skipif(RUFF is None, reason="needs ruff")
def test_ruff_has_nothing_to_change_in_generated_statements(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("before", "wrapped")}
    for folder in folders.values():
        folder.mkdir()
    for number, (before, after) in enumerate(generated(400)):
        (folders["before"] / f"{number}.py").write_text(before, encoding="utf-8")
        (folders["wrapped"] / f"{number}.py").write_text(wrap(before, after, 88), encoding="utf-8")
    clean = accepted(folders["before"])
    assert len(clean) > 390
    assert clean - accepted(folders["wrapped"]) == set()


def accepted(folder: Path) -> set[str]:
    command = [str(RUFF), "format", "--isolated", "--diff", str(folder)]
    diff = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    changed = {Path(line[4:]).name for line in diff.splitlines() if line.startswith("--- ")}
    return {path.name for path in folder.iterdir()} - changed


def test_the_head_of_a_match() -> None:
    before = "async def h(first, second):\n    match load(first, second, first):\n        case 1: pass\n"
    after = before.replace("load(", "await run_in_threadpool(load, ")
    assert wrap_long_lines(before, after, 50) == (
        "async def h(first, second):\n"
        "    match await run_in_threadpool(\n        load, first, second, first\n    ):\n"
        "        case 1: pass\n"
    )
    # a name, where it is one
    text = "match = loaded(first, second)\n"
    assert wrap_long_lines(text, text.replace("loaded", "reloaded"), 30) == (
        "match = reloaded(\n    first, second\n)\n"
    )


def test_without_a_formatter_only_what_got_too_long_is_laid_out_anew() -> None:
    """The author wrote the second call in three lines, as a formatter might have, and did not run one."""
    before = "x = first(aaaa, bbbb, cccc, dddd)\ny = second(\n    aaaa, bbbb, cccc, dddd, eeee, ffff\n)\n"
    after = before.replace("first(", "await start_first(").replace("ffff", "f").replace("eeee", "e")
    expected = lines(
        "x = await start_first(",
        "    aaaa, bbbb, cccc, dddd",
        ")",
        "y = second(",
        "    aaaa, bbbb, cccc, dddd, e, f",
        ")",
    )
    assert wrap_long_lines(before, after, 40, habit=40) == expected
    assert "y = second(aaaa, bbbb, cccc, dddd, e, f)\n" in wrap_long_lines(before, after, 40)


MOVED = (
    "async def h():\n    if a:\n        if b:\n            kept = save(\n                {}\n            )\n"
)


@pytest.mark.parametrize(
    ("arguments", "closes"), [("first, second, third", True), ("first,", False), ("f, s, t", False)]
)
def test_without_a_formatter_what_was_too_long_for_one_line_closes_up_where_it_has_moved(
    arguments: str, closes: bool
) -> None:
    """It goes further to the left; the author broke the others for another reason."""
    inner = f"    def run():\n        return save(\n            {arguments}\n        )\n\n"
    call = "    if a:\n        if b:\n            kept = await go(run)\n"
    after = f"async def h():\n{inner}{call}"
    closed = f"    def run():\n        return save({arguments})\n\n"
    expected = f"async def h():\n{closed}{call}" if closes else after
    assert wrap_long_lines(MOVED.format(arguments), after, 60, habit=43) == expected


def test_new_files_are_laid_out_where_a_formatter_is_in_use() -> None:
    text = "@broker.task\ndef push(name):\n    client.trigger(\n        name, {}\n    )\n"
    expected = "@broker.task\ndef push(name):\n    client.trigger(name, {})\n"
    assert wrap_long_lines("", text, 88) == expected
    assert wrap_long_lines("", text, None) == text


HAND_LAID = {
    "a chain in brackets": (
        "rows = (\n    query(a)\n    .filter(b)\n    .all()\n)\n",
        "rows = (\n    (await s(select(a)\n    .filter(b))).all()\n)\n",
        "rows = (await s(select(a).filter(b))).all()\n",
    ),
    "a chain in brackets, longer than the lines of the file": (
        "rows = (\n    query(aaaaaaaa)\n    .filter(bbbbbbbbb)\n    .all()\n)\n",
        "rows = (\n    (await scalars(select(aaaaaaaa)\n    .filter(bbbbbbbbb))).all()\n)\n",
        "rows = (\n    await scalars(select(aaaaaaaa).filter(bbbbbbbbb))\n).all()\n",
    ),
    "a chain in brackets that becomes one line": (
        "rows = (\n    query(a)\n    .filter(b)\n    .all()\n)\n",
        "rows = (\n    (await s(select(a).filter(b))).all()\n)\n",
        "rows = (await s(select(a).filter(b))).all()\n",
    ),
    "one line in brackets that begins with brackets": (
        "rows = (\n    query(aaaaaaaa).filter(bbbbbbbbb).all()\n)\n",
        "rows = (\n    (await scalars(select(aaaaaaaa).filter(bbbbbbbbb))).all()\n)\n",
        "rows = (\n    await scalars(select(aaaaaaaa).filter(bbbbbbbbb))\n).all()\n",
    ),
    "a chain below its first bracket": (
        "rows = (query(aaa)\n        .filter(b)\n        .all())\n",
        "rows = ((await s(select(aaa).filter(b))).all())\n",
        "rows = (await s(select(aaa).filter(b))).all()\n",
    ),
    "a chain that backslashes held together": (
        "rows = query(a)\\\n    .filter(b)\\\n    .all()\n",
        "rows = (await s(select(a)\\\n    .filter(b))).all()\n",
        "rows = (await s(select(a).filter(b))).all()\n",
    ),
    "arguments within their brackets": (
        "rows = query(a).filter(\n    bbbbbbb, ccccccc\n).all()\n",
        "rows = (await scalars(select(a).filter(bbbbbbb, ccccccc))).all()\n",
        "rows = (\n    await scalars(select(a).filter(bbbbbbb, ccccccc))\n).all()\n",
    ),
}


@pytest.mark.parametrize("name", HAND_LAID)
def test_without_a_formatter_what_an_edit_tore_apart_is_laid_out_anew(name: str) -> None:
    before, after, expected = HAND_LAID[name]
    assert wrap_long_lines(before, after, 60, habit=54) == expected


WIDE = "found = {\n    'a': [\n        each\n        for each in query(a)\n        .filter(b)\n    ],\n}\n"


def test_without_a_formatter_brackets_that_stay_open_in_a_line_are_laid_out_anew() -> None:
    after = WIDE.replace("query(a)", "await scalars(select(a)").replace("filter(b)", "filter(b))")
    expected = WIDE.replace(
        "        for each in query(a)\n        .filter(b)\n",
        "        for each in await scalars(\n            select(a).filter(b)\n        )\n",
    )
    assert wrap_long_lines(WIDE, after, 60, habit=44) == expected


AS_IT_WAS = {
    "brackets that the author left open": (
        "x = load(a,\n         b)\ny = load(\n    a, load(b,\n    c))\n",
        "x = load(a,\n         c)\ny = load(\n    a, load(d,\n    c))\n",
    ),
    "several brackets on one line were the author's": (
        "x = dumps({\n    'a': load(1),\n})\n",
        "x = dumps({\n    'a': await load(1),\n})\n",
    ),
    "a dictionary that begins in the line of its name": (
        "x = {'a': load(1),\n     'b': 2}\n",
        "x = {'a': await load(1),\n     'b': 2}\n",
    ),
    "a backslash outside of brackets": (
        "assert load(\n    f(1)\n) == 2, \\\n    'why'\n",
        "assert (await load(g(\n    f(1)\n))) == 2, \\\n    'why'\n",
    ),
    "brackets around one line": ("x = (\n    load(1)\n)\n", "x = (\n    await load(1)\n)\n"),
    "brackets around one line, with a method below": (
        "x = (\n    load(1)\n).all()\n",
        "x = (\n    (await load(1)).rows\n).all()\n",
    ),
    "arguments on lines of their own": (
        "x = load(\n    get(1)\n)\n",
        "x = load(\n    (await get(1)).rows\n)\n",
    ),
    "brackets of one line": ("x = (load(1))\n", "x = (await load(1))\n"),
    "one line that got longer than others": (
        "x = load(1, 'a long text', 2)\n",
        "x = await run_in_threadpool(load, 1, 'a long text', 2)\n",
    ),
}


@pytest.mark.parametrize("name", AS_IT_WAS)
def test_without_a_formatter_the_layout_of_the_author_stays(name: str) -> None:
    before, after = AS_IT_WAS[name]
    assert wrap_long_lines(before, after, 60, habit=44) == after


def test_a_long_line_that_stays_between_functions_that_are_alike_is_not_wrapped() -> None:
    """The body of the second one has become what that of the first one was, as if it had come before."""
    header = f"async def second(db, user=Depends(current_user)):  # {'-' * 80}\n"
    body = [f"step_{number}(db, user)\n" for number in range(9)]

    def at(level: int) -> str:
        return "".join("    " * level + line for line in body)

    before = "async def first(db, user):\n    if user:\n" + at(2) + "\n\n" + header + at(1)
    inner = "    def run():\n"
    first = "async def first(db, user):\n" + inner + "        if user:\n" + at(3)
    after = first + "\n\n" + header + inner + at(2)
    assert wrap_long_lines(before, after, 110, habit=80) == after
