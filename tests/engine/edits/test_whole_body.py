"""A whole body in a sibling function: what stays with the handler, what moves, how it is called."""

from __future__ import annotations

import ast

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import AddDecorator, Code, Edit, MoveBody, OffloadCall, TurnAsync

from .marks import POOL, function_span, marked


def moved(source: str, name: str = "h", **options: int) -> str:
    result = rewrite(
        source, [MoveBody(function_span(source, name), f"_{name}", POOL)], line_length=options.get("limit")
    )
    ast.parse(result)
    return result


def test_decorators_signature_and_docstring_stay() -> None:
    assert moved(
        'import a\n\n# the route\n@router.post("/items")\n@timed  # slow\ndef h(\n    name: str,  # who\n'
        "    db: Db = Depends(get_db),\n) -> Item:  # noqa: D103\n"
        '    """Hide it."""\n\n    # find\n    item = db.get(name)\n    return item  # done\n'
        "    # end\n\n\nx = 1\n"
    ) == (
        'import a\n\n# the route\n@router.post("/items")\n@timed  # slow\n'
        "async def h(\n    name: str,  # who\n"
        "    db: Db = Depends(get_db),\n) -> Item:  # noqa: D103\n"
        '    """Hide it."""\n    return await run_in_threadpool(_h, name, db)\n\n\n'
        "def _h(\n    name: str,\n    db: Db,\n) -> Item:\n"
        "    # find\n    item = db.get(name)\n    return item  # done\n    # end\n\n\nx = 1\n"
    )


@pytest.mark.parametrize(
    ("signature", "call", "sibling"),
    [
        ("()", "_h", "()"),
        ("(a, b=1)", "_h, a, b", "(a, b)"),
        ("(a: int = Query(1), /, b: str = 'x')", "_h, a, b", "(a: int, /, b: str)"),
        ("(a, *, b: int = 1, c)", "_h, a, b=b, c=c", "(a, *, b: int, c)"),
        ("(a=1, *args: int, b=2)", "_h, a, *args, b=b", "(a, *args: int, b)"),
        ("(a, **options: int)", "_h, a, **options", "(a, **options: int)"),
        ("(*, b)", "_h, b=b", "(*, b)"),
        (
            "(db: Annotated[Db, Depends(get_db)] = None) -> Item",
            "_h, db",
            "(db: Db) -> Item",
        ),
        ("(db: typing.Annotated[list[Db], 1], n: Db[int])", "_h, db, n", "(db: list[Db], n: Db[int])"),
        (
            "(\n    db: Annotated[\n        Db, Depends(get_db)\n    ] = None\n)",
            "_h, db",
            "(db: Db)",
        ),
        ("(a: 'A | None' = None) -> 'B'", "_h, a", "(a: 'A | None') -> 'B'"),
    ],
)
def test_parameters(signature: str, call: str, sibling: str) -> None:
    assert moved(f"def h{signature}:\n    return locals()\n") == (
        f"async def h{signature}:\n    return await run_in_threadpool({call})\n\n\ndef _h{sibling}:\n"
        f"    return locals()\n"
    )


@pytest.mark.parametrize(
    ("signature", "body", "call", "sibling"),
    [
        ("(a, user=Depends(login))", "a", "_h, a", "(a)"),
        ("(user=Depends(login))", "1", "_h", "()"),
        ("(a, user: User = Depends(login), b: int = 1)", "a, b", "_h, a, b", "(a, b: int)"),
        ("(a, /, b=1)", "b", "_h, b", "(b)"),
        ("(a, /, b=1)", "a", "_h, a", "(a, /)"),
        ("(a, *, b=1, c=2)", "a, c", "_h, a, c=c", "(a, *, c)"),
        ("(a, *, b=1)", "a", "_h, a", "(a)"),
        ("(a, *args, b=1)", "a", "_h, a, *args", "(a, *args)"),
        # named by what stands inside, as a type in a text, in another function
        ("(a, b=1)", "f'{a}{b}'", "_h, a, b", "(a, b)"),
        ("(a, B=1)", "cast('list[B]', a)", "_h, a, B", "(a, B)"),
        ("(a, b=1)", "lambda: (a, b)", "_h, a, b", "(a, b)"),
        # all of them may be read
        ("(a, b=1)", "vars()", "_h, a, b", "(a, b)"),
        ("(a, b=1)", "eval(x)", "_h, a, b", "(a, b)"),
    ],
)
def test_what_the_body_does_not_name_is_not_passed(
    signature: str, body: str, call: str, sibling: str
) -> None:
    assert moved(f"def h{signature}:\n    return {body}\n") == (
        f"async def h{signature}:\n    return await run_in_threadpool({call})\n\n\ndef _h{sibling}:\n"
        f"    return {body}\n"
    )


def test_what_is_left_is_joined_when_it_fits() -> None:
    source = "def h(\n    a: int,\n    user: User = Depends(login),\n):\n    return a\n"
    assert moved(source).endswith("def _h(a: int):\n    return a\n")
    assert moved(source.replace("login),", "login)")).endswith("def _h(a: int):\n    return a\n")
    long = "a" * 60
    source = source.replace("a: int", f"{long}: int").replace("return a", f"return {long}")
    assert moved(source, limit=70).endswith(f"def _h(\n    {long}: int,\n):\n    return {long}\n")


def test_the_only_parameter_that_is_left_on_its_line_ends_with_a_comma() -> None:
    header = "def h(\n    request: Request, user: User = Depends(login)\n) -> ResponseOfThisHandler:\n"
    source = f"{header}    return request\n"
    assert moved(source, limit=40).endswith(
        "def _h(\n    request: Request,\n) -> ResponseOfThisHandler:\n    return request\n"
    )
    both = source.replace("return request", "return request, user")
    assert "def _h(\n    request: Request, user: User\n)" in moved(both, limit=40)


def test_a_method_keeps_its_instance() -> None:
    source = "class A:\n    def h(self, user=Depends(login)):\n        return 1\n"
    assert "        return await run_in_threadpool(self._h)\n\n    def _h(self):\n" in moved(source)


def test_a_signature_of_several_lines_is_joined_when_it_fits_without_its_defaults() -> None:
    source = "def h(\n    a: int = Query(1), *, b: str = Depends(x)  # c\n):\n    return locals()\n"
    assert moved(source).endswith("def _h(a: int, *, b: str):\n    return locals()\n")
    long = (
        "def h(\n    " + "a" * 50 + ": int = Query(1), " + "b" * 50 + ": str = 1\n):\n    return locals()\n"
    )
    assert moved(long).endswith(
        "def _h(\n    " + "a" * 50 + ": int, " + "b" * 50 + ": str\n):\n    return locals()\n"
    )


def test_methods_go_through_their_first_parameter() -> None:
    source = (
        "class A:\n    def h(self, a, *, b=1):\n        return a, b\n\n    @classmethod\n    def g(cls, a):\n"
        "        return a\n\n    class B:\n        @staticmethod\n        def s(a): return a\n\n    x = 1\n"
    )
    edits = [MoveBody(function_span(source, name), f"_{name}", POOL) for name in ("h", "g", "s")]
    assert rewrite(source, edits) == (
        "class A:\n    async def h(self, a, *, b=1):\n"
        "        return await run_in_threadpool(self._h, a, b=b)\n\n"
        "    def _h(self, a, *, b):\n        return a, b\n\n"
        "    @classmethod\n    async def g(cls, a):\n        return await run_in_threadpool(cls._g, a)\n\n"
        "    @classmethod\n    def _g(cls, a):\n        return a\n\n"
        "    class B:\n        @staticmethod\n        async def s(a):\n"
        "            return await run_in_threadpool(A.B._s, a)\n\n"
        "        @staticmethod\n        def _s(a): return a\n\n    x = 1\n"
    )


def test_a_route_in_a_factory_gets_its_sibling_in_the_same_block() -> None:
    assert moved("def make():\n    @app.get('/')\n    def h(a):\n        return a\n    return app\n") == (
        "def make():\n    @app.get('/')\n    async def h(a):\n"
        "        return await run_in_threadpool(_h, a)\n\n"
        "    def _h(a):\n        return a\n\n    return app\n"
    )


@pytest.mark.parametrize(
    ("body", "kept", "rest"),
    [
        (" return 1", "", " return 1"),
        (" 'doc'; return 1", "    'doc'\n", " return 1"),
        ("\n    'doc'; a = 1  # c\n    return a", "    'doc'\n", "\n    a = 1  # c\n    return a"),
        ("\n    'a' 'b'\n    return 1", "    'a' 'b'\n", "\n    return 1"),
        ("\n    'only'", "    'only'\n", "\n    pass"),
        # not docstrings
        ("\n    b'doc'\n    return 1", "", "\n    b'doc'\n    return 1"),
        ("\n    f'doc'\n    return 1", "", "\n    f'doc'\n    return 1"),
        ("\n    'a'.strip()\n    return 1", "", "\n    'a'.strip()\n    return 1"),
    ],
)
def test_only_a_docstring_stays(body: str, kept: str, rest: str) -> None:
    assert moved(f"def h():{body}\n") == (
        f"async def h():\n{kept}    return await run_in_threadpool(_h)\n\n\ndef _h():{rest}\n"
    )


def test_a_long_call_is_wrapped() -> None:
    result = moved("def h(aaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbb):\n    return locals()\n", limit=60)
    assert (
        "    return await run_in_threadpool(\n        _h, aaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbb\n    )\n"
        in result
    )


def test_an_async_handler_stays_async_and_its_sibling_is_not() -> None:
    assert moved("async def h(a):\n    return f(a)\n") == (
        "async def h(a):\n    return await run_in_threadpool(_h, a)\n\n\ndef _h(a):\n    return f(a)\n"
    )


def test_neighbours_that_stood_close_move_away_from_the_sibling() -> None:
    assert moved("def h(): return 1\napp.add('/', h)\n") == (
        "async def h():\n    return await run_in_threadpool(_h)\n\n\ndef _h(): return 1\n\n\n"
        "app.add('/', h)\n"
    )


def test_edits_of_the_same_function_compose() -> None:
    source, (call,) = marked("def h(a):\n    return «f(a)»\n")
    span = function_span(source, "h")
    edits: list[Edit] = [
        MoveBody(span, "_h", POOL),
        AddDecorator(span, Code("@log")),
        OffloadCall(call, POOL),
    ]
    assert rewrite(source, edits) == (
        "@log\nasync def h(a):\n    return await run_in_threadpool(_h, a)\n\n\n"
        "def _h(a):\n    return await run_in_threadpool(f, a)\n"
    )


@pytest.mark.parametrize(
    "source",
    ["def h(*, func):\n    return func\n", "class A:\n    def h(*args):\n        pass\n"],
)
def test_what_the_pool_cannot_pass_on_is_an_error(source: str) -> None:
    with pytest.raises(RewriteError):
        moved(source)


def test_two_names_for_one_body_are_an_error() -> None:
    source = "def h():\n    pass\n"
    span = function_span(source, "h")
    with pytest.raises(RewriteError, match="two edits claim"):
        rewrite(source, [MoveBody(span, "_a", POOL), MoveBody(span, "_b", POOL)])


def test_turning_what_moves_turns_it_once() -> None:
    source = "def h():\n    return 1\n"
    span = function_span(source, "h")
    assert rewrite(source, [TurnAsync(span), MoveBody(span, "_h", POOL)]) == moved(source)
