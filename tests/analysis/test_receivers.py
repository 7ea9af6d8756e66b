"""What a value is, in the forms in which code writes it down: the method that is called on it tells.

Each case is a function that calls `pay` of something. `{"Ann"}` are the classes whose `pay` that is; None: it
cannot be told, and nothing may be claimed.
"""

# ruff: noqa: E501 (small functions, each on one line)
from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from async_fix.codemods import catalogue
from async_fix.codemods.analysis.index.reader import index
from async_fix.codemods.analysis.judge.reaching.graph import CallGraph
from async_fix.codemods.analysis.link.infer import Inference
from async_fix.codemods.analysis.link.program import Key, Program

HEAD = """
import asyncio, importlib, itertools, shop.main, typing
from contextlib import AsyncExitStack
from functools import singledispatch
from enum import Enum
from typing import Literal, TypeVar
from sqlalchemy.orm import declarative_base
from shop.others import WORD, WORDS, Theirs

class Ann:
    def pay(self): ...
    def other(self): ...

class Bea:
    def pay(self): ...

class Named:
    shop: shop.main.Ann

ann = Ann()
One = TypeVar("One", Ann, Bea)
Same = TypeVar("Same")
Rows = list[Same]
NAME = "pay"
NAMES = ["pay", "other"]
GROWN = ["other"]
GROWN.append(input())

class Word(Enum):
    PAY = "pay"

class Meta(type):
    def __getitem__(cls, key):
        return Ann()
    def __iter__(cls):
        return iter([Bea()])

class Table(metaclass=Meta): ...

class ByNumber:
    def __getitem__(self, number):
        return Ann()

class Itself:
    def __iter__(self):
        return self

class Handed:
    def __iter__(self):
        return iter([Bea()])

class Again:
    def __iter__(self):
        return Handed()

class Entered:
    def __enter__(self):
        return Ann()
    async def __aenter__(self):
        return Bea()

class Holding:
    def __init__(self, held: typing.Optional[Ann]):
        self.held = held
    @property
    def first(self): return Ann()
    @property
    def second(self): raise NotImplementedError

class Below(Holding):
    def __init__(self, held):
        def inner():
            return super(Below, self).__init__(held)
        inner()
    def through(self):
        return [super().first for _ in "a"]
    @property
    def second(self): return Bea()

holding = Holding(None)
holding.late = Ann()
holding.later, holding.latest = input()

class Box(typing.Generic[Same]):
    def __init__(self, value: Same): self.value = value
    def take(self) -> Same: return self.value

class Maker:
    def __call__(self): return Ann()

def made(kind: type[Same]) -> Same: return kind()
def given(make: typing.Callable[..., Same]) -> Same: return make()
def first_of(values: list[Same]) -> Same: return values[0]
def either(value: One, other: Same = None) -> One: return value

class Passing:
    def __init__(self, function): self.function = function
    def __call__(self, *args): return self.function(*args)

@Passing
def passed(): return Ann()

@singledispatch
def dispatched(value): return Ann()

@dispatched.register
def _(value: int): return Bea()

def of_text(value): return Bea()
dispatched.register(str, of_text)

@typing.overload
def overloaded(x: int) -> Ann: ...
@typing.overload
def overloaded(x: str) -> Bea: ...
def overloaded(x): return Ann()

async def ask(): return Ann()

Endless = list["Endless"]

def theirs(value: Theirs) -> Theirs: return value
def deep(values: list[list[Same]]) -> Same: return values[0][0]

class Counting:
    def __iter__(self):
        return self
    def __next__(self):
        return Ann()

class CountingSlowly:
    def __aiter__(self):
        return self
    async def __anext__(self):
        return Bea()

class Gone:
    kept = Ann()
    lost = Ann()
    del lost

class Odd:
    pay = 3

def first(base):
    class One(base):
        def run(self):
            return self.made()
    return One

class Left: ...
class Right: ...
class Both(Left, Right): ...
class Across(Right, Left): ...
class Torn(Both, Across):
    def give(self): return Ann()

Base = declarative_base()

class Row(Base, Ann):
    def __init__(self): ...
"""
OTHERS = """
from typing import TypeVar

WORD = "pay"
WORDS = ("pay", "other")
Theirs = TypeVar("Theirs")
"""
CASES: dict[str, tuple[str, str, set[str] | None]] = {
    # annotations
    "a text that is no type": ("x: 'not a type!'", "x.pay()", None),
    "a dotted name in a text": ("x: 'shop.main.Ann'", "x.pay()", {"Ann"}),
    "a text within a generic": ("x: list['Ann']", "x[0].pay()", {"Ann"}),
    "a value that stands where a type should": ("x: ann", "x.pay()", None),
    "anything": ("x: object", "x.pay()", None),
    "one of some types": ("x: One", "x.pay()", {"Ann", "Bea"}),
    "a variable that may be anything": ("x: Same", "x.pay()", None),
    "an alias with a variable": ("x: Rows[Ann]", "x[0].pay()", None),
    "a tuple of nothing": ("x: tuple[()]", "x[0].pay()", None),
    "a dictionary of whatever": ("x: dict", "x.get('a').pay()", None),
    "what a generator gives": ("x: typing.Generator[Ann, None, str]", "for a in x: a.pay()", {"Ann"}),
    "what an async generator gives": ("self, x: typing.AsyncGenerator[Ann, None]", "async with Entered(): [a.pay() async for a in x]", {"Ann"}),
    "whatever may be called": ("x: typing.Hashable", "x.pay()", None),
    "the class of the method": ("x: typing.Self", "x.other()", None),
    "one of some dotted names in a text": ("x: 'shop.main.Ann | None'", "x.pay()", {"Ann"}),
    "a type that is made of itself": ("x: Endless", "[Ann() for _ in x][0].pay()", {"Ann"}),
    "another name for a text": ("x: typing.Text", "{letter: Ann() for letter in x}['a'].pay()", {"Ann"}),
    # containers
    "lines of a file": ("x: typing.TextIO", "{line: Ann() for line in x}['a'].pay()", {"Ann"}),
    "an object that cannot be read": ("", "for x in Ann(): x.pay()", None),
    "an object that counts": ("", "for x in Counting(): x.pay()", {"Ann"}),
    "an object that counts and waits": ("self", "async for x in CountingSlowly(): x.pay()", {"Bea"}),
    "what is left in a dictionary": ("x: dict[str, Ann]", "x.popitem()[1].pay()", None),
    "a default of a dictionary": ("x: dict[str, Ann]", "x.setdefault('a', Bea()).pay()", {"Ann", "Bea"}),
    "the class of an object": ("x: Ann", "x.__class__.pay(x)", {"Ann"}),
    "an item of a list that is copied by its type": ("x: list[Ann]", "x.copy()[0].pay()", {"Ann"}),
    "what is made of an object's dictionary": ("x: Ann", "x.__dict__['a'].pay()", None),
    "a part of a tuple": ("", "for x in (Ann(), Bea())[0:]: x.pay()", {"Ann", "Bea"}),
    "a part of a list": ("", "[Ann(), Ann()][1:][0].pay()", {"Ann"}),
    "an item of a class": ("", "Table['a'].pay()", {"Ann"}),
    "a class that is read": ("", "for x in Table: x.pay()", {"Bea"}),
    "an object that is read by numbers": ("", "for x in ByNumber(): x.pay()", {"Ann"}),
    "an object that is read through another": ("", "for x in Again(): x.pay()", {"Bea"}),
    "an iterator without an end": ("", "for x in Itself(): x.pay()", None),
    "keys": ("", "for x in {Ann(): Bea()}.keys(): x.pay()", {"Ann"}),
    "a copy of a dictionary": ("", "{'a': Ann()}.copy()['a'].pay()", {"Ann"}),
    "a copy of a list": ("", "[Ann()].copy()[0].pay()", {"Ann"}),
    "what a dictionary was taken from": ("", "dict({'a': Ann()})['a'].pay()", {"Ann"}),
    "keys that are letters": ("x: str", "{letter: Ann() for letter in x}['a'].pay()", {"Ann"}),
    "several lists in a row": ("", "for x in itertools.chain.from_iterable([[Ann()], [Bea()]]): x.pay()", {"Ann", "Bea"}),
    "the same list twice": ("", "for x in itertools.tee([Ann()])[0]: x.pay()", {"Ann"}),
    "the same value again": ("", "for x in itertools.repeat(Ann(), 2): x.pay()", {"Ann"}),
    # attributes
    "an attribute of a class": ("", "Gone.kept.pay()", {"Ann"}),
    "an attribute of a class that is taken away": ("", "Gone.lost.pay()", {"Ann"}),
    "an attribute that is no method": ("x: Odd", "x.pay()", set()),
    "a method of a class with two orders": ("", "Torn().give().pay()", {"Ann"}),
    "a method of a base that is handed in": ("x", "first(x)().run().pay()", None),
    "an attribute that a with binds": ("self", "with Entered() as self.a: self.a.pay()", {"Ann"}),
    "an attribute that an async with binds": ("self", "async with Entered() as self.b: self.b.pay()", {"Bea"}),
    "an attribute that a loop binds": ("self", "for self.c in [Ann()]: self.c.pay()", {"Ann"}),
    "an attribute that is unpacked from what nobody knows": ("self, x", "self.d, self.e = x; self.d.pay()", None),
    "an attribute that is set from outside": ("", "holding.late.pay()", {"Ann"}),
    "attributes that are set from outside at once": ("", "holding.latest.pay()", None),
    "a property": ("", "holding.first.pay()", {"Ann"}),
    "a property of a base": ("", "Below(1).first.pay()", {"Ann"}),
    "a property that others fill in": ("x: Holding", "x.second.pay()", {"Bea"}),
    "a property that is awaited": ("x: Holding", "async with Entered(): (await x.awaitable_attrs.first).pay()", {"Ann"}),
    "a method of a class behind one of a library": ("", "Row().pay()", {"Ann"}),
    "an argument that the constructor keeps": ("", "Holding(Ann()).held.pay()", {"Ann"}),
    "what a class holds for any type": ("", "Box(Ann()).take().pay()", {"Ann"}),
    "what a class for a type holds": ("x: Box[Bea]", "x.take().pay()", {"Bea"}),
    "a bare object": ("", "object.__new__(Ann).pay()", {"Ann"}),
    # results
    "what a variable of another module stands for": ("", "theirs(Bea()).pay()", {"Bea"}),
    "what is deep in what is handed in": ("", "deep([[Bea()]]).pay()", {"Bea"}),
    "an object that is called": ("", "Maker()().pay()", {"Ann"}),
    "what is made of a class that is handed in": ("", "made(Bea).pay()", {"Bea"}),
    "what a function that is handed in gives": ("", "given(lambda: Bea()).pay()", {"Bea"}),
    "one of the list that is handed in": ("", "first_of([Bea()]).pay()", {"Bea"}),
    "what is handed in, by its name": ("", "either(value=Bea()).pay()", {"Bea"}),
    "what is handed in, and nobody knows it": ("x", "first_of(x).pay()", None),
    "a function that a class wraps": ("", "passed().pay()", {"Ann"}),
    "one of several functions for one name": ("x", "dispatched(x).pay()", {"Ann", "Bea"}),
    "a function with signatures for type checkers": ("x", "overloaded(x).pay()", {"Ann"}),
    "a module by its name": ("", "importlib.import_module('shop.main').Ann().pay()", {"Ann"}),
    "a module by a name that comes from outside": ("x", "importlib.import_module(x).Ann().pay()", None),
    "what a task gives": ("self", "async with Entered(): (await asyncio.create_task(ask())).pay()", {"Ann"}),
    "what a task of the loop gives": ("self", "async with Entered(): (await asyncio.get_event_loop().create_task(ask())).pay()", {"Ann"}),
    "what a task of a group gives": ("self", "async with asyncio.TaskGroup() as g: (await g.create_task(ask())).pay()", {"Ann"}),
    "what a thread gives": ("self", "async with Entered(): (await asyncio.to_thread(Maker())).pay()", {"Ann"}),
    "what a stack enters": ("self", "async with AsyncExitStack() as s: (await s.enter_async_context(Entered())).pay()", {"Bea"}),
    "what a stack enters that does not wait": ("self", "async with AsyncExitStack() as s: s.enter_context(Entered()).pay()", {"Ann"}),
    "what a loop waits for": ("x", "asyncio.get_event_loop().run_until_complete(ask()).pay()", {"Ann"}),
    # names that are texts
    "a text in a name": ("x: Ann", "getattr(x, NAME)()", {"Ann"}),
    "a text of another module": ("x: Ann", "getattr(x, WORD)()", {"Ann"}),
    "a text of a member": ("x: Ann", "getattr(x, Word.PAY.value)()", {"Ann"}),
    "a text that is put together": ("x: Ann", "getattr(x, 'p' + 'ay')()", {"Ann"}),
    "each of some texts": ("x: Ann", "for n in NAMES: getattr(x, n)()", {"Ann", "Ann.other"}),
    "each of some texts of another module": ("x: Ann", "for n in WORDS: getattr(x, n)()", None),
    "each of some pairs": ("x: Ann", "for n, _ in [('pay', 1), ('pay', 2)]: getattr(x, n)()", {"Ann"}),
    "each of some pairs, one of them no pair": ("x: Ann", "for n, _ in [('pay', 1), NAME]: getattr(x, n)()", None),
    "each key": ("x: Ann", "for n in {'pay': 1}: getattr(x, n)()", {"Ann"}),
    "a list that grows": ("x: Ann", "for n in GROWN: getattr(x, n)()", None),
    "a text or none": ("x: Ann, n=None", "getattr(x, 'pay' if n else None)()", {"Ann"}),
    "a text that is there unless another is given": ("x: Ann, n='pay'", "getattr(x, n)()", None),
    "a text that is written nowhere": ("x: Ann", "getattr(x, NOWHERE)()", None),
    "one of the texts that are allowed": ("x: Ann, n: Literal['pay']", "getattr(x, n)()", {"Ann"}),
    "a text that comes from outside": ("x: Ann, n: str", "getattr(x, n)()", None),
    "an attribute that has the name of a package": ("x: Named", "x.shop.pay()", {"Ann"}),
    "a member of an object": ("x: Ann, n: Word", "getattr(x, n.label)()", None),
    "a text that a class lacks": ("x: Ann", "getattr(x, Word.NONE)()", None),
    "a text that a call gives": ("x: Ann", "getattr(x, input())()", None),
    "a text that a with gives": ("x: Ann", "with open('a') as n: getattr(x, n)()", None),
    "more texts than can be told": ("x: Ann", "getattr(x, f'{input()}')()", None),
}  # fmt: skip


@cache
def graph() -> CallGraph:
    program = Program(
        [
            index(HEAD + "".join(_written()), "shop/main.py", "shop.main"),
            index(OTHERS, "shop/others.py", "shop.others"),
        ],
        catalogue.load(()),
    )
    return CallGraph(Inference(program))


def _written() -> Iterator[str]:
    for number, (parameters, body, _) in enumerate(CASES.values()):
        colour = "async " * ("async with" in body)
        taken = ", ".join(["self", *filter(None, [parameters.removeprefix("self").lstrip(", ")])])
        yield f"class Case{number}:\n    {colour}def run({taken}):\n        {body}\n"


@pytest.mark.parametrize("name", CASES)
def test_whose_method_it_is(name: str) -> None:
    number, expected = list(CASES).index(name), CASES[name][2]
    found = graph()
    program = found.inference.program
    key = next(key for key in program.functions() if program.id(key) == f"shop.main:Case{number}.run")
    assert isinstance(key, Key)
    called = set(found.edges().get(found.name(key), ()))
    reached = {each for each in called if each.endswith((".pay", ".other"))}
    names = {f"shop.main.{each}" if "." in each else f"shop.main.{each}.pay" for each in expected or ()}
    assert reached == names
    assert any(found.unresolved(key)) is (expected is None)
