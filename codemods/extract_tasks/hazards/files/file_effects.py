"""What functions do to files: whose name comes later finds another one, or none."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from ....analysis.judge.effects.site import Site
from ....analysis.judge.reaching.reach import FirstBelow, Reach
from ....analysis.link.kinds import Ext, Fn, Kind
from ....analysis.link.program import Key
from ....analysis.nodes import given_to
from ....analysis.syntax import Syntax
from ....analysis.view import Views
from ....model import Span
from ...words import FILE_KINDS, words

_CHANGES = words(
    """remove unlink rmtree rmdir removedirs rename renames replace move truncate write_text write_bytes
    copy copy2 copyfile copytree"""
)
_READS = words(
    """read_text read_bytes open exists is_file isfile is_dir isdir stat getsize listdir scandir iterdir glob
    iglob rglob walk"""
)
_OF_FILES = ("os.", "shutil.", "pathlib.")
_WRITES = frozenset("wax+")


class FileEffects:
    def __init__(self, reach: Reach, syntax: Syntax, views: Views) -> None:
        self.reach = reach
        self.syntax = syntax
        self.views = views
        self._changing = FirstBelow(reach, lambda key: self._first(key, self._changes))
        self._using = FirstBelow(reach, lambda key: self._first(key, _is_of_files))
        self._reading = FirstBelow(reach, lambda key: self._first(key, self._is_read))

    def are_changed(self, function: Key, call: ast.Call, sites: Iterable[Site]) -> bool:
        """By the call in that function, or by what it is handed: `background.add_task(os.remove, path)`."""
        kinds = self._handed(function, call)
        return (
            any(map(self._is_change, sites))
            or any(isinstance(kind, Fn) and bool(self._changing.of(kind.key)) for kind in kinds)
            or any(isinstance(kind, Ext) and _changes_by_name(kind.name) for kind in kinds)
        )

    def are_used(self, function: Key, call: ast.Call, sites: Iterable[Site]) -> bool:
        """By functions of the project."""
        return any(map(self._using.of, self._run(function, call, sites)))

    def _run(self, function: Key, call: ast.Call, sites: Iterable[Site]) -> list[Key]:
        called = [site.target for site in sites if site.target is not None]
        return called + [kind.key for kind in self._handed(function, call) if isinstance(kind, Fn)]

    def are_read(self, function: Key, call: ast.Call, sites: Iterable[Site]) -> bool:
        """Or looked for, by functions of the project."""
        return any(map(self._reading.of, self._run(function, call, sites)))

    def _handed(self, function: Key, call: ast.Call) -> list[Kind]:
        view = self.views.of(function.path)
        return [kind for given in given_to(call) for kind in view.kinds(given)]

    def _first(self, function: Key, is_meant: Callable[[Site], bool]) -> str:
        return next((site.name for site in self.reach.own(function) if is_meant(site)), "")

    def _is_change(self, site: Site) -> bool:
        return bool(self._changing.of(site.target)) if site.target is not None else self._changes(site)

    def _changes(self, site: Site) -> bool:
        category = site.entry.category if site.entry is not None else ""
        if category != "file":
            return category == "process"
        return _last(site.name) in _CHANGES or self._opens_to_write(site)

    def _is_read(self, site: Site) -> bool:
        category = site.entry.category if site.entry is not None else ""
        is_file = category == "file" or category in FILE_KINDS
        return is_file and _last(site.name) in _READS and not self._opens_to_write(site)

    def _opens_to_write(self, site: Site) -> bool:
        call = self.syntax.file(site.key.path).call(Span(*site.span)) if _last(site.name) == "open" else None
        return call is not None and opens_to_write(call)


def opens_to_write(call: ast.Call) -> bool:
    given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    mode = given[0].value if given and isinstance(given[0], ast.Constant) else ""
    return isinstance(mode, str) and bool(set(mode) & _WRITES)


def _is_of_files(site: Site) -> bool:
    return site.entry is not None and site.entry.category == "file"


def _changes_by_name(name: str) -> bool:
    return name.startswith(_OF_FILES) and _last(name) in _CHANGES


def _last(name: str) -> str:
    return name.rpartition(".")[2]
