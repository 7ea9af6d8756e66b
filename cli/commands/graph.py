"""`async-fix graph`: who calls whom, as JSON, Graphviz or Mermaid."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from ...codemods import catalogue
from ...codemods.analysis.index.bindings import Import
from ...codemods.analysis.index.facts import ModuleFacts
from ...codemods.analysis.judge.reaching.graph import CallGraph
from ...codemods.analysis.link.infer import Inference
from ...codemods.analysis.link.program import Program
from ...codemods.engine.indexing import FileInfo, index_all
from ...codemods.engine.read.project import ProjectError, read_project
from ...codemods.engine.settings.config import Config
from ...codemods.engine.text.lines import UndecodableSource, decode
from ...codemods.model import Problem
from ..shared.guard import emit, fail
from ..shared.run import given_paths, read_config

Edges = Mapping[str, list[str]]


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["json", "dot", "mermaid"]),
    default="json",
    show_default=True,
    help="json: caller -> sorted list of callees.",
)
@click.option(
    "--external/--no-external",
    default=True,
    show_default=True,
    help="With functions outside the project, or not.",
)
def graph(paths: tuple[Path, ...], format_: str, external: bool) -> None:
    """Print who calls whom in PATHS under dotted names: package.module.Class.method.

    A single file is the root module, named after the file; what it imports from its folder is read with it.

    \b
    async-fix graph app/ --format dot | dot -Tsvg > calls.svg
    async-fix graph app/main.py --no-external
    """
    config = read_config(paths)
    given = given_paths(paths, config)
    try:
        if len(given) == 1 and given[0].is_file():
            facts, problems, wanted = _from_file(given[0].resolve())
        else:
            facts, problems, wanted = _from_project(given, config)
    except ProjectError as error:
        fail(str(error))
    for problem in problems:
        click.echo(f"async-fix: {problem}", err=True)
    program = Program(facts, catalogue.load(config.catalogue))
    table = CallGraph(Inference(program)).edges(wanted, external=external)
    emit(_FORMATS[format_](table))


_Read = tuple[list[ModuleFacts], list[Problem], frozenset[str] | None]


def _from_project(given: list[Path], config: Config) -> _Read:
    project = read_project(given, config)
    texts: dict[str, str] = {}
    problems = list(project.problems)
    for file in project.files:
        _read(project.root, file.path, texts, problems)
    infos = [FileInfo(f.path, f.module, f.root, f.is_package, f.is_test) for f in project.files]
    facts, unparsed = index_all(infos, texts)
    return facts, [*problems, *unparsed], project.api


def _from_file(file: Path) -> _Read:
    """The file and, step by step, the modules that it imports from its folder or from above its package."""
    if file.suffix != ".py":
        raise ProjectError(f"{file.name}: not a Python file or a directory")
    folder = outer = file.parent
    while (outer / "__init__.py").is_file():
        outer = outer.parent
    prefix = "" if folder == outer else folder.relative_to(outer).as_posix() + "/"
    todo = [FileInfo(prefix + file.name, file.stem, prefix.rstrip("/"), False, False)]
    facts: list[ModuleFacts] = []
    problems: list[Problem] = []
    seen = {todo[0].path}
    for info in todo:
        texts: dict[str, str] = {}
        _read(outer, info.path, texts, problems)
        found, unparsed = index_all([info], texts)
        facts += found
        problems += unparsed
        for module in [name for each in found for name in _imported(each)]:
            for root in dict.fromkeys((info.root, prefix.rstrip("/"), "")):
                for inner in _files_of(outer, root, module):
                    if inner.path not in seen:
                        seen.add(inner.path)
                        todo.append(inner)
    return facts, problems, None


def _imported(facts: ModuleFacts) -> Iterator[str]:
    """Dotted names that may be modules."""
    program = Program([facts], catalogue.load(()))
    for scope in facts.scopes:
        for binding in scope.bindings:
            if isinstance(binding.value, Import):
                module = program.absolute(binding.value, facts.path)
                yield module
                if binding.value.name:
                    yield f"{module}.{binding.value.name}".lstrip(".")


def _files_of(outer: Path, root: str, module: str) -> Iterator[FileInfo]:
    """The files that importing `module` runs: its packages and itself."""
    parts = module.split(".") if module else []
    base = f"{root}/" if root else ""
    for length in range(1, len(parts) + 1):
        path = base + "/".join(parts[:length])
        name = ".".join(parts[:length])
        if (outer / path / "__init__.py").is_file():
            yield FileInfo(f"{path}/__init__.py", name, root, True, False)
        elif (outer / f"{path}.py").is_file():
            yield FileInfo(f"{path}.py", name, root, False, False)


def _read(root: Path, path: str, texts: dict[str, str], problems: list[Problem]) -> None:
    try:
        texts[path] = decode((root / path).read_bytes()).text
    except UndecodableSource as error:
        problems.append(Problem(error.message, path, error.line))
    except OSError as error:
        problems.append(Problem(f"cannot be read: {error.strerror}", path))


def _as_json(table: Edges) -> str:
    return json.dumps(table, indent=2, ensure_ascii=False)


def _as_dot(table: Edges) -> str:
    lines = ["digraph calls {", "  rankdir=LR;", "  node [shape=box];"]
    for caller, callees in table.items():
        lines.append(f"  {json.dumps(caller, ensure_ascii=False)};")
        lines += [
            f"  {json.dumps(caller, ensure_ascii=False)} -> {json.dumps(c, ensure_ascii=False)};"
            for c in callees
        ]
    return "\n".join([*lines, "}"])


def _as_mermaid(table: Edges) -> str:
    names = sorted({*table, *(callee for callees in table.values() for callee in callees)})
    number = {name: f"n{position}" for position, name in enumerate(names)}
    lines = ["graph LR"]
    for name in names:
        shown = name.replace("<", "&lt;").replace(">", "&gt;").replace('"', "#quot;")
        lines.append(f'  {number[name]}["{shown}"]')
    lines += [f"  {number[caller]} --> {number[c]}" for caller, callees in table.items() for c in callees]
    return "\n".join(lines)


_FORMATS: dict[str, Callable[[Edges], str]] = {"json": _as_json, "dot": _as_dot, "mermaid": _as_mermaid}
