"""A word of an owner's table -> its entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .entry import Argument, CallForm, Effect, Entry
from .schema import Call, Owner

if TYPE_CHECKING:
    from .lookup import Catalogue


def split_type(text: str) -> tuple[str, tuple[str, ...]]:
    """`builtins.dict[builtins.str, builtins.int]` -> the class, and what it contains."""
    name, _, inside = text.partition("[")
    if not inside:
        return name, ()
    items, depth = [""], 0
    for letter in inside[:-1]:
        depth += (letter == "[") - (letter == "]")
        if letter == "," and not depth:
            items.append("")
        else:
            items[-1] += letter
    return name, tuple(map(str.strip, items))


def classes_in(text: str) -> Iterator[str]:
    """`dict[str, list[int]]` -> `dict`, `str`, `list` and `int`."""
    name, items = split_type(text)
    yield name
    for item in items:
        yield from classes_in(item)


def build(
    catalogue: Catalogue, owner: Owner, word: str, name: str, call: Call, *, mirror: bool = False
) -> Entry:
    """`mirror`: the entry of the async class that has the methods of `owner`."""
    effect, form = call
    returns, items = _returns(catalogue, owner, word, mirror=mirror)
    category = owner.categories.get(word) or owner.category or ""
    note = (
        owner.notes.get(word) or owner.notes.get("*", "")
        if effect is not Effect.FAST
        else owner.notes.get(word, "")
    )
    common = (
        owner.distribution,
        owner.exact.intersection((word, "*")) != frozenset(),
        note,
        owner.source or "",
    )
    streamed = owner.streamed.get(word)
    rest = (items, streamed, _argument(owner.instant.get(word)), word in owner.cheap)
    if mirror:
        waits = effect is not Effect.FAST
        kind = Effect.ASYNC if waits or word.startswith("__") else Effect.FAST
        awaited = form if form is not None and form is not CallForm.MANUAL else CallForm.AWAIT
        return Entry(
            name,
            kind,
            category,
            awaited if waits else CallForm.KEEP,
            None,
            returns,
            *common,
            items,
            catalogue.twin_of(streamed) if streamed else None,
        )
    twin = _twin(catalogue, owner, word, effect)
    return Entry(
        name, effect, category, form or _form(catalogue, effect, twin), twin, returns, *common, *rest
    )


def constructor(catalogue: Catalogue, name: str, owner: Owner | None) -> Entry:
    """The entry of a class: what making an instance does."""
    source = owner
    made = owner.new if owner else None
    for base in catalogue.bases(name):
        if made is None:
            parent = catalogue.owner(base)
            made = parent.new if parent else None
            source = source or parent
    effect, form = made or (Effect.FAST, None)
    twin = owner.twin if owner else None
    if form is None:
        form = CallForm.CONSTRUCT if twin else _form(catalogue, effect, None)
    exact = bool(owner and owner.exact.intersection(("*", "__init__")))
    note = owner.notes.get("__init__", "") if owner else ""
    found = (source.distribution, source.source or "") if source else (None, "")
    category = source.category or "" if source else ""
    return Entry(name, effect, category, form, twin, name, found[0], exact, note, found[1])


def _argument(written: str | None) -> Argument | None:
    """`block@0=False`"""
    if written is None:
        return None
    name, _, value = written.partition("=")
    keyword, _, position = name.partition("@")
    return Argument(keyword, int(position) if position else None, value)


def _returns(
    catalogue: Catalogue, owner: Owner, word: str, *, mirror: bool
) -> tuple[str | None, tuple[str, ...]]:
    written = owner.returns.get(word) or (
        None if word in owner.calls or word.startswith("__") else owner.returns.get("*")
    )
    if written is None:
        return None, ()
    name, items = split_type(written)
    if mirror:
        return catalogue.twin_of(name), tuple(catalogue.twin_of(item) for item in items)
    return name, items


def _twin(catalogue: Catalogue, owner: Owner, word: str, effect: Effect) -> str | None:
    written = owner.twins.get(word)
    if written or owner.twin in (None, owner.name) or word.startswith("__"):
        return written
    twin = f"{owner.twin}.{word}"
    certain = (
        effect is not Effect.FAST
        and owner.calls.get(word, (effect, CallForm.MANUAL))[1] is not CallForm.MANUAL
    )
    return twin if certain or catalogue.find(twin) is not None else None


def _form(catalogue: Catalogue, effect: Effect, twin: str | None) -> CallForm:
    """What the twin needs at the call; without a twin, a call that blocks goes to a thread."""
    if twin is None:
        return CallForm.THREAD if effect in (Effect.BLOCKING, Effect.SLOW) else CallForm.KEEP
    found = catalogue.find(twin)
    if found is None:
        return CallForm.AWAIT
    if catalogue.is_class(twin):
        return CallForm.CONSTRUCT
    return found.call_form if found.effect is Effect.ASYNC else CallForm.KEEP
