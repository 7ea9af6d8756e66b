"""Which folder must be on `sys.path` for a file to be imported as the project imports it.

Folders without `__init__.py` are common, and so are stray `__init__.py` files; so the imports that the
project writes down decide, and `__init__.py` only where they are silent.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from ...frameworks.names import API_LAYER

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*)[ \t]*([\w.\x80-\xff]*)[ \t]+import[ \t]*(\([^)]*\)|[^\n#;]*)"
    rb"|import[ \t]+([^\n#;]*))",
    re.MULTILINE,
)
_DEFINED = re.compile(
    rb"^(?:(?:async[ \t]+)?(?:def|class)[ \t]+([\w\x80-\xff]+)|([\w\x80-\xff]+)[ \t]*[:=])", re.MULTILINE
)
_NAME = re.compile(rb"[\w\x80-\xff]+")
_TELLING = (b"__main__", b"APIRouter(", b"FastAPI(")


class Written(NamedTuple):
    """An import as it stands in a file: `from ..a.b import c, d` is `(2, ("a", "b"), ("c", "d"))`."""

    level: int
    module: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def is_of_a_project(self) -> bool:
        """An absolute import that the standard library does not answer."""
        return not self.level and bool(self.module) and self.module[0] not in sys.stdlib_module_names


def written_imports(source: bytes) -> Iterator[Written]:
    """A cheap scan: an import inside a string counts as well, which only adds a vote."""
    for dots, module, names, plain in _IMPORT.findall(source):
        if plain:
            for part in plain.split(b","):
                yield Written(0, _parts(part.split(b" as ")[0]), ())
        else:
            yield Written(len(dots), _parts(module), tuple(_parts(b".".join(_NAME.findall(names)))))


def _parts(dotted: bytes) -> tuple[str, ...]:
    return tuple(part.decode("utf-8", "replace") for part in _NAME.findall(dotted))


class Root(NamedTuple):
    """An import root, relative to the project's root; empty when they are the same."""

    folder: str
    is_guess: bool = False
    """Nobody tells where the program starts, and there is more than one place."""


class Tree:
    """The modules and folders of a project, by path without `.py`; `read` gives a file's bytes."""

    def __init__(self, files: Iterable[str], read: Callable[[str], bytes]) -> None:
        paths = list(files)
        self.packages = {folder_of(path) for path in paths if path.rpartition("/")[2] == "__init__.py"}
        self._modules = {path[: -len(".py")] for path in paths}
        self._by_folder: defaultdict[str, list[str]] = defaultdict(list)
        for module in sorted(self._modules):
            self._by_folder[folder_of(module)].append(module)
        self._folders = {folder for path in paths for folder in ancestors(folder_of(path))}
        self._read = read
        self._defined: dict[str, frozenset[bytes]] = {}
        self._spelled: dict[str, frozenset[bytes]] = {}

    def holds(self, root: str, imported: Written) -> bool:
        """Whether an absolute import finds what it asks for when `root` is on `sys.path`.

        The name of a folder or file alone proves nothing: `redis/` may hold settings for the server, and
        `app/redis.py` is not what `from redis import Redis` means.
        """
        base = join(root, imported.module[0])
        if base not in self._modules and base not in self._folders:
            return False
        wanted = imported.module[1:2] or imported.names
        if not wanted:
            return root not in self.packages and (base in self._modules or base in self.packages)
        return any(self._has(base, name) for name in wanted)

    def holds_inside(self, package: str, imported: Written) -> bool:
        """Whether a relative import that reaches `package` finds something there."""
        return any(self._has(package, name) for name in imported.module[:1] or imported.names)

    def spelled(self, folder: str) -> frozenset[bytes]:
        """Which of the words that tell where a program starts stand in the files of the folder itself."""
        if folder not in self._spelled:
            texts = [self._read(f"{module}.py") for module in self._by_folder[folder]]
            self._spelled[folder] = frozenset(
                word for word in _TELLING if any(word in text for text in texts)
            )
        return self._spelled[folder]

    def _has(self, base: str, name: str) -> bool:
        inner = join(base, name)
        if inner in self._modules or inner in self._folders:
            return True
        module = base if base in self._modules else f"{base}/__init__"
        return module in self._modules and name.encode() in self._definitions(module)

    def _definitions(self, module: str) -> frozenset[bytes]:
        if module not in self._defined:
            found = _DEFINED.findall(self._read(f"{module}.py"))
            self._defined[module] = frozenset(name for match in found for name in match if name)
        return self._defined[module]


class ImportRoots:
    """Asked for one file after the other; `declared` are import roots by the user's own word."""

    def __init__(
        self,
        tree: Tree,
        imports: Mapping[str, Iterable[Written]],
        declared: Iterable[str] = (),
        served: Callable[[], Iterable[str]] = tuple,
        is_test: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`served` are modules as a server is told to import them; asked only where no import decides. What
        tests (`is_test`) import decides where the rest of the program is silent."""
        self._tree = tree
        self._paths = frozenset(imports)
        self._modules_served = served
        self._declared = frozenset(declared)
        self._is_test = is_test
        self._named_by_program: Counter[tuple[str, str]] = Counter()
        self._named: Counter[tuple[str, str]] = Counter()
        self._used: Counter[tuple[str, str]] = Counter()
        self._relative: Counter[str] = Counter()
        self._rooted: Counter[str] = Counter()
        for path, found in imports.items():
            self._count(path, found)

    def _count(self, path: str, found: Iterable[Written]) -> None:
        folder = folder_of(path)
        above = list(ancestors(folder))
        votes: set[tuple[str, str]] = set()
        reached: set[str] = set()
        for imported in found:
            if imported.level:
                packages = above[imported.level - 1 : imported.level]
                reached.update(p for p in packages if p and self._tree.holds_inside(p, imported))
            elif imported.is_of_a_project:
                root = next((root for root in above if self._tree.holds(root, imported)), None)
                if root is not None:
                    votes.add((root, imported.module[0]))
        self._relative.update(reached)
        self._named.update(votes)
        if not self._is_test(path):
            self._named_by_program.update(votes)
        self._rooted.update({root for root, _ in votes})
        self._used.update({(folder, root) for root, _ in votes})

    def root_of(self, path: str) -> Root:
        folder = folder_of(path)
        above = list(ancestors(folder))
        declared = next((root for root in above if root in self._declared), None)
        if declared is not None:
            return Root(declared)
        possible = self._outside_packages(above)
        regular = next((root for root in possible if root not in self._tree.packages), possible[-1])
        by_program = {root: self._named_by_program[root, _next_part(root, path)] for root in possible}
        by_name = {root: self._named[root, _next_part(root, path)] for root in possible}
        # a stray `__init__.py` makes no package of a folder whose files import each other without it
        is_regular = folder in self._tree.packages
        near = possible[: possible.index(regular) + 1] if is_regular else possible
        by_use = {root: self._used[folder, root] for root in near}
        for votes in (by_name, by_use) if self._is_test(path) else (by_program, by_use, by_name):
            best = max(votes.values(), default=0)
            if best:
                return Root(next(root for root in possible if votes[root] == best))
        by_server = [root for root in near if any((each, root) in self._served for each in above)]
        if by_server:
            return Root(by_server[-1])
        source = next((root for root in possible if _last_part(root) == "src"), None)
        if source is not None:
            return Root(source)
        is_guess = len(possible) > 1 and folder not in self._tree.packages
        return Root(self._by_layout(folder, possible, regular), is_guess)

    def _by_layout(self, folder: str, possible: list[str], regular: str) -> str:
        """Nobody tells. `api/` and `domain/` lie where the program starts, unless one of their files is run
        as a script; so does what makes no application: where routers are included is beside them, and beside
        what is imported from there lie the rest of the program's folders."""
        own = self._tree.spelled(folder)
        if folder in self._tree.packages or b"__main__" in own:
            return regular
        layers = [around for inner, around in pairwise(possible) if _is_layer(_last_part(inner))]
        if layers or regular != folder:
            return layers[-1] if layers else regular
        around = possible[1] if len(possible) > 1 else folder
        is_beside = b"APIRouter(" in own or (self._rooted[around] and not self._rooted[folder])
        return around if is_beside and b"FastAPI(" not in own else regular

    @cached_property
    def _served(self) -> frozenset[tuple[str, str]]:
        """Folders of served modules, with the import roots from which a server finds them: for
        `app.main`, the one around `app`, and of a `main` the folder, if there is only one."""
        found: set[tuple[str, str]] = set()
        for module in self._modules_served():
            inner = f"{module.replace('.', '/')}.py"
            paths = [path for path in self._paths if path == inner or path.endswith(f"/{inner}")]
            if "/" in inner or len(paths) == 1:
                found.update((folder_of(path), path[: -len(inner)].rstrip("/")) for path in paths)
        return frozenset(found)

    def _outside_packages(self, above: list[str]) -> list[str]:
        """Innermost first, without what a relative import proves to be a package, and what lies in it."""
        proven = [number for number, folder in enumerate(above) if self._is_package(folder)]
        return above[proven[-1] + 1 :] or [""] if proven else above

    def _is_package(self, folder: str) -> bool:
        """One forgotten file that imports what lies beside it relatively is outvoted by the program."""
        is_named = folder in self._tree.packages or self._named[folder_of(folder), _last_part(folder)] > 0
        return self._relative[folder] >= (1 if is_named else max(1, self._rooted[folder]))


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def ancestors(folder: str) -> Iterator[str]:
    """The folder itself, then each one above it, down to the empty path."""
    while folder:
        yield folder
        folder = folder_of(folder)
    yield ""


def _is_layer(name: str) -> bool:
    return name == "domain" or API_LAYER.fullmatch(name) is not None


def _last_part(folder: str) -> str:
    return folder.rpartition("/")[2]


def _next_part(root: str, path: str) -> str:
    inner = path[len(root) + 1 :] if root else path
    return inner.partition("/")[0].removesuffix(".py")
