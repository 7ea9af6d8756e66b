"""Modules of handlers at random: calls that block, in every place where an expression can stand."""

from __future__ import annotations

import sys
import textwrap

from hypothesis import strategies as st

_HEAD = """
import json, os
import subprocess as sp
import time
from functools import wraps
from pathlib import Path
from typing import Annotated

import requests
from fastapi import Depends, FastAPI, HTTPException
"""
_SETUP = """
app = FastAPI()
session = requests.Session()
lock = __import__("threading").Lock()
N = 3


def same(f):
    return f


def named(name, *, k=None):
    @wraps(named)
    def inner(f):
        return f
    return inner


def fetch(u, n=1):
    return requests.get(u, params={"n": n}).json()


def lines(p):
    with open(p) as f:
        yield from f


def opened(u: str):
    with open(u) as f:
        yield f


class Repo:
    path = "x"

    def load(self, n=0):
        return Path(self.path).read_text()[n:]


repo = Repo()
"""
_CALLS = st.sampled_from(
    (
        "requests.get(u)",
        "requests.get(u).json()",
        "requests.get(u, timeout=3, params={'q': u}).json()['x']",
        "session.get(u).text",
        "time.sleep(1)",
        "os.listdir(u)",
        "Path(u).read_text()",
        "sp.run(['ls', u], check=True)",
        "open(u).read()",
        "fetch(u)",
        "fetch(u, n=2)",
        "fetch(*[u], **{'n': 1})",
        "repo.load()",
        "Repo().load(1)",
        "list(lines(u))",
        "json.load(open(u))",
    )
)
_PLACES = (
    "{e}",
    "({e})",
    "not {e}",
    "-len({e})",
    "str({e}) + 'é'",
    "'%s' % {e}",
    "f'{{{e}}}'",
    "f\"a {{len(f'{{u}}')}} {{str({q})!r:>{{N}}}}\"",
    "[{e}, {c}]",
    "{{'k': {e}, **{{'l': 1}}}}",
    "{{{e}}}",
    "({e}, )",
    "{e} if u else {c}",
    "u and {e} or {c}",
    "(w := {e})",
    "[y for x in [u] if (y := {e})]",
    "[{e} for u in [u]]",
    "{{u: {e} for u in [u] for N in [1]}}",
    "list({e} for u in [u])",
    "(lambda: {e})()",
    "(lambda v={e}, *a, k=1, **kw: v)()",
    "sorted([u], key=lambda u: {e})",
    "str({e})[0:1, ...]",
    "str({e})[len({c}):]",
    "print({e}, end='')",
    "print(*[{e}], **{{'end': ''}})",
    "u == {e} == {c}",
    "1 < len({e}) <= 2",
    "({e}\n    # why\n    )",
    "[\n    {e},  # é\n    {c}\n]",
    "print(\n    {e}\n    , end=''\n    # end\n)",
    "'a' 'b' + str({e})",
    "1if {e}else 2",
    "str(\n{e})",
    "str({e}).strip().upper(\n).lower()",
    "(str({e})\n    .strip()\n    # and\n    .lower())",
)
_SIMPLE = (
    "{e}",
    "x = {e}",
    "x: str = {e}",
    "x = y = {e}",
    "x, *y = {e}, {c}",
    "x = [0]; x[0] = {e}",
    "x = ''; x += str({e})",
    "x = [{e}]; del x[0]",
    "assert {e}, str({c})",
    "return {e}",
    "return{p}",
    "raise HTTPException(404, {e})",
    "global N; N = {e}",
    "x = {e}; y = {c}",
    "pass; x = {e}; # end",
    "if {e}: return {c}",
    "if u: x = 1; y = {e}",
    "while {e}: break",
    "for x in [{e}]: print(x)",
    "with open(u) as f: x = f.read()",
    "with (open(u) as f, open(str({e})) as g,): x = f.read() + g.read()",
    "with lock: x = {e}",
    "try: x = {e}\nexcept ValueError: pass",
    "try: x = {e}\nfinally: y = 1",
    "def inner(v={e}): return v",
    "inner = lambda v=1: {e}",
    "class K: v = {e}",
    "x = {e}  # noqa: E501",
    "'''text\nof two lines'''",
    "import sys as _s; x = {e}",
    "x = 1; yield_ = {e},",
    "print({e}) ;",
)
_BLOCKS = (
    "if {e}:\n{b}",
    "if u:\n{b}\nelif {e}:\n{b}\nelse:\n{b}",
    "for x in {e}:\n{b}\nelse:\n{b}",
    "while {e}:\n{b}\n    break",
    "try:\n{b}\nexcept requests.RequestException as e:\n{b}",
    "try:\n{b}\nexcept (OSError, requests.HTTPError):\n{b}\nelse:\n{b}\nfinally:\n{b}",
    "with open(u) as f:\n{b}",
    "with open(u) as f, \\\n        open(u) as g:\n{b}",
    "with lock:\n{b}",
    "def inner(v, /, w=1, *, k={e}):\n{b}\ninner(1)",
    "@same\ndef inner():\n{b}\nx = inner()",
    "async def inner(v={e}):\n{b}\nx = inner",
    "async def inner():\n    async with lock:\n{i}\nx = inner",
    "class K(Repo):\n    def load(self, n=1):\n{i}\nx = K().load()",
    "match {e}:\n    case {{'x': [1, *_] as x}} if {c}:\n{i}\n    case str(x) | (int() as x):\n{i}",
    "match u, {e}:\n    case _:\n{i}",
    "if 1:\n    # only a comment first\n{b}\n    # and last\n# and outside",
)
if sys.version_info >= (3, 11):
    _BLOCKS += ("try:\n    x = {e}\nexcept* ValueError as e:\n    x = {c}",)
if sys.version_info >= (3, 12):
    _BLOCKS += (
        "def inner[T: str = str](v: T) -> T:\n{b}\ninner(u)",
        "type X = int\nx: X = {e}",
    )
    _PLACES += ("f'{{f'{{f'{{{e}}}'}}'}}'", 'f"""{{\n    {e}  # in it\n}}"""')
_DECORATORS = (
    "",
    "@same",
    "@named('a', k=1)",
    "@named(  'b',\n    k=[1])  # é",
    "# above\n@same\n# between",
)
_ROUTES = (
    "@app.get('/r{n}')",
    "@app.get(\n    '/r{n}',  # path\n    response_model=None,\n)",
    "@ app . post ('/r{n}')",
    "@(app.get)('/r{n}')",
    "@app.api_route('/r{n}', methods=['GET', 'HEAD'])",
)
_SIGNATURES = (
    "def h{n}(u: str):",
    "def h{n}(u: str = 'é', *, k: int = 1) -> dict:",
    "def  h{n} ( u:str ) :",
    "def h{n}(\n    u: str,  # what\n    k: int = 1,\n):  # head",
    "def h{n}(u: str, r: Annotated[Repo, Depends(Repo)] = None) -> (\n    None\n):",
    "def \\\n  h{n}(u: str, d=Depends(lambda: 1)):",
    "def h{n}(u: str, f=Depends(opened), *, g: Annotated[str, Depends(fetch)] = ''):",
    "async def h{n}(u: str):",
)
if sys.version_info >= (3, 12):
    _SIGNATURES += ("def h{n}[T](u: str):",)
_DOCS = ("", '"""What it does."""', '"""Of two\n\n    lines.\n    """', "'doc'; x = 0", "# first\n\n")


@st.composite
def modules(draw: st.DrawFn) -> str:
    """The text of one module `app/main.py`; it may not compile."""
    maker = _Maker(draw)
    handlers = [maker.handler(number) for number in range(draw(st.integers(1, 3)))]
    return _HEAD.lstrip() + _SETUP + "\n\n" + "\n\n\n".join(handlers) + "\n"


class _Maker:
    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def handler(self, number: int) -> str:
        heads = [_DECORATORS, _ROUTES, _DECORATORS, _SIGNATURES]
        lines = [self._one(each).format(n=number) for each in heads]
        body = "\n".join(part for part in (self._one(_DOCS), self.block(0)) if part)
        text = "\n".join([*filter(None, lines), textwrap.indent(body, "    ")])
        places = (
            "{h}",
            "{h}",
            "{h}",
            "if N:\n{i}\nelse:\n    pass",
            "def make():\n{i}\n    return h{n}\nmake()",
        )
        return self._one(places).format(h=text, i=textwrap.indent(text, "    "), n=number)

    def block(self, depth: int) -> str:
        return "\n".join(self._statement(depth) for _ in range(self._draw(st.integers(1, 3))))

    def _statement(self, depth: int) -> str:
        simple = depth > 2 or self._draw(st.integers(0, 2))
        template = self._one(_SIMPLE if simple else _BLOCKS)
        found = template
        for mark, indent in (("{b}", "    "), ("{i}", "        ")):
            while mark in found:
                found = found.replace(mark, textwrap.indent(self.block(depth + 1), indent), 1)
        if template is found:
            e = self._expression(0)
            return template.format(e=e, p=f"({e})", c=self._draw(_CALLS))
        return found.replace("{e}", self._expression(0)).replace("{c}", self._draw(_CALLS))

    def _expression(self, depth: int) -> str:
        call = self._draw(_CALLS)
        if depth < 2 and self._draw(st.booleans()):
            call = self._expression(depth + 1)
        place = self._one(_PLACES)
        return place.format(e=call, q=call.replace('"', "'"), c=self._draw(_CALLS))

    def _one(self, among: tuple[str, ...]) -> str:
        return self._draw(st.sampled_from(among))
