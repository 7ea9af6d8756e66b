"""Generated functions: an edit changes the tree as it says it does, and no line that it is not about."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter

import pytest
from async_fix.codemods.engine.rewrite import rewrite
from async_fix.codemods.model import (
    AwaitExpression,
    Edit,
    ExtractToThread,
    InsertStatements,
    MoveBody,
    OffloadCall,
    OffloadExpression,
    Span,
    TurnAsync,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .marks import POOL, function_span

# `(1)[0]` is a fine tree
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")

_EXPRESSIONS = st.recursive(
    st.sampled_from(
        ["a", "b.c", "'é'", "1", "f()", "g(a, k=b)", "a.b().c()", "f( a, )", "g(\n  a,  # é\n)", "[\n]"]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"f({p[0]}, k={p[1]})"),
        inner.map(lambda e: f"({e}).x"),
        inner.map(lambda e: f"({e})[0]"),
        inner.map(lambda e: f"({e})()"),
        inner.map(lambda e: f"(not {e})"),
        inner.map(lambda e: f"( # c\n{e} )"),
        inner.map(lambda e: f"{{'k': {e}}}"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} ** {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} if {p[1]} else b)"),
        st.tuples(inner, inner).map(lambda p: f"[{p[0]} for i in {p[1]}]"),
    ),
    max_leaves=4,
)
_SIMPLE = st.one_of(
    _EXPRESSIONS.map(lambda e: [f"x = {e}"]),
    _EXPRESSIONS.map(lambda e: [f"{e}; y = 2"]),
    _EXPRESSIONS.map(lambda e: [f"x: int = {e}  # why"]),
    _EXPRESSIONS.map(lambda e: [f"if {e}: a()  # one line"]),
    st.sampled_from([["# alone", "", "pass"], ["", "x = 1 + \\", "  2"], ["'''text", "of two lines'''"]]),
)


def _indented(block: list[list[str]]) -> list[str]:
    return [f"    {line}" if line else line for statement in block for line in statement]


_STATEMENTS = st.recursive(
    _SIMPLE,
    lambda inner: st.one_of(
        st.tuples(_EXPRESSIONS, st.lists(inner, min_size=1, max_size=3)).map(
            lambda p: [f"with {p[0]} as w:", *_indented(p[1]), "    # end of it"]
        ),
        st.lists(inner, min_size=1, max_size=2).map(
            lambda block: ["try:", *_indented(block), "except E:", "    pass"]
        ),
        st.tuples(_EXPRESSIONS, st.lists(inner, min_size=1, max_size=2)).map(
            lambda p: ["", f"for i in {p[0]}:  # loop", *_indented(p[1]), "else:", *_indented(p[1])]
        ),
    ),
    max_leaves=4,
)


@st.composite
def sources(draw: st.DrawFn) -> str:
    body = draw(st.lists(_STATEMENTS, min_size=1, max_size=4))
    lines = [
        "import m",
        "z = 'ü'; t = m.q()",
        "",
        "@dec",
        "def h(a, b=1):  # head",
        *_indented(body),
        "",
        "",
        "k = h(1)",
    ]
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n"]))
    text = text.replace("    ", draw(st.sampled_from(["    ", "  ", "\t"])))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def _handler(source: str) -> ast.FunctionDef:
    return next(node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))


def _span(node: ast.stmt | ast.expr) -> Span:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def _comments(text: str) -> Counter[str]:
    readable = io.StringIO(text.replace("\r\n", "\n"))
    return Counter(
        t.string for t in tokenize.generate_tokens(readable.readline) if t.type == tokenize.COMMENT
    )


def _check(before: str, after: str, first: int, last: int) -> None:
    """Only lines `first` to `last` (from 1) changed, comments are still there, and line ends are of one
    kind."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    assert new[: first - 1] == old[: first - 1]
    assert new[len(new) - len(old) + last :] == old[last:]
    assert _comments(after) == _comments(before)
    assert ("\r\n" in after) == ("\r\n" in before)
    assert after.count("\r\n") in (0, after.count("\n"))


class _Expected(ast.NodeTransformer):
    def __init__(self, edits: dict[Span, Edit]) -> None:
        self._edits = edits

    def generic_visit(self, node: ast.AST) -> ast.AST:
        edit = self._edits.get(_span(node)) if isinstance(node, ast.Call) else None
        super().generic_visit(node)
        if not isinstance(node, ast.Call) or edit is None:
            return node
        pool = ast.Name("run_in_threadpool", ast.Load())
        if isinstance(edit, AwaitExpression):
            return ast.Await(node)
        if isinstance(edit, OffloadCall):
            return ast.Await(ast.Call(pool, [node.func, *node.args], node.keywords))
        function = ast.parse("lambda: 0", mode="eval").body
        assert isinstance(function, ast.Lambda)
        function.body = node
        return ast.Await(ast.Call(pool, [function], []))


@settings(max_examples=60, deadline=None)
@given(sources(), st.data())
def test_expressions_become_what_the_edits_say(source: str, data: st.DataObject) -> None:
    handler = _handler(source)
    calls = [_span(node) for node in ast.walk(handler) if isinstance(node, ast.Call)]
    kinds = st.sampled_from(
        [AwaitExpression, lambda s: OffloadCall(s, POOL), lambda s: OffloadExpression(s, POOL)]
    )
    edits: list[Edit] = [data.draw(kinds)(span) for span in calls if data.draw(st.booleans())]
    edits.append(TurnAsync(_span(handler)))
    after = rewrite(source, edits)
    expected = _Expected({edit.span: edit for edit in edits if not isinstance(edit, TurnAsync)})  # type: ignore[union-attr]
    function = expected.visit(handler)
    result = next(node for node in ast.parse(after).body if isinstance(node, ast.AsyncFunctionDef))
    assert [ast.dump(node) for node in result.body] == [ast.dump(node) for node in function.body]
    assert handler.end_lineno is not None
    _check(source, after, handler.lineno, handler.end_lineno)


@settings(max_examples=60, deadline=None)
@given(sources(), st.data())
def test_a_run_becomes_a_function(source: str, data: st.DataObject) -> None:
    handler = _handler(source)
    blocks = [
        block
        for node in ast.walk(handler)
        for block in (getattr(node, "body", None), getattr(node, "orelse", None))
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt)
    ]
    block = data.draw(st.sampled_from(blocks))
    start = data.draw(st.integers(0, len(block) - 1))
    run = block[start : data.draw(st.integers(start, len(block) - 1)) + 1]
    edits: list[Edit] = [
        ExtractToThread(
            _span(run[0]), _span(run[-1]), _span(run[0]), "read", ("a",), ("x", "y"), False, POOL
        ),
        TurnAsync(_span(handler)),
    ]
    after = rewrite(source, edits)
    compile(after, "after", "exec", dont_inherit=True)
    nested = next(
        n for n in ast.walk(ast.parse(after)) if isinstance(n, ast.FunctionDef) and n.name == "read"
    )
    assert [ast.dump(node) for node in nested.body[:-1]] == [ast.dump(node) for node in run]
    # a comment that closes the block of the last statement goes with it
    _check(source, after, handler.lineno, source.count("\n") - 2)


@settings(max_examples=40, deadline=None)
@given(sources())
def test_a_body_moves_as_it_is(source: str) -> None:
    handler = _handler(source)
    after = rewrite(source, [MoveBody(_span(handler), "_h", POOL)])
    compile(after, "after", "exec", dont_inherit=True)
    sibling = next(n for n in ast.walk(ast.parse(after)) if isinstance(n, ast.FunctionDef) and n.name == "_h")
    docstring = ast.get_docstring(handler, clean=False) is not None
    wanted = [ast.dump(node) for node in handler.body[docstring:]] or [ast.dump(ast.Pass())]
    assert [ast.dump(node) for node in sibling.body] == wanted
    assert _comments(after) == _comments(source)
    assert function_span(after, "h")


@settings(max_examples=40, deadline=None)
@given(sources(), st.booleans(), st.data())
def test_a_statement_is_put_in_and_nothing_is_lost(source: str, after_it: bool, data: st.DataObject) -> None:
    handler = _handler(source)
    anchor = data.draw(st.sampled_from(handler.body))
    after = rewrite(source, [InsertStatements(_span(anchor), POOL, after_it)])
    wanted = [ast.dump(node) for node in handler.body]
    wanted.insert(handler.body.index(anchor) + after_it, ast.dump(ast.parse("run_in_threadpool").body[0]))
    assert [ast.dump(node) for node in _handler(after).body] == wanted
    _check(source, after, handler.lineno, source.count("\n") - 2)
