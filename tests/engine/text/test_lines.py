"""Bytes that must come back as they went in, and bytes that are no source at all."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from async_fix.codemods.engine.text.line_limit import line_limit
from async_fix.codemods.engine.text.lines import (
    UndecodableSource,
    UnencodableText,
    byte_to_char,
    decode,
    encode,
    newline_of,
    split_lines,
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x = 1",
        b"x = 1\r\ny = 2\r\n",
        b"x = 1\ry = 2\r",
        b"x = 1\r\ny = 2\nz = 3\r",
        b"\xef\xbb\xbfx = 1\r\n",
        b"# coding: utf-8\nx = '\xc3\xa9'\n",
        b"\xef\xbb\xbf# coding: utf-8-sig\nx = 1\n",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        b"#!/usr/bin/python\r# vim: set fileencoding=cp1252 :\rx = '\x80'\r",
        b"\x0c\nx = 1\n\x0c  \n",
        "x = '\x1c\u2028\x85'\n".encode(),
        b"x = 1\n\n\n",
    ],
)
def test_every_byte_comes_back(data: bytes) -> None:
    source = decode(data)
    assert encode(source, source.text) == data


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_lines_that_all_end_with_a_carriage_return_end_otherwise_while_they_are_worked_on(
    mark: bytes,
) -> None:
    source = decode(mark + b"x = 1\ry = 2\r")
    assert source.text == "x = 1\ny = 2\n"
    assert encode(source, "x = 1\ny = 3\nz = 4\n") == mark + b"x = 1\ry = 3\rz = 4\r"


@pytest.mark.parametrize("text", ["x = 1\ry = 2\n", "x = 1\ry = 2\rz = 3\r\n", "x = 1\r\n", "x = 1"])
def test_other_line_ends_stay_as_they_are(text: str) -> None:
    source = decode(text.encode())
    assert source.text == text
    assert encode(source, f"{text}\n") == f"{text}\n".encode()


def test_cookie_in_the_second_line_counts_only_below_a_comment_or_a_blank_line() -> None:
    assert decode(b"\n# coding: latin-1\nx = '\xe9'\n").encoding == "iso8859-1"
    with pytest.raises(UndecodableSource):
        decode(b"x = 1\n# coding: latin-1\ny = '\xe9'\n")


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"x = 1\ny = '\xe9'\n", "not valid utf-8", 2),
        (b"x = 1\r\r\ny = '\0'\n", "holds a NUL byte", 3),
        (b"x\0 = 1\0\n", "holds a NUL byte", 1),
        (b"# coding: klingon\n", "unknown encoding: klingon", 1),
        (b"# coding: hex\nx = 1\n", "unknown encoding: hex", 1),
        (
            b"\xef\xbb\xbf# coding: latin-1\n",
            "a UTF-8 byte order mark, but the encoding is given as latin-1",
            1,
        ),
        (b"# coding: utf-7\nx = '+AGE-'\n", "cannot be written back unchanged in utf-7", 1),
    ],
)
def test_what_is_no_source_is_refused_with_its_line(data: bytes, message: str, line: int) -> None:
    with pytest.raises(UndecodableSource) as caught:
        decode(data)
    assert (caught.value.message, caught.value.line) == (message, line)


def test_text_that_the_encoding_cannot_hold_is_refused() -> None:
    source = decode(b"# coding: latin-1\nx = 1\n")
    with pytest.raises(UnencodableText) as caught:
        encode(source, "# coding: latin-1\r\nx = 'Ω'\r\n")
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("text", "newline"),
    [
        ("", "\n"),
        ("x", "\n"),
        ("a\r\nb\r\nc\n", "\r\n"),
        ("a\rb\r", "\r"),
        ("a\nb\r\nc\n", "\n"),
        ("a\r\nb\n", "\r\n"),
    ],
)
def test_new_lines_end_as_most_lines_do(text: str, newline: str) -> None:
    assert newline_of(text) == newline


def test_lines_are_those_of_the_parser_not_of_splitlines() -> None:
    text = "a = '\x1c\x0b\u2028'\x0c\rb = 1\r\nc = 2\n"
    assert [line.strip("\r\n") for line in split_lines(text)] == [
        "a = '\x1c\x0b\u2028'\x0c",
        "b = 1",
        "c = 2",
    ]
    assert [node.lineno for node in ast.parse(text).body] == [1, 2, 3]


def test_byte_columns_become_character_columns() -> None:
    line = "größe = call('é', größe)"
    call = ast.parse(line).body[0].value  # type: ignore[attr-defined]
    assert (
        line[byte_to_char(line, call.col_offset) : byte_to_char(line, call.end_col_offset)]
        == "call('é', größe)"
    )
    assert byte_to_char("plain = 1", 8) == 8


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, None),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, None),
        ({"pyproject.toml": "[tool.isort]\nprofile = 'black'\n"}, None),
        ({"pyproject.toml": "not toml ["}, None),
        ({"setup.cfg": "[flake8]\nignore = E501\n"}, None),
        ({"setup.cfg": "[broken\n"}, None),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 120\n"}, 120),
        ({"pyproject.toml": "[tool.ruff.lint]\nselect = ['I']\n"}, 88),
        ({"pyproject.toml": "[tool.black]\n"}, 88),
        ({"pyproject.toml": "[tool.black]\nline-length = 79\n[tool.ruff]\n"}, 79),
        ({"pyproject.toml": "[tool.black]\nline-length = 79\n[tool.ruff]\nline-length = 99\n"}, 99),
        ({"ruff.toml": "line-length = 101\n", "pyproject.toml": "[tool.ruff]\nline-length = 99\n"}, 101),
        ({".ruff.toml": "", "ruff.toml": "line-length = 101\n"}, 88),
        ({"ruff.toml": "extend = 'base/ruff.toml'\n", "base/ruff.toml": "line-length = 110\n"}, 110),
        ({"ruff.toml": "extend = './ruff.toml'\n"}, 88),
        ({".flake8": "[flake8]\nmax-line-length = 100\n"}, 100),
        ({"tox.ini": "[flake8]\nmax_line_length = 100  # wide\n"}, 100),
        ({"tox.ini": "[testenv]\n", "setup.cfg": "[flake8]\nmax-line-length=90\n"}, 90),
        ({"setup.cfg": "[flake8]\nmax-line-length = 100\n", "pyproject.toml": "[tool.black]\n"}, 100),
        ({".pre-commit-config.yaml": "repos:\n- repo: x\n  hooks:\n  - id: ruff-format\n"}, 88),
        ({".pre-commit-config.yaml": "repos:\n- repo: x\n  hooks:\n  - id: ruff\n"}, None),
    ],
)
def test_line_limit_is_the_one_of_the_formatter(
    tmp_path: Path, files: dict[str, str], limit: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert line_limit(tmp_path) == limit
