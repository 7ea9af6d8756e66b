"""What may be about a client, by the words in which it may end: looked up once for all of a program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property
from typing import NamedTuple

from ...analysis.index.bindings import AttributeBinding, Binding, How, Import
from ...analysis.index.expr import Attr, Await, Call, Either, Expr, Item, Name, last_name
from ...analysis.index.facts import Reference
from ...analysis.link.infer import Inference
from ...analysis.link.program import FUNCTIONS, Key, Program
from .client_object import ClientObject, Holder
from .dependencies import injected_by


class Given(NamedTuple):
    """An argument: the number of the call, and which one it is."""

    call: int
    position: int | str


class Passing(NamedTuple):
    """Where a value gets a name, is returned or is given: `expr`, read in `key` at `line`."""

    key: Key
    expr: Expr
    line: int
    by: Binding | AttributeBinding | Given | None
    """None where it is returned or yielded."""


class Names:
    """What a client may be called; a name of a function's own is one only in its file."""

    def __init__(self, program: Program, client: ClientObject) -> None:
        everywhere = {program.scope(key).name for key in client.returned_by}
        there: dict[str, set[str]] = defaultdict(set)
        for holder in client.holders:
            is_local = (
                holder.path
                and not holder.on_instance
                and program.scope(Key(holder.path, holder.scope)).kind in FUNCTIONS
            )
            (there[holder.path] if is_local else everywhere).add(holder.name)
        for found in (everywhere, *there.values()):
            found |= {alias for word in tuple(found) for alias in program.aliases.get(word, ())}
        for call in client.made:
            func = program.call(call).func
            there[call.path].add(last_name(func))
        self.everywhere = everywhere
        self.there = there

    def of(self, path: str) -> Set[str]:
        return self.everywhere | self.there[path] if path in self.there else self.everywhere


class SaidIn:
    """One file; `through_items` where `clients["a"]` may be about the same as `clients`."""

    def __init__(self, program: Program, path: str, *, through_items: bool) -> None:
        self.path = path
        self.module = program.modules[path]
        self.facts = self.module.facts
        self.through_items = through_items

    def words(self, expr: object) -> Iterator[str]:
        """Those in which an expression may end."""
        if isinstance(expr, Attr):
            yield expr.attr
            yield from self.words(expr.value)
        elif isinstance(expr, Name):
            yield expr.id
        elif isinstance(expr, Either):
            for option in expr.options:
                yield from self.words(option)
        elif isinstance(expr, Await) or (self.through_items and isinstance(expr, Item)):
            yield from self.words(expr.value)
        elif isinstance(expr, Call):
            yield from self.words(self.facts.calls[expr.index].func)

    def passing(self, words: Iterable[str]) -> Iterator[Passing]:
        for word in words:
            yield from self._passing.get(word, ())

    def calls(self, words: Iterable[str]) -> list[int]:
        """The numbers of those whose callee may be about it, in their order."""
        return sorted({number for word in words for number in self._calls.get(word, ())})

    def references(self, words: Iterable[str]) -> list[Reference]:
        numbers = {number for word in words for number in self._references.get(word, ())}
        return [self.facts.references[number] for number in sorted(numbers)]

    @cached_property
    def _passing(self) -> Mapping[str, list[Passing]]:
        found: dict[str, list[Passing]] = defaultdict(list)
        for each in self._all_passing():
            for word in {*self.words(each.expr)}:
                found[word].append(each)
        return found

    def _all_passing(self) -> Iterator[Passing]:
        keys = self.module.keys
        for key, scope in zip(keys, self.facts.scopes, strict=True):
            for binding in scope.bindings:
                value = binding.value
                if value is None or isinstance(value, Import) or binding.path:
                    continue
                if binding.how in (How.ASSIGN, How.WITH):
                    yield Passing(key, value, binding.line, binding)
            for value in (*scope.returned, *scope.yielded):
                yield Passing(key, value, scope.span.end_line, None)
        for number, call in enumerate(self.facts.calls):
            given: list[tuple[int | str, Expr]] = [*enumerate(call.args), *call.keywords]
            for position, value in given:
                yield Passing(keys[call.scope], value, call.span.line, Given(number, position))
        for attribute in self.facts.attributes:
            if attribute.value is not None and attribute.how is How.ASSIGN:
                yield Passing(keys[attribute.scope], attribute.value, attribute.line, attribute)

    @cached_property
    def _calls(self) -> Mapping[str, list[int]]:
        return self._numbers(call.func for call in self.facts.calls)

    @cached_property
    def _references(self) -> Mapping[str, list[int]]:
        return self._numbers(reference.expr for reference in self.facts.references)

    def _numbers(self, expressions: Iterable[Expr]) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for number, expr in enumerate(expressions):
            for word in self.words(expr):
                found[word].append(number)
        return found


class Said:
    """All files, each read when something in it may be about a client."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._files: dict[tuple[str, bool], SaidIn] = {}

    def in_file(self, path: str, *, through_items: bool = False) -> SaidIn:
        which = path, through_items
        if which not in self._files:
            self._files[which] = SaidIn(self.inference.program, path, through_items=through_items)
        return self._files[which]

    @cached_property
    def injected(self) -> Mapping[Key, list[Holder]]:
        """What `Depends` calls -> the parameters that get what it gives."""
        found: dict[Key, list[Holder]] = defaultdict(list)
        for path in sorted(self.inference.program.modules):
            module = self.inference.program.modules[path]
            for taker, scope in zip(module.keys, module.facts.scopes, strict=True):
                for parameter in scope.parameters:
                    for giver in injected_by(self.inference, taker, parameter):
                        found[giver].append(Holder(path, taker.scope, parameter.name))
        return found
