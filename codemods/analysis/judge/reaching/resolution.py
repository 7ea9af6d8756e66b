"""How much of the program is seen: the calls that entry points reach, and why some cannot be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ....model import Location, Resolution, Shape
from ...link.program import Key
from ..effects.effects import Effects
from ..effects.site import Site, SiteKind


def resolution(effects: Effects, entries: Iterable[Key]) -> Resolution:
    """Every call site in the functions that `entries` reach, by what is known of it."""
    program = effects.program
    functions = _reached(effects, entries)
    numbers = dict.fromkeys(("project", "catalogued", "fast", "unknown"), 0)
    shapes: dict[str, list[Location]] = defaultdict(list)
    for function in sorted(functions):
        for call, _ in program.calls_of(function):
            sites = [site for site in effects.of_call(call) if site.form == "call"]
            unknown = next((site for site in sites if site.kind is SiteKind.UNKNOWN), None)
            if unknown is not None:
                numbers["unknown"] += 1
                shapes[_shape(unknown)].append(program.call_location(call))
            elif any(site.target is not None for site in sites):
                numbers["project"] += 1
            elif all(site.kind is SiteKind.FAST for site in sites):
                numbers["fast"] += 1
            else:
                numbers["catalogued"] += 1
    found = [Shape(words, len(places), places[0]) for words, places in shapes.items()]
    unresolved = sorted(found, key=lambda shape: (-shape.calls, shape.words))
    return Resolution(len(functions), **numbers, unresolved=tuple(unresolved))


def _reached(effects: Effects, entries: Iterable[Key]) -> set[Key]:
    seen = set(entries)
    pending = list(seen)
    while pending:
        for site in effects.sites(pending.pop()):
            if site.target is not None and site.target not in seen:
                seen.add(site.target)
                pending.append(site.target)
    return seen


def _shape(site: Site) -> str:
    """Calls of one library that the catalogue lacks are one shape."""
    library, _, rest = site.name.partition(".")
    return f"{library}: {site.why}" if library and rest else site.why
