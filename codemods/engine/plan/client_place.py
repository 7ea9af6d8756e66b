"""Where the modules of shared clients lie: below all that uses them, so that no import leads back.

app/api/orders.py, app/services/crm.py      app/http_client.py
api/orders.py, domain/crm.py                domain/http_client.py, as `api` imports `domain`
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, count

import msgspec

from ...async_clients.http import client_module, session_module

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+([^#\n]+))", re.MULTILINE)


class Place(msgspec.Struct, frozen=True):
    """Where a generated module lies."""

    path: str
    module: str


def http_client_place(
    api: Sequence[str],
    modules: Mapping[str, str],
    roots: Mapping[str, str],
    texts: Mapping[str, str],
    is_shared: Callable[[str], bool],
) -> Place:
    """`http_client.py` in the top package of the API layer (at the import root of a flat layout), or in one
    below it that uses clients as well; another name where the user has that one. The module of an earlier run
    is used again.

    `modules` maps every project path to its dotted module, `roots` to its import root; `is_shared` tells of a
    library whether requests may share its clients.
    """
    first = min(api, default="")
    root = roots.get(first, "")
    top, dot, _ = modules.get(first, "").partition(".")
    package = top if dot or first.endswith("/__init__.py") else ""
    if package:
        package = _Layers({p: m for p, m in modules.items() if roots.get(p) == root}, texts).lowest(
            package, is_shared
        )
    theirs = {path for path in modules if client_module.MARK not in texts.get(path, "")}
    others = (f"shared_http_client{number}" for number in count(2))
    for name in chain(("http_client", "shared_http_client"), others):
        module = f"{package}.{name}" if package else name
        folder = "/".join([*([root] if root else []), *module.split(".")])
        path = f"{folder}.py"
        if theirs.isdisjoint((path, f"{folder}/__init__.py")):
            break
    return Place(path, module)


def client_places(http: Place) -> tuple[Place, ...]:
    """Where clients of all kinds may lie, by the place of those of HTTP."""
    return (http, *(beside(http, file) for file in _files()))


def beside(http: Place, name: str) -> Place:
    folder, _, _ = http.path.rpartition("/")
    package, _, _ = http.module.rpartition(".")
    path = f"{folder}/{name}.py" if folder else f"{name}.py"
    return Place(path, f"{package}.{name}" if package else name)


def _files() -> list[str]:
    kinds = (client_module.kind_of(library) for library in sorted(client_module.OTHERS))
    return [*(kind.file for kind in kinds), session_module.FILE]


class _Layers:
    """The packages and modules at one import root, and which of them import which."""

    def __init__(self, modules: Mapping[str, str], texts: Mapping[str, str]) -> None:
        """`modules` maps the paths at the root to their dotted modules."""
        self._modules = modules
        self._texts = texts
        self._paths: dict[str, list[str]] = defaultdict(list)
        for path, module in modules.items():
            self._paths[module.partition(".")[0]].append(path)
        self._imported: dict[str, frozenset[str]] = {}

    def lowest(self, top: str, is_shared: Callable[[str], bool]) -> str:
        """The package to which all that uses clients may look; empty for the import root."""
        below = self._below(top)
        made = {self._modules[path].rpartition(".")[0] for layer in below for path in self._made(layer)}
        if made:
            return top if top in made else min(made)
        users = {layer for layer in below if any(map(is_shared, self._imports(layer)))}
        if users <= {top}:
            return top
        common = [each for each in users if all(each in self._below(user) for user in users)]
        return common[0] if len(common) == 1 and self._is_package(common[0]) else ""

    def _below(self, layer: str) -> set[str]:
        """The layer, and all that it imports."""
        found, todo = {layer}, [layer]
        while todo:
            new = (self._imports(todo.pop()) & self._paths.keys()) - found
            found |= new
            todo += new
        return found

    def _imports(self, layer: str) -> frozenset[str]:
        if layer not in self._imported:
            paths = self._paths[layer]
            self._imported[layer] = frozenset(
                name for p in paths for name in imported(self._texts.get(p, ""))
            )
        return self._imported[layer]

    def _made(self, layer: str) -> Iterator[str]:
        """The modules of earlier runs."""
        names = ("http_client", "shared_http_client", *_files())
        for path in self._paths[layer]:
            is_named = path.rpartition("/")[2].removesuffix(".py").rstrip("0123456789") in names
            if is_named and client_module.MARK in self._texts.get(path, ""):
                yield path

    def _is_package(self, layer: str) -> bool:
        return any(
            self._modules[path] != layer or path.endswith("__init__.py") for path in self._paths[layer]
        )


def imported(text: str) -> Iterator[str]:
    """The first names of what it imports."""
    for module, several in _IMPORT.findall(text):
        for each in [module] if module else several.split(","):
            yield each.strip().partition(" ")[0].partition(".")[0]
