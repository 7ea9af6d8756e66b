"""Other spellings of the same module: what Python reads is the same, letter for letter it is not."""

from __future__ import annotations

import ast
import codecs
import io
import itertools
import re
import tokenize
from collections.abc import Callable

from hypothesis import strategies as st

_GAPS = ("", " ", "   ", "\t", " \\\n  ", " \\\n")
_INNER_GAPS = (*_GAPS, "\n", "\n        ", "  # in between\n    ", "\n\n    # alone\n  ")
_OWN_LINES = ("", "   ", "\t", "# at the margin", "        # far in", "#!odd", "\f", "  # fmt: off")
_ENDS = ("  # at the end", "   ", ";", "\t# tab", " ;  # both", "  # type: ignore")
_UNITS = (" ", "  ", "   ", "\t", "        ", "    ")


@st.composite
def spelled(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> bytes:
    """The bytes of one of the texts, spelled otherwise at some places."""
    text = draw(texts)
    if tree(text) is None:
        return text.encode()
    changes = st.sampled_from((_gap, _gap, _gap, _own_line, _end, _joined, _one_line, _indented, _decorated))
    for _ in range(draw(st.integers(0, 12))):
        other = draw(changes)(draw, text)
        if tree(other) == tree(text):
            text = other
    text = draw(st.sampled_from((text, text, text.rstrip("\n"), text + "\n\n", "\n\n" + text)))
    end = draw(st.sampled_from(("\n", "\n", "\r\n")))
    mark = draw(st.sampled_from((b"", b"", b"", codecs.BOM_UTF8)))
    cookie = "" if mark else draw(st.sampled_from(("", "", "# -*- coding: latin-1 -*-\n")))
    text = (cookie + text).replace("\n", end)
    return mark + text.encode("latin-1" if cookie else "utf-8")


def tree(text: str) -> str | None:
    """What Python reads in it, if it takes it."""
    try:
        compile(text, "<module>", "exec", dont_inherit=True)
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return None


_Change = Callable[[st.DrawFn, str], str]


def _gap(draw: st.DrawFn, text: str) -> str:
    """Other white space between two tokens of one line."""
    tokens = [t for t in _tokens(text) if t.type not in (tokenize.INDENT, tokenize.DEDENT, tokenize.NL)]
    pairs = [(a, b) for a, b in itertools.pairwise(tokens) if a.end[0] == b.start[0] and b.string.strip()]
    if not pairs:
        return text
    first, second = draw(st.sampled_from(pairs))
    lines = text.splitlines(keepends=True)
    line = lines[first.end[0] - 1]
    lines[first.end[0] - 1] = (
        line[: first.end[1]] + draw(st.sampled_from(_INNER_GAPS)) + line[second.start[1] :]
    )
    return "".join(lines)


def _own_line(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(_OWN_LINES)) + "\n")
    return "".join(lines)


def _end(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines()
    index = draw(st.integers(0, len(lines) - 1))
    lines[index] += draw(st.sampled_from(_ENDS))
    return "\n".join(lines) + "\n"


def _joined(draw: st.DrawFn, text: str) -> str:
    """Two lines become one with a semicolon."""
    lines = text.splitlines()
    index = draw(st.integers(0, len(lines) - 2))
    lines[index : index + 2] = [lines[index] + draw(st.sampled_from((";", " ; "))) + lines[index + 1].strip()]
    return "\n".join(lines) + "\n"


def _one_line(draw: st.DrawFn, text: str) -> str:
    """A block of one line goes behind its colon."""
    lines = text.splitlines()
    heads = [n for n, line in enumerate(lines[:-1]) if line.endswith(":")]
    if not heads:
        return text
    index = draw(st.sampled_from(heads))
    lines[index : index + 2] = [
        lines[index] + draw(st.sampled_from((" ", "", "\t"))) + lines[index + 1].strip()
    ]
    return "\n".join(lines) + "\n"


def _indented(draw: st.DrawFn, text: str) -> str:
    """One top-level statement, or all, with another indentation."""
    unit = draw(st.sampled_from(_UNITS))
    body = ast.parse(text).body
    whole = st.just((0, text.count("\n") + 1))
    node = st.sampled_from(body).map(lambda node: (node.lineno - 1, node.end_lineno or node.lineno))
    start, end = draw(whole | node)
    lines = text.splitlines()
    for number in range(start, min(end, len(lines))):
        lines[number] = re.sub(r"^(?:    )+", lambda found: unit * (len(found[0]) // 4), lines[number])
    return "\n".join(lines) + "\n"


def _decorated(draw: st.DrawFn, text: str) -> str:
    """A quote of another kind."""
    strings = [t for t in _tokens(text) if t.type == tokenize.STRING and t.start[0] == t.end[0]]
    if not strings:
        return text
    token = draw(st.sampled_from(strings))
    other = token.string.translate(str.maketrans("'\"", "\"'"))
    prefix = draw(st.sampled_from(("", "", "r", "u", "R")))
    lines = text.splitlines(keepends=True)
    line = lines[token.start[0] - 1]
    lines[token.start[0] - 1] = line[: token.start[1]] + prefix + other + line[token.end[1] :]
    return "".join(lines)


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    try:
        return list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
