"""What a table refers to exists: twins, base classes and types of libraries that the catalogue knows."""

from __future__ import annotations

from collections.abc import Iterator

from .build import classes_in
from .entry import CallForm, CatalogueError, Effect
from .lookup import Catalogue
from .schema import Owner
from .shelf import root_of


def check_owner(catalogue: Catalogue, owner: Owner) -> None:
    """Raises CatalogueError for the first reference of a table that leads nowhere."""
    for key, name in _classes(owner):
        if catalogue.knows_root(root_of(name)) and not _is_known(catalogue, name):
            raise CatalogueError(f"{name} is not in the catalogue", owner.file, f"[{owner.name}] {key}")
    for word, (effect, form) in owner.calls.items():
        twin = owner.twins.get(word)
        if twin is None and effect in (Effect.BLOCKING, Effect.SLOW) and owner.twin and not owner.mirror:
            equal = form is not CallForm.MANUAL and word != "*" and not word.startswith("__")
            twin = f"{owner.twin}.{word}" if equal else None
        if twin and catalogue.knows_root(root_of(twin)) and catalogue.find(twin) is None:
            raise CatalogueError(
                f"{word} has no twin: {twin} is not in the catalogue", owner.file, f"[{owner.name}]"
            )


def _classes(owner: Owner) -> Iterator[tuple[str, str]]:
    if owner.twin and not owner.mirror:
        yield "twin", owner.twin
    for base in (*owner.bases, *owner.subclasses.values()):
        if base:
            yield "bases", base
    for key, types in (
        ("returns", owner.returns),
        ("streamed", owner.streamed),
        ("hands", owner.hands),
        ("attributes", owner.attributes),
    ):
        for written in types.values():
            yield from ((key, part) for part in classes_in(written))


def _is_known(catalogue: Catalogue, name: str) -> bool:
    """A class, a module, an attribute that leads to a table, or something below a wildcard."""
    return (
        catalogue.is_class(name)
        or catalogue.owner(catalogue.canonical(name)) is not None
        or catalogue.find(name) is not None
    )
