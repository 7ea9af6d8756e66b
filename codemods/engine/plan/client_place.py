"""Where the modules of shared clients lie: below all that uses them, so that no import leads back.

app/api/orders.py, app/services/crm.py      app/http_client.py
api/orders.py, domain/crm.py                domain/http_client.py, as `api` imports `domain`
shop/src/shop, common/src/common            common/src/common/http_client.py, as `shop` imports `common`
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple

import msgspec

from ...async_clients.http.generated import client_module, session_module
from ..read.project import Project, SourceFile

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+([^#\n]+))", re.MULTILINE)


class Place(msgspec.Struct, frozen=True):
    """Where a generated module lies."""

    path: str
    module: str


def http_client_place(
    project: Project, api: Sequence[str], texts: Mapping[str, str], is_shared: Callable[[str], bool]
) -> Place:
    """`http_client.py` in the top package of the API layer (at the import root of a flat layout), or in one
    below it that uses clients as well; another name where the user has that one. The module of an earlier run
    is used again. `is_shared` tells of a library whether requests may share its clients.
    """
    root, package = _Layers(project.files, texts).lowest(sorted(api), is_shared)
    theirs = {file.path for file in project.files if client_module.MARK not in texts.get(file.path, "")}
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


class _Layer(NamedTuple):
    """A package, or a module, at an import root; without a name, the root itself."""

    root: str
    name: str


class _Layers:
    """Those of a project, and which of them import which; tests apart."""

    def __init__(self, files: Sequence[SourceFile], texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._files: dict[_Layer, list[SourceFile]] = defaultdict(list)
        self._layer_of: dict[str, _Layer] = {}
        self._imported: dict[_Layer, frozenset[str]] = {}
        for file in files:
            layer = self._layer_of[file.path] = _Layer(file.root, file.module.partition(".")[0])
            if not file.is_test:
                self._files[layer].append(file)
        self._by_name: dict[str, list[_Layer]] = defaultdict(list)
        for layer in self._files:
            self._by_name[layer.name].append(layer)

    def lowest(self, api: Sequence[str], is_shared: Callable[[str], bool]) -> _Layer:
        """The package to which all that uses clients may look, or an import root."""
        starts = list(dict.fromkeys(self._layer_of[path] for path in api if path in self._layer_of))
        if not starts:
            return _Layer("", "")
        own = self._package(starts[0])
        below = self._below(*starts)
        made = {self._layer_of[path] for layer in below for path in self._made(layer)}
        if made:
            return self._package(starts[0] if starts[0] in made else min(made))
        if not own.name:
            return own
        users = {layer for layer in below if any(map(is_shared, self._names(layer)))}
        common = [each for each in users if all(each in self._below(user) for user in users)]
        if len(common) == 1:
            return self._package(common[0])
        is_one_program = len(starts) == 1 and {user.root for user in users} == {own.root}
        return _Layer(own.root, "") if is_one_program else own

    def _package(self, layer: _Layer) -> _Layer:
        """The layer if modules can lie in it, or else its import root."""
        files = self._files[layer]
        is_package = any(file.is_package or file.module != layer.name for file in files)
        return layer if is_package else _Layer(layer.root, "")

    def _below(self, *layers: _Layer) -> set[_Layer]:
        """The layers, and all that they import."""
        found, todo = {*layers}, [*layers]
        while todo:
            new = self._imports(todo.pop()) - found
            found |= new
            todo += new
        return found

    def _imports(self, layer: _Layer) -> set[_Layer]:
        """What lies at its own import root is found before what lies at another."""
        found: set[_Layer] = set()
        for name in self._names(layer):
            near = _Layer(layer.root, name)
            found.update([near] if near in self._files else self._by_name.get(name, ()))
        return found

    def _names(self, layer: _Layer) -> frozenset[str]:
        if layer not in self._imported:
            texts = (self._texts.get(file.path, "") for file in self._files[layer])
            self._imported[layer] = frozenset(name for text in texts for name in _imported(text))
        return self._imported[layer]

    def _made(self, layer: _Layer) -> Iterator[str]:
        """The modules of earlier runs."""
        names = ("http_client", "shared_http_client", *_files())
        for file in self._files[layer]:
            last = file.path.rpartition("/")[2].removesuffix(".py").rstrip("0123456789")
            if last in names and client_module.MARK in self._texts.get(file.path, ""):
                yield file.path


def _imported(text: str) -> Iterator[str]:
    """The first names of what it imports."""
    for module, several in _IMPORT.findall(text):
        for each in [module] if module else several.split(","):
            yield each.strip().partition(" ")[0].partition(".")[0]
