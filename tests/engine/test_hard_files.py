"""Files that bring parsers down, circles, and bytes of every kind: the rest of the project changes as ever,
and what cannot be read is left alone and named in one line."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import load_config
from async_fix.codemods.model import Location
from small_projects import APP, migrate

MAIN = """\
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def pay(n: int):
    # how much, in €
    return requests.get(f"http://x/{n}").json()


@app.get("/name")
def name(n: int):
    return "Zoë"
"""
DEEP = {
    "parentheses": "x = " + "(" * 10_000 + "1" + ")" * 10_000 + "\n",
    "operators": "x = " + "not " * 10_000 + "1\n",
    "operands": "x = " + " + ".join(["f(1)"] * 2_000) + "\n",
    "a chain of calls": "def f(a):\n    return a" + ".b()" * 1_000 + "\n",
    "a chain of calls in a broken file": "x = a" + ".b()" * 5_000 + "\nif x\n",
    "lists": "x = " + "[" * 150 + "1" + "]" * 150 + "\n",
    "blocks": "".join(" " * n + "if x:\n" for n in range(95)) + " " * 95 + "y()\n",
    "functions": "".join("    " * n + f"def f{n}():\n" for n in range(60)) + "    " * 60 + "pass\n",
    "branches": "def f(x):\n    if x:\n        pass\n" + "    elif g(x):\n        h(x)\n" * 1_000,
    "heirs": "class C0:\n    def m(self): pass\n"
    + "".join(
        f"class C{n}(C{n - 1}):\n    def m(self):\n        return super().m()\n" for n in range(1, 100)
    ),
    "calls": "".join(f"def f{n}(x):\n    return f{n + 1}(x)\n" for n in range(200)),
}
CIRCLES = {
    "imports": {f"app/m{n}.py": f"from app.m{(n + 1) % 50} import *\n" for n in range(50)},
    "a module that imports itself": {
        "app/own.py": "from app.own import x\nimport app.own as again\nx = again.x\n"
    },
    "classes": {
        "app/a.py": "from app.b import B\n\n\nclass A(B):\n    def m(self):\n        self.n()\n",
        "app/b.py": "from app.a import A\n\n\nclass B(A):\n    def n(self):\n        self.m()\n",
    },
    "a class that is its own base": {
        "app/own.py": "class A(A):\n    def m(self):\n        return self.m()\n"
    },
    "functions": {
        "app/own.py": "def f(x):\n    return g(x)\n\n\ndef g(x):\n    return f(x)\n\n\nh = h = f\n"
    },
    "aliases": {"app/own.py": "a = b\nb = a\na()\nc = lambda: c()\nc()()\n"},
}


@pytest.mark.parametrize("name", DEEP)
def test_what_is_nested_deep(name: str) -> None:
    found = migrate({"app/__init__.py": "", "app/main.py": MAIN, "app/deep.py": DEEP[name]})
    assert found.turned == ["app/main.py:name", "app/main.py:pay"]
    assert found.texts["app/deep.py"] == DEEP[name]
    words = [str(problem) for problem in found.report.problems]
    assert len(words) <= 1
    assert all(each.startswith("app/deep.py") and "\n" not in each for each in words)


@pytest.mark.parametrize("name", CIRCLES)
def test_what_goes_in_a_circle(name: str) -> None:
    found = migrate({"app/__init__.py": "", "app/main.py": MAIN, **CIRCLES[name]})
    assert found.turned == ["app/main.py:name", "app/main.py:pay"]
    assert not found.report.problems


BESIDE = {
    "app/main.pyi": "from fastapi import FastAPI\n\napp: FastAPI\n\ndef pay(n: int): ...\n",
    "app/notes.ipynb": '{"cells": [{"source": ["import requests\\n"]}]}\n',
    "app/template.py.j2": "import {{ module }}\n",
    "app/data.pyx": "cdef int x = 1\n",
}


def test_stubs_and_notebooks_lie_about() -> None:
    found = migrate({"app/__init__.py": "", "app/main.py": MAIN, **BESIDE})
    assert found.turned == ["app/main.py:name", "app/main.py:pay"]
    assert all(found.texts[path] == text for path, text in BESIDE.items())
    assert not found.report.problems


def lines(end: str) -> Callable[[str], bytes]:
    return lambda text: text.replace("\n", end).encode()


BYTES: dict[str, Callable[[str], bytes]] = {
    "CRLF": lines("\r\n"),
    "CR": lines("\r"),
    "a byte order mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "a byte order mark and CRLF": lambda text: codecs.BOM_UTF8 + lines("\r\n")(text),
    "a cookie": lambda text: b"# coding: iso-8859-15\n" + text.encode("iso-8859-15"),
    "no last line end": lambda text: text.rstrip("\n").encode(),
    "form feeds between definitions": lambda text: text.replace("\n\n\n@app", "\n\f\n\n@app").encode(),
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_of_every_kind_stay(tmp_path: Path, name: str) -> None:
    """What comes of the file in other bytes is the same text, in those bytes."""
    spelled = BYTES[name]
    assert applied(tmp_path / "other", spelled(MAIN)) == spelled(
        applied(tmp_path / "plain", MAIN.encode()).decode()
    )


REFUSED: dict[str, tuple[Callable[[str], bytes], str]] = {
    "a conditional that touches its keyword": (
        lambda text: (
            text.replace("return requests", "return(n if n else requests").replace("son()", "son())").encode()
        ),
        "line 10: LibCST wants a space between a keyword and a bracket",
    ),
    "a lambda that touches its keyword": (
        lambda text: text.replace("    return r", "    if 0: return(lambda: 1)\n    return r").encode(),
        "line 10: LibCST wants a space between a keyword and a bracket",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bytes_that_cannot_be_kept_leave_the_code_alone(tmp_path: Path, name: str) -> None:
    spelled, words = REFUSED[name]
    write(tmp_path, spelled(MAIN))
    report = pipeline.apply(pipeline.start([tmp_path / "app"], load_config(tmp_path)))
    assert any(words in why for _, why in report.dropped)
    changed = {file.path: file.new or b"" for file in report.files}
    assert b"http_client" not in changed.get("app/main.py", b"")


UNEDITABLE: dict[str, tuple[Callable[[str], bytes], str]] = {
    "a form feed before a decorator": (
        lambda text: text.replace("\n@app", "\n\f@app", 1).encode(),
        "line 7 of app/main.py has a form feed before its code",
    ),
    "a form feed before a statement": (
        lambda text: text.replace("\n    return", "\n\f    return", 1).encode(),
        "line 10 of app/main.py has a form feed before its code",
    ),
    "a form feed at the beginning": (
        lambda text: f"\f{text}".encode(),
        "line 1 of app/main.py has a form feed before its code",
    ),
    "a carriage return below a blank line": (
        lambda text: f"\n{text}".replace("\n    return", "\r    return", 1).encode(),
        "line 10 of app/main.py ends with a lone carriage return",
    ),
    "a carriage return among line feeds": (
        lambda text: text.replace("\n    return", "\r    return", 1).encode(),
        "line 9 of app/main.py ends with a lone carriage return",
    ),
    "line feeds that became two line ends": (
        lambda text: text.replace("\n", "\r\r\n").encode(),
        "line 1 of app/main.py ends with a lone carriage return",
    ),
}


@pytest.mark.parametrize("name", UNEDITABLE)
def test_lines_that_cannot_be_edited_are_told_by_their_number_before_anything_is_tried(
    tmp_path: Path, name: str
) -> None:
    spelled, words = UNEDITABLE[name]
    write(tmp_path, spelled(MAIN))
    run = pipeline.start([tmp_path / "app"], load_config(tmp_path))
    told = [reason for reason in pipeline.check(run).refusals if reason.code == "AF934"]
    assert told
    assert all(words in reason.text for reason in told)
    report = pipeline.apply(run)
    assert not report.dropped
    assert not report.files


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("n = [x := 1 for x in range(3)]\n", "assignment expression cannot rebind"),
        ("def twice(a, a):\n    pass\n", "duplicate argument 'a'"),
        ("break\n", "'break' outside loop"),
    ],
)
def test_a_file_that_parses_and_does_not_compile_is_no_bug_of_the_tool(
    tmp_path: Path, ending: str, words: str
) -> None:
    other = f"{MAIN}\n\nimport app.main\n"
    line = MAIN.count("\n") + 1
    write(tmp_path, (MAIN + ending).encode())
    (tmp_path / "app" / "other.py").write_text(other)
    report = pipeline.apply(pipeline.start([tmp_path / "app"], load_config(tmp_path)))
    assert not report.dropped
    told = [each for each in report.refusals if each.code == "AF935"]
    assert told
    assert all(words in each.text and each.location == Location("app/main.py", line, 0) for each in told)
    assert "app/main.py" not in {file.path for file in report.files}


def test_of_two_such_files_that_change_together_the_first_is_named() -> None:
    bank = "\fimport requests\n\n\ndef charge(n):\n    return requests.get(f'http://pay/{n}').json()\n"
    main = f"\f{APP}from app.bank import charge\n\n\n@app.get('/')\ndef pay(n: int):\n    return charge(n)\n"
    done = migrate({"app/__init__.py": "", "app/bank.py": bank, "app/main.py": main})
    assert done.is_unchanged
    told = {reason.text.partition(",")[0] for reason in done.report.refusals if reason.code == "AF934"}
    assert told == {"line 1 of app/bank.py has a form feed before its code"}


FORM_FEEDS_WITHIN = {
    "a text": ("    # how", '    """\n\fin"""\n    # how'),
    "brackets": ("(n: int)", "(\n\f    n: int,\n)"),
    "a comment of its own": ("    # how", "\f# at last\n    # how"),
}


@pytest.mark.parametrize("name", FORM_FEEDS_WITHIN)
def test_a_form_feed_that_begins_no_statement_stays(tmp_path: Path, name: str) -> None:
    old, new = FORM_FEEDS_WITHIN[name]
    text = MAIN.replace(old, new, 1)
    assert "\n\f" in text
    done = applied(tmp_path / "with", text.encode())
    assert b"await http_client" in done
    assert done.replace(b"\f", b"") == applied(tmp_path / "without", text.replace("\f", "").encode())


def applied(root: Path, data: bytes) -> bytes:
    write(root, data)
    report = pipeline.apply(pipeline.start([root / "app"], load_config(root)))
    assert not report.problems
    return next(file.new or b"" for file in report.files if file.path == "app/main.py")


def write(root: Path, data: bytes) -> None:
    (root / "app").mkdir(parents=True)
    (root / "pyproject.toml").write_bytes(b"")
    (root / "app" / "main.py").write_bytes(data)
