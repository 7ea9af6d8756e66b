"""Do the imports that the tool wrote find what they name? Nothing of the tool is used, and nothing is run."""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

_WORD = re.compile(r"[A-Za-z0-9_-]+")
_ALWAYS = {"fastapi", "starlette", "anyio"}
_BROUGHT_BY = {"sqlmodel": "sqlalchemy"}


@dataclass(frozen=True)
class _Import:
    module: str
    """With its leading dots."""
    name: str | None


def unresolved(before: Mapping[str, bytes], after: Mapping[str, bytes], declared: str) -> Iterator[str]:
    """`declared` is the text of files of dependencies and of what the tool said to add."""
    old = {path: set(_imports(data)) for path, data in before.items()}
    modules = {each.module for found in old.values() for each in found}
    tree = _Tree(after)
    roots = {"", *(root for module in modules for root in tree.roots(module))}
    known = {word.lower().replace("-", "_") for word in _WORD.findall(declared)} | _ALWAYS
    known |= {module.partition(".")[0].lower() for module in modules if not module.startswith(".")}
    known |= {_BROUGHT_BY[each] for each in known & _BROUGHT_BY.keys()}
    for path in (path for path in after if after[path] != before.get(path)):
        folder = PurePosixPath(path).parent
        for new in sorted(set(_imports(after[path])) - old.get(path, set()), key=str):
            top = new.module.partition(".")[0]
            places = [place for place in _places(new.module, folder, roots) if tree.is_there(place)]
            if top in sys.stdlib_module_names:
                is_found = _is_complete(new)
            elif places:
                is_found = any(tree.binds(place, new.name) for place in places)
            else:
                is_found = top.lower() in known and _is_complete(new)
            if not is_found:
                yield f"{path}: {new.module} {new.name or ''}".rstrip()


def _places(module: str, folder: PurePosixPath, roots: Iterable[str]) -> Sequence[str]:
    if module.startswith("."):
        return [_around(folder, module)]
    return [_below(root, module) for root in sorted({*roots, _text(folder)})]


def _imports(data: bytes) -> Iterator[_Import]:
    for node in ast.walk(_parsed(data)):
        if isinstance(node, ast.Import):
            yield from (_Import(alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (_Import(module, alias.name) for alias in node.names)


def _parsed(data: bytes) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _text(folder: PurePosixPath) -> str:
    return "" if folder == PurePosixPath(".") else folder.as_posix()


def _below(root: str, module: str) -> str:
    return "/".join(filter(None, (root, *module.split("."))))


def _around(folder: PurePosixPath, module: str) -> str:
    rest = module.lstrip(".")
    parts = folder.parts[: len(folder.parts) - (len(module) - len(rest) - 1)]
    return "/".join((*parts, *filter(None, rest.split("."))))


class _Tree:
    def __init__(self, content: Mapping[str, bytes]) -> None:
        self._content = content
        self._modules = {self._stem(path): path for path in content}
        self._folders = {_text(folder) for path in content for folder in PurePosixPath(path).parents}
        self._names: dict[str, set[str]] = {}

    @staticmethod
    def _stem(path: str) -> str:
        return path.removesuffix(".py").removesuffix("/__init__")

    def roots(self, module: str) -> Iterator[str]:
        """Folders below which an import of the source finds its module."""
        tail = module.replace(".", "/")
        for place in {*self._modules, *self._folders} if tail and not module.startswith(".") else ():
            if f"/{place}".endswith(f"/{tail}"):
                yield place[: -len(tail)].rstrip("/")

    def is_there(self, place: str) -> bool:
        return place in self._modules or place in self._folders

    def binds(self, place: str, name: str | None) -> bool:
        if name is None or self.is_there(f"{place}/{name}".lstrip("/")):
            return True
        path = self._modules.get(place)
        if path is None:
            return False
        if path not in self._names:
            self._names[path] = set(_bound(_parsed(self._content[path])))
        return bool({name, "*", "__getattr__"} & self._names[path])


def _bound(tree: ast.Module) -> Iterator[str]:
    """Anywhere in the file: enough to find a name that nothing binds."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]


@functools.cache
def _is_complete(new: _Import) -> bool:
    """So far as this Python can tell: what is not installed here is taken for complete."""
    try:
        if importlib.util.find_spec(new.module.partition(".")[0]) is None:
            return True
        module = importlib.import_module(new.module)
    except ImportError:
        return False
    return new.name is None or hasattr(module, new.name) or _is_module(f"{new.module}.{new.name}")


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False
