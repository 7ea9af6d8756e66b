"""Small functions at random: every kind of statement around calls that block, leave a trace, and may fail."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from hypothesis import strategies as st

NAMES = ("a", "b", "c", "d")
Draw = Callable[[st.SearchStrategy[object]], object]

_LEAVES = st.sampled_from(("1", "2", "3", "a", "b", "c", "d", "len(xs)"))
_VALUES = st.sampled_from(
    (
        "load({0})",
        "load({0}) + load({1})",
        "step({0}) + {1}",
        "{0} + {1}",
        "load(step({0}))",
        "sum(load(n) for n in xs)",
        "sum([load(n) for n in xs if step(n) % 2])",
        "len([n for n in fetch_all({0})])",
        "max(map(lambda n: load(n), xs), default={0})",
        "load({0}) if step({1}) % 2 else {0}",
        "load({0}) and load({1})",
        "(d := load({0})) + {1}",
        "len(f'{{load({0})}} {{ {1} }}')",
        "load(*xs[:1])",
        "load(value={0})",
        "load(**{{'value': {0}}})",
        "[load({0}), {1}][0]",
        "note({0})",
        "note({0}) + load({1})",
        "g + load({0})",
    )
)
_SIMPLE = st.sampled_from(
    (
        "{name} = {value}",
        "{name} = {value}",
        "{name} += {value}",
        "{name}: int = {value}",
        "{name}, {other} = {value}, {leaf}",
        "{name} = b = {value}",
        "save({leaf})",
        "note({leaf})",
        "xs.append(load({leaf}))",
        "xs = [*xs, {value}]",
        "{name} = 0",
        "{name} = 0  # starts here",
        "load({leaf}); save({leaf})",
        "del {name}",
        "assert load({leaf}) != 2, note(3)",
        "with opened({leaf}) as f: {name} = f.read()",
        "pass",
    )
)
_JUMPS = st.sampled_from(("return {value}", "return {name}", "return", "raise ValueError({value})"))
_LOOP_JUMPS = st.sampled_from(("break", "continue", "return {value}", "if {leaf} == 2: break"))
_COMPOUND = st.sampled_from(
    (
        "if", "if", "elif", "for", "for_rows", "while", "try", "try", "finally", "with", "with", "suppress",
        "closure", "rebinds", "match", "global",
    )
)  # fmt: skip


@st.composite
def functions(draw: Draw, *, is_async: bool = False) -> str:
    """The source of a function `h(a, b, xs)`; an async one awaits here and there."""
    maker = _Maker(draw, is_async)
    body = maker.block(depth=0, loops=0, length=6)
    if draw(st.booleans()):
        body += "\nreturn a, b"
    head = "async def" if is_async else "def"
    return f"{head} h(a, b, xs):\n" + textwrap.indent(body, "    ") + "\n"


class _Maker:
    def __init__(self, draw: Draw, is_async: bool) -> None:
        self._draw = draw
        self._is_async = is_async
        self._number = 0

    def block(self, depth: int, loops: int, length: int = 3) -> str:
        count = self._draw(st.integers(1, length))
        assert isinstance(count, int)
        lines = [self._statement(depth, loops) for _ in range(count)]
        ends = self._draw(st.integers(0, 5))
        if ends == 0:
            lines.append(self._filled(self._draw(_LOOP_JUMPS if loops else _JUMPS)))
        return "\n".join(lines)

    def _statement(self, depth: int, loops: int) -> str:
        kind = self._draw(st.integers(0, 9))
        assert isinstance(kind, int)
        if self._is_async and kind == 9:
            return self._filled("{name} = await ask({leaf})")
        if kind < 6 or depth >= 3:
            return self._filled(self._draw(_SIMPLE))
        return self._compound(str(self._draw(_COMPOUND)), depth + 1, loops)

    def _compound(self, kind: str, depth: int, loops: int) -> str:
        block = lambda more=0: textwrap.indent(self.block(depth, loops + more), "    ")  # noqa: E731
        filled = self._filled
        if kind == "if":
            other = f"\nelse:\n{block()}" if self._draw(st.booleans()) else ""
            return filled("if {value}:\n") + block() + other
        if kind == "elif":
            return (
                filled("if {leaf} == 1:\n")
                + block()
                + filled("\nelif {value}:\n")
                + block()
                + f"\nelse:\n{block()}"
            )
        if kind in ("for", "for_rows"):
            iterable = "fetch_all({leaf})" if kind == "for_rows" else "xs"
            other = f"\nelse:\n{block()}" if self._draw(st.booleans()) else ""
            return filled(f"for {{name}} in {iterable}:\n") + block(1) + other
        if kind == "while":
            return f"while tick():\n{block(1)}"
        if kind == "try":
            name = self._draw(st.sampled_from(("", " as error", " as d")))
            other = f"\nelse:\n{block()}" if self._draw(st.booleans()) else ""
            return f"try:\n{block()}\nexcept ValueError{name}:\n{block()}{other}"
        if kind == "finally":
            return f"try:\n{block()}\nfinally:\n{block()}"
        if kind == "with":
            name = self._draw(st.sampled_from(("", " as c", " as f")))
            return filled(f"with opened({{leaf}}){name}:\n") + block()
        if kind == "suppress":
            return f"with suppress(ValueError):\n{block()}"
        if kind == "match":
            return (
                filled("match {value}:\n    case 1:\n")
                + textwrap.indent(block(), "    ")
                + ("\n    case d:\n" + textwrap.indent(block(), "    "))
            )
        if kind == "global":
            return filled("g = {value}") if depth else "pass"
        self._number += 1
        inner = f"inner_{self._number}"
        if kind == "closure":
            return filled(f"def {inner}():\n    return {{leaf}}\n{{name}} = {inner}() + {{value}}")
        return filled(f"def {inner}():\n    nonlocal a\n    a = {{leaf}} + 1\n{inner}()\nb = load(a)")

    def _filled(self, template: object) -> str:
        value = str(self._draw(_VALUES)).format(self._draw(_LEAVES), self._draw(_LEAVES))
        name = str(self._draw(st.sampled_from(NAMES)))
        # another one: early releases of Python 3.11 give `b` the wrong value in `b, b = load(1), 1`
        other = NAMES[NAMES.index(name) - 1]
        return str(template).format(name=name, other=other, value=value, leaf=self._draw(_LEAVES))
