"""What one edit after the other makes of a project is told the same with and without what is kept between
runs, by any number of processes, and in whatever order the files are found."""

from __future__ import annotations

import ast
import random
import shutil
from pathlib import Path

from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.kept.reports import ReportCache
from async_fix.codemods.engine.run import Run
from async_fix.codemods.engine.settings.config import Config
from async_fix.codemods.model import Report
from msgspec.structs import replace

PROJECT = Path(__file__).resolve().parents[2] / "testdata" / "projects" / "notes_crud" / "before"
EDITS = 4
SEED = 1


def edited(text: str, chance: random.Random) -> str:
    """The text with one change, such as people make: to a comment, a body, a name, a signature."""
    lines = text.splitlines(keepends=True)
    functions = [
        n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    how = chance.choice(["comment", "lines", "body", "sleep", "name", "colour"] if functions else ["comment"])
    if how == "comment":
        return text + "# changed\n"
    function = chance.choice(functions)
    first = function.body[0]
    margin = " " * first.col_offset
    if how == "lines":
        lines.insert(0, "\n")
    elif how == "body":
        last = function.body[-1]
        lines[last.lineno - 1 : last.end_lineno] = [f"{margin}pass\n"]
    elif how == "sleep" and first.lineno > function.lineno:
        lines.insert(first.lineno - 1, f"{margin}__import__('time').sleep(1); open('x').read()\n")
    elif how == "name":
        lines[function.lineno - 1] = lines[function.lineno - 1].replace("def ", "def new_", 1)
    elif isinstance(function, ast.FunctionDef):
        lines[function.lineno - 1] = lines[function.lineno - 1].replace("def ", "async def ", 1)
    changed = "".join(lines)
    try:
        compile(changed, "changed", "exec")
    except SyntaxError:
        return text + "# changed\n"
    return changed


def started(root: Path, jobs: int, facts: Path | None = None) -> Run:
    return pipeline.start([root / "app"], Config(), jobs=jobs, facts=facts)


def shuffled(run: Run, chance: random.Random) -> Run:
    files = chance.sample(run.project.files, len(run.project.files))
    sources = {file.path: run.sources[file.path] for file in files}
    return replace(run, project=replace(run.project, files=tuple(files)), sources=sources)


def told(run: Run, cache: ReportCache | None = None) -> Report:
    return pipeline.check(run, cache)


def test_after_each_edit_a_run_that_knows_the_one_before_says_what_a_first_run_says(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    root = shutil.copytree(PROJECT, tmp_path / "notes")
    cache, facts = ReportCache(tmp_path / "reports"), tmp_path / "facts"
    known = {repr(told(started(root, 1, facts), cache))}
    for jobs in chance.choices((1, 2, 4), k=EDITS):
        path = chance.choice(sorted((root / "app").rglob("*.py")))
        path.write_text(edited(path.read_text(), chance))
        kept = told(started(root, jobs, facts), cache)
        assert kept == told(shuffled(started(root, 1), chance)), path
        known.add(repr(kept))
    assert len(known) > 2  # edits were about something


def test_a_file_that_goes_and_comes_back_is_told_as_it_was(tmp_path: Path) -> None:
    root = shutil.copytree(PROJECT, tmp_path / "notes")
    cache, facts = ReportCache(tmp_path / "reports"), tmp_path / "facts"
    first = told(started(root, 1, facts), cache)
    moved = (root / "app" / "crud.py").rename(tmp_path / "crud.py")
    without = told(started(root, 2, facts), cache)
    assert without == told(started(root, 1)) != first
    moved.rename(root / "app" / "crud.py")
    assert told(started(root, 1, facts), None) == first == told(started(root, 1, facts), cache)
