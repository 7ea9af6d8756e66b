"""One line in `conftest.py`: under tests a task is done before `kiq()` returns."""

from __future__ import annotations

import ast
import os.path
from collections.abc import Mapping, Sequence

from ...analysis.syntax import span_of
from ...model import AppendCode, Code, Edit, ImportNeed, InsertStatements, slot

_VARIABLE = "TASKIQ_IN_PLACE"
_LINE = f'os.environ.setdefault("{_VARIABLE}", "1")'
_COMMENT = "# tasks are done before kiq() returns"
_IMPORTS = (ast.Import, ast.ImportFrom)
_IDLE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, *_IMPORTS)
"""What they name does not run where they stand."""


def conftest_files(
    tests: Sequence[str], texts: Mapping[str, str], tops: frozenset[str], idle: frozenset[str] = frozenset()
) -> tuple[Mapping[str, str], Mapping[str, tuple[Edit, ...]]]:
    """New conftest files and edits of existing ones; `tops` are the names of the project's packages, `idle`
    the tests for which none is made."""
    if not tests or any(_VARIABLE in texts.get(path, "") for path in tests):
        return {}, {}
    made: dict[str, str] = {}
    edits: dict[str, tuple[Edit, ...]] = {}
    for folder, existing in _places(tests, idle):
        if existing and texts.get(existing, "").strip():
            edits[existing] = _inserted(texts[existing], tops, _test_names(tests, texts))
        else:
            made[existing or (f"{folder}/conftest.py" if folder else "conftest.py")] = (
                f"import os\n\n{_COMMENT}\n{_LINE}\n"
            )
    return made, edits


def _places(tests: Sequence[str], idle: frozenset[str]) -> list[tuple[str, str]]:
    """The outermost conftest above each group of tests, or the folder for a new one; where all are idle,
    nobody knows how they reach the application."""
    conftests = sorted(
        (p for p in tests if os.path.basename(p) == "conftest.py"), key=lambda p: (p.count("/"), p)
    )
    tops: list[str] = []
    for path in conftests:
        folder = os.path.dirname(path)
        if not any(not top or folder == top or folder.startswith(f"{top}/") for top in tops):
            tops.append(folder)
    found = [(top, f"{top}/conftest.py" if top else "conftest.py") for top in tops]
    alone = [p for p in tests if not any(not top or p.startswith(f"{top}/") for top in tops)]
    alone = [p for p in alone if p not in idle] or ([] if tops else alone)
    if alone:
        common = os.path.commonpath([os.path.dirname(path) or "." for path in alone])
        folder = "" if common == "." else common
        if not any(top.startswith(f"{folder}/") or not folder for top in tops):
            found.append((folder, ""))
    return found


def _test_names(tests: Sequence[str], texts: Mapping[str, str]) -> frozenset[str]:
    """What only tests are imported from: a package that holds one test beside its code is no such place."""
    own = {part for path in texts.keys() - set(tests) for part in path.split("/")}
    parts = {part for path in tests for part in path.split("/")}
    return frozenset(part.removesuffix(".py") for part in parts - own)


def _inserted(text: str, tops: frozenset[str], tests: frozenset[str]) -> tuple[Edit, ...]:
    """Above the first import of the application, below what sets up the environment already."""
    body = ast.parse(text).body
    app = next((n for n, s in enumerate(body) if _imports_app(s, tops, tests)), len(body))
    ready = [
        n
        for n, s in enumerate(body[:app])
        if not isinstance(s, _IDLE) and ("os.environ" in (text := ast.unparse(s)) or "load_dotenv" in text)
    ]
    code = Code(f'{_COMMENT}\n{slot(0)}.environ.setdefault("{_VARIABLE}", "1")', (ImportNeed("os"),))
    if app < len(body) and not any(isinstance(s, _IMPORTS) for s in body[:app]):
        code = Code(f"import os\n\n{_COMMENT}\n{_LINE}\n")  # other imports stand further down
    if not body:
        return (AppendCode(code),)
    if ready:
        return (InsertStatements(span_of(body[ready[-1]]), code, after=True),)
    if app == 0:
        return (InsertStatements(span_of(body[0]), code),)
    imports = [s for s in body if isinstance(s, _IMPORTS)]
    anchor = body[app - 1] if app < len(body) or not imports else imports[-1]
    is_tight = app < len(body) and body[app].lineno == (anchor.end_lineno or 0) + 1
    text = f"\n{code.text}" + "\n\n" * is_tight
    return (InsertStatements(span_of(anchor), Code(text, code.needs), after=True),)


def _imports_app(statement: ast.stmt, tops: frozenset[str], tests: frozenset[str]) -> bool:
    if isinstance(statement, ast.ImportFrom):
        root = (statement.module or "").partition(".")[0]
        return not statement.level and root in tops and root not in tests
    if isinstance(statement, ast.Import):
        return any(a.name.partition(".")[0] in tops - tests for a in statement.names)
    return False
