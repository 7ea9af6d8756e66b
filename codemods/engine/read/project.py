"""Paths -> `Project`: its root, its Python files with their module names, and the API layer among them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import msgspec
import pathspec

from ...model import Problem
from ..settings.config import Config
from ..text.line_limit import line_limit
from .contents import Contents
from .declared import Declared, read_declared
from .declaring import declares
from .import_roots import ImportRoots, Tree, ancestors, folder_of
from .root import project_root
from .surroundings import Surroundings, named, served, surroundings
from .walk import Walk


class ProjectError(Exception):
    """Nothing can be done; the text is the one line that the user sees."""


class SourceFile(msgspec.Struct, frozen=True):
    """One Python file; `(root, module)` is unique in a project, `module` alone need not be."""

    path: str
    """Relative to the project's root, with slashes."""
    module: str
    root: str
    """The import root, relative to the project's root; empty when they are the same."""
    is_package: bool
    is_test: bool
    is_root_guessed: bool
    """Nobody tells where the program starts."""


class Project(msgspec.Struct, frozen=True, dict=True):
    root: Path
    config: Config
    files: tuple[SourceFile, ...]
    """Sorted by path."""
    api: frozenset[str]
    """Paths of the files that the user named, tests apart."""
    homes: tuple[Path, ...]
    """The folders whose dependency files and settings count, the nearest first; the root is the last."""
    problems: tuple[Problem, ...]

    @cached_property
    def declared(self) -> Declared:
        return read_declared(self.homes, lambda: self.surroundings.installed)

    @cached_property
    def surroundings(self) -> Surroundings:
        return surroundings(self.root, self.homes)

    @cached_property
    def named(self) -> Mapping[str, str]:
        """Dotted names in the files around the code, and where; `[project.scripts]` is one of them."""
        declared = dict.fromkeys(named(self.declared.text), "the project's metadata")
        return {**declared, **self.surroundings.names}

    @cached_property
    def line_limit(self) -> int | None:
        """What the formatter or linter of the project says."""
        return line_limit(*self.homes)


def read_project(paths: Sequence[Path], config: Config, contents: Contents | None = None) -> Project:
    """Raises `ProjectError` for paths that are not there, hold no Python or have no project in common."""
    contents = contents or Contents()
    given = [_resolved(path) for path in paths]
    if not given:
        raise ProjectError("no path was given")
    root = project_root(given, contents)
    if root == Path(root.anchor):
        raise ProjectError(f"{', '.join(map(str, paths))}: the paths have no project in common")
    wanted = [path.relative_to(root).as_posix() for path in given if path != root]
    walk = Walk(root, wanted, config.exclude)
    found = sorted(walk.files())
    files = tuple(_source_files(root, found, config, contents))
    folders = ("",) if root in given else tuple(f"{path}/" for path in wanted)
    named = [file for file in files if file.path in wanted or file.path.startswith(folders)]
    api = frozenset(file.path for file in named if file.path in wanted or not file.is_test)
    if not api:
        left_out = [each for each in walk.problems if each.path.startswith(folders)]
        raise ProjectError(f"{', '.join(map(str, paths))}: {_why_empty(named, config, left_out)}")
    homes = tuple(root / folder for folder in _homes(api, lambda folder: declares(root / folder)))
    return Project(root, config, files, api, homes, tuple(sorted(walk.problems, key=str)))


def _homes(api: Iterable[str], declares: Callable[[str], bool]) -> Iterator[str]:
    """Those around the whole API layer; where none of them declares anything, as at the top of a repository
    with several programs, those around parts of it as well."""
    folders = {folder_of(path) for path in api}
    around = list(ancestors(os.path.commonpath(folders) if "" not in folders else ""))
    if not any(map(declares, around)):
        inner = {above for folder in folders for above in ancestors(folder)} - {*around}
        yield from sorted(filter(declares, inner), key=lambda folder: (-folder.count("/"), folder))
    yield from around


def _resolved(path: Path) -> Path:
    try:
        found = path.resolve(strict=True)
        is_folder = found.is_dir()
    except FileNotFoundError:
        raise ProjectError(f"{path}: no such file or directory") from None
    except (OSError, RuntimeError) as error:
        raise ProjectError(
            f"{path}: {getattr(error, 'strerror', None) or 'a loop of symbolic links'}"
        ) from None
    if not is_folder and (found.suffix != ".py" or not found.is_file()):
        raise ProjectError(f"{path}: not a Python file or a directory")
    return found


def _why_empty(named: Sequence[SourceFile], config: Config, left_out: Iterable[Problem]) -> str:
    if named:
        return "no Python files apart from tests"
    first = min(map(str, left_out), default="")
    return "no Python files" + (f"; {first}" if first else " that `exclude` leaves" if config.exclude else "")


def _source_files(
    root: Path, found: Sequence[str], config: Config, contents: Contents
) -> Iterator[SourceFile]:
    tests = pathspec.GitIgnoreSpec.from_lines(config.tests)
    imports = {path: contents.imports(root, path) for path in found}
    tree = Tree(found, lambda path: contents.known(root, path))

    def served_modules() -> Iterator[str]:
        yield from surroundings(root, ()).served
        for path in found:
            if b"uvicorn" in (text := contents.known(root, path)):
                yield from served(text.decode("utf-8", "replace"))

    roots = ImportRoots(tree, imports, _declared(root, config), served_modules, tests.match_file)
    for path in found:
        top, is_guess = roots.root_of(path)
        inner = path[len(top) + 1 :] if top else path
        parts = inner[: -len(".py")].split("/")
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        yield SourceFile(path, module, top, is_package, tests.match_file(path), is_guess)


def _declared(root: Path, config: Config) -> Iterator[str]:
    """`src` of the config names folders; those outside the project hold none of its files."""
    for folder in config.src:
        place = ((config.folder or root) / folder).resolve()
        if place.is_relative_to(root):
            path = place.relative_to(root).as_posix()
            yield "" if path == "." else path
