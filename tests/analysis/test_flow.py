"""What a run of statements takes and gives, where real control flow makes the obvious answer wrong.

In each source the run stands between the comments `# <` and `# >`.
"""

from __future__ import annotations

import ast
import textwrap

import pytest
from async_fix.codemods.analysis.flow.runs import Region, ReturnKind, local_names, region
from async_fix.codemods.analysis.syntax import FunctionNode


def parse(source: str) -> FunctionNode:
    function = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
    return function


def run(source: str) -> Region:
    text = textwrap.dedent(source)
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines, 1) if line.strip() == "# <")
    end = next(number for number, line in enumerate(lines, 1) if line.strip() == "# >")
    function = ast.parse(text).body[0]
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
    statements = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.stmt) and node is not function and start < node.lineno < end
    ]
    column = min(statement.col_offset for statement in statements)
    block = sorted((s for s in statements if s.col_offset == column), key=lambda s: s.lineno)
    return region(function, block[0], block[-1])


def names(*expected: str) -> frozenset[str]:
    return frozenset(expected)


def test_a_name_read_only_after_the_run_binds_it_is_not_needed_from_before() -> None:
    facts = run(
        """
        def f(a):
            x = 1
            # <
            x = a
            y = x
            # >
            return y
        """
    )
    assert facts.live_in == names("a")
    assert facts.live_out == names("y")
    assert facts.writes == names("x", "y")
    assert facts.maybe_writes == names()


def test_a_name_bound_on_some_paths_and_read_later_is_needed_from_before() -> None:
    facts = run(
        """
        def f(a):
            x = 0
            # <
            if a:
                x = 1
            # >
            return x
        """
    )
    assert facts.maybe_writes == names("x")
    assert facts.live_in == names("a", "x")
    assert facts.live_out == names("x")
    assert facts.bound_before == names("a", "x")


def test_a_name_bound_on_some_paths_only_before_the_run_is_not_surely_bound() -> None:
    facts = run(
        """
        def f(a):
            if a:
                x = 0
            # <
            y = x
            # >
            return y
        """
    )
    assert facts.live_in == names("x")
    assert facts.bound_before == names("a")


def test_augmented_assignment_reads_before_it_writes() -> None:
    facts = run(
        """
        def f(items):
            total = 0
            # <
            for item in items:
                total += item
            # >
            return total
        """
    )
    assert facts.live_in == names("items", "total")
    assert facts.live_out == names("total")


def test_a_name_read_earlier_in_the_loop_is_live_around_it() -> None:
    facts = run(
        """
        def f(items):
            seen = 0
            for item in items:
                use(seen)
                # <
                seen = item
                # >
        """
    )
    assert facts.live_out == names("seen")
    assert facts.live_in == names("item")


def test_a_name_rebound_at_the_loop_head_is_not_live_around_it() -> None:
    facts = run(
        """
        def f(items):
            for item in items:
                seen = 0
                use(seen)
                # <
                seen = item
                # >
        """
    )
    assert facts.live_out == names()


def test_a_loop_variable_survives_its_loop_but_may_be_unbound() -> None:
    facts = run(
        """
        def f(items):
            # <
            for item in items:
                pass
            # >
            return item
        """
    )
    assert facts.maybe_writes == names("item")
    assert facts.live_out == names("item")
    assert "item" not in facts.bound_before


def test_an_endless_loop_binds_what_every_break_has_bound() -> None:
    facts = run(
        """
        def f(a):
            # <
            while True:
                x = a()
                if x:
                    break
            # >
            return x
        """
    )
    assert facts.writes == names("x")
    assert not facts.breaks_out


def test_what_the_handler_reads_is_live_when_the_run_fails_half_way() -> None:
    facts = run(
        """
        def f(a):
            tmp = None
            try:
                # <
                tmp = make(a)
                fill(tmp)
                # >
            except OSError:
                remove(tmp)
        """
    )
    assert facts.live_on_error == names("tmp")


def test_a_name_bound_last_is_not_seen_half_way() -> None:
    facts = run(
        """
        def f(a):
            data = None
            try:
                # <
                with open(a) as handle:
                    data = handle.read()
                # >
            except OSError:
                pass
            return data
        """
    )
    assert facts.live_on_error == names()
    assert facts.live_out == names("data")
    assert facts.writes == names("data", "handle")


def test_finally_does_not_make_a_name_uncertain() -> None:
    facts = run(
        """
        def f(a):
            # <
            try:
                data = load(a)
            finally:
                close(a)
            # >
            return data
        """
    )
    assert facts.writes == names("data")
    assert facts.live_in == names("a")


def test_a_swallowed_exception_leaves_a_name_uncertain() -> None:
    facts = run(
        """
        def f(a):
            # <
            with suppress(OSError):
                data = load(a)
            # >
            return data
        """
    )
    assert facts.maybe_writes == names("data")


def test_a_return_through_finally_shows_names_to_it() -> None:
    facts = run(
        """
        def f(a):
            size = 0
            try:
                # <
                size = load(a)
                return size
                # >
            finally:
                log(size)
        """
    )
    assert facts.returns is ReturnKind.ALWAYS
    assert facts.live_on_error == names("size")


def test_except_name_is_gone_after_the_handler() -> None:
    facts = run(
        """
        def f(a):
            # <
            try:
                load(a)
            except OSError as error:
                log(error)
            # >
        """
    )
    assert facts.live_in == names("a")
    assert facts.live_out == names()
    assert facts.maybe_writes == names("error")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("x = 1", ReturnKind.NEVER),
        ("def g():\n    return 1", ReturnKind.NEVER),
        ("return 1", ReturnKind.ALWAYS),
        ("if a:\n    return 1", ReturnKind.SOMETIMES),
        ("if a:\n    return 1\nelse:\n    return 2", ReturnKind.ALWAYS),
        ("if a:\n    return 1\nraise E", ReturnKind.ALWAYS),
        ("for x in a:\n    return x", ReturnKind.SOMETIMES),
        ("while True:\n    return 1", ReturnKind.ALWAYS),
        ("while True:\n    if a:\n        return 1\n    break", ReturnKind.SOMETIMES),
        ("with a:\n    return 1", ReturnKind.ALWAYS),
        ("with suppress(E):\n    return g()", ReturnKind.SOMETIMES),
        ("try:\n    return g()\nexcept E:\n    pass", ReturnKind.SOMETIMES),
        ("try:\n    return g()\nexcept E:\n    raise H", ReturnKind.ALWAYS),
        ("try:\n    g()\nfinally:\n    return 1", ReturnKind.ALWAYS),
        ("match a:\n    case 1:\n        return 1", ReturnKind.SOMETIMES),
        ("match a:\n    case 1:\n        return 1\n    case _:\n        return 2", ReturnKind.ALWAYS),
    ],
)
def test_on_which_paths_the_run_returns(body: str, kind: ReturnKind) -> None:
    source = "def f(a):\n    # <\n" + textwrap.indent(body, "    ") + "\n    # >\n    pass\n"
    assert run(source).returns is kind


@pytest.mark.parametrize(
    ("body", "out"),
    [
        ("break", True),
        ("if a:\n    continue", True),
        ("for x in a:\n    break", False),
        ("while a:\n    pass\nelse:\n    break", True),
        ("try:\n    g()\nexcept E:\n    continue", True),
        ("for x in a:\n    for y in x:\n        continue", False),
    ],
)
def test_break_of_an_outer_loop(body: str, out: bool) -> None:
    source = (
        "def f(a):\n    while a:\n        # <\n"
        + textwrap.indent(body, "        ")
        + "\n        # >\n        pass\n"
    )
    assert run(source).breaks_out is out


@pytest.mark.parametrize(
    ("body", "awaits"),
    [
        ("x = await a", True),
        ("x = [await y for y in a]", True),
        ("x = [y async for y in a]", True),
        ("async with a:\n    pass", True),
        ("async def g():\n    await a", False),
        ("g = lambda: a", False),
    ],
)
def test_only_awaits_of_the_own_frame_count(body: str, awaits: bool) -> None:
    assert run("async def f(a):\n    # <\n" + textwrap.indent(body, "    ") + "\n    # >\n").awaits is awaits


def test_comprehension_targets_stay_inside() -> None:
    facts = run(
        """
        def f(items):
            x = 1
            # <
            y = [x for x in items if x]
            # >
            return x, y
        """
    )
    assert facts.writes == names("y")
    assert facts.live_in == names("items")


def test_a_walrus_in_a_comprehension_binds_outside_of_it_and_maybe_never() -> None:
    facts = run(
        """
        def f(items):
            # <
            y = [last := x for x in items]
            # >
            return last, y
        """
    )
    assert facts.maybe_writes == names("last")
    assert facts.live_out == names("last", "y")


def test_a_walrus_behind_a_short_circuit_may_not_run() -> None:
    facts = run(
        """
        def f(a):
            # <
            ok = a and (b := g())
            # >
            return b
        """
    )
    assert facts.maybe_writes == names("b")


def test_an_earlier_closure_sees_what_the_run_binds() -> None:
    facts = run(
        """
        def f(a):
            size = 0
            def show():
                return size
            # <
            size = load(a)
            # >
            return show()
        """
    )
    assert facts.captured_before == names("size")
    assert facts.live_out == names("size")


def test_a_later_lambda_only_reads() -> None:
    facts = run(
        """
        def f(a):
            # <
            key = load(a)
            # >
            return sorted(a, key=lambda row: row[key])
        """
    )
    assert facts.captured_before == names()
    assert facts.captured_elsewhere == names("a", "key") - names("a")
    assert facts.live_out == names("key")


def test_a_name_a_closure_rebinds() -> None:
    facts = run(
        """
        def f(a):
            n = 0
            def bump():
                nonlocal n
                n += 1
            # <
            load(a, n)
            # >
            return n
        """
    )
    assert facts.rebound_by_closures == names("n")


def test_a_function_defined_in_the_run_brings_its_own_names() -> None:
    facts = run(
        """
        def f(a, b):
            # <
            def g(b):
                c = b + a
                return c
            # >
            return g
        """
    )
    assert facts.live_in == names("a")
    assert facts.writes == names("g")
    assert facts.captured_inside == names("a")


def test_method_names_of_an_inner_class_do_not_leak() -> None:
    facts = run(
        """
        def f(a):
            # <
            class K:
                limit = a
                def m(self):
                    return limit, self
            # >
            return K
        """
    )
    assert facts.writes == names("K")
    assert facts.live_in == names("a")


def test_global_names_are_no_locals() -> None:
    facts = run(
        """
        def f(a):
            global cache
            # <
            cache = load(a)
            # >
            return cache
        """
    )
    assert facts.globals_written == names("cache")
    assert facts.writes == names()
    assert facts.live_out == names()


def test_two_globals_in_one_statement() -> None:
    assert local_names(parse("def f(a):\n    global x, y\n    x, y, z = a\n")) == names("a", "z")


def test_mutation_is_no_rebinding() -> None:
    facts = run(
        """
        def f(rows, user, plain):
            # <
            rows.append(plain)
            user.profile.name = 1
            own = []
            own.append(1)
            # >
        """
    )
    assert facts.writes == names("own")


def test_a_deleted_name() -> None:
    facts = run(
        """
        def f(a):
            # <
            del a
            # >
        """
    )
    assert facts.deletes == names("a")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("x, *rest = a", {"x", "rest"}),
        ("(x, [y, z]) = a", {"x", "y", "z"}),
        ("a.x, y = a", {"y"}),
        ("x = y = a", {"x", "y"}),
        ("import os.path", {"os"}),
        ("from os import path as p", {"p"}),
        ("def g(): pass", {"g"}),
        ("x: int = a", {"x"}),
        ("x: int", set()),
    ],
)
def test_every_way_to_bind(target: str, expected: set[str]) -> None:
    assert run(f"def f(a):\n    # <\n    {target}\n    # >\n").writes == expected


def test_match_captures_are_bound_in_their_case_only() -> None:
    facts = run(
        """
        def f(a):
            # <
            match a:
                case {"x": x, **rest}:
                    pass
                case [first, *_]:
                    pass
            # >
        """
    )
    assert facts.maybe_writes == names("x", "rest", "first")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x = super().load()", True),
        ("x = super(K, a).load()", False),
        ("x = __class__", True),
        ("def g(self):\n    return super().load()", False),
    ],
)
def test_zero_argument_super(body: str, expected: bool) -> None:
    assert run("def f(a):\n    # <\n" + textwrap.indent(body, "    ") + "\n    # >\n").uses_super is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x = locals()", True),
        ("x = vars(a)", False),
        ("x = vars()", True),
        ("exec(a)", True),
        ("x = a.eval()", False),
    ],
)
def test_looking_at_variables_by_name(body: str, expected: bool) -> None:
    assert run(f"def f(a):\n    # <\n    {body}\n    # >\n").uses_locals is expected


def test_parameters_of_every_kind_are_local() -> None:
    assert local_names(parse("def f(a, /, b, *c, d, **e): pass")) == names("a", "b", "c", "d", "e")


def test_names_of_inner_scopes_are_not_local() -> None:
    source = """
    def f(a):
        g = lambda x: x
        h = [y for y in a]
        k = (z for z in a)
        def inner():
            w = 1
        class C:
            v = 1
    """
    assert local_names(parse(source)) == names("a", "g", "h", "k", "inner", "C")
