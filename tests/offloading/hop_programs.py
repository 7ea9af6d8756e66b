"""One file with one handler that blocks, and what becomes of it: a program in a text."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from async_fix.codemods.analysis.scopes import FUNCTIONS
from async_fix.codemods.analysis.syntax import FileSyntax, FunctionNode, span_of
from async_fix.codemods.catalogue import load
from async_fix.codemods.engine.rewrite import rewrite
from async_fix.codemods.model import AwaitExpression, Edit, Reason, TurnAsync
from async_fix.codemods.offload import OffloadSite, plan_offload

RUFF = shutil.which(
    "ruff", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
)

# what blocks in these programs, by how it is called there, and the name that the analysis gives it
BLOCKING: Mapping[str, str] = {
    "FileAnswer": "app.files:FileAnswer.__init__",
    "Image.open": "PIL.Image.open",
    "bind_tenant": "app.tenants:bind_tenant",
    "charge": "app.pay:charge",
    "create_permissions": "app.roles:create_permissions",
    "cv2.imdecode": "cv2.imdecode",
    "cv2.resize": "cv2.resize",
    "extract": "app.store:extract",
    "fetch": "app.store:fetch",
    "fetch_all": "app.store:fetch_all",
    "gateway.charge": "app.pay:Gateway.charge",
    "glob.glob": "glob.glob",
    "hash_password": "app.auth:hash_password",
    "load": "app.store:load",
    "notify": "app.mail:notify",
    "open": "builtins.open",
    "os.listdir": "os.listdir",
    "os.makedirs": "os.makedirs",
    "os.path.exists": "os.path.exists",
    "os.path.getsize": "os.path.getsize",
    "os.path.isdir": "os.path.isdir",
    "os.remove": "os.remove",
    "os.unlink": "os.unlink",
    "path.exists": "pathlib.Path.exists",
    "path.iterdir": "pathlib.Path.iterdir",
    "path.mkdir": "pathlib.Path.mkdir",
    "path.open": "pathlib.Path.open",
    "path.read_text": "pathlib.Path.read_text",
    "path.unlink": "pathlib.Path.unlink",
    "path.write_bytes": "pathlib.Path.write_bytes",
    "path.write_text": "pathlib.Path.write_text",
    "rows": "app.store:rows",
    "save": "app.store:save",
    "shutil.copy": "shutil.copy",
    "shutil.copyfileobj": "shutil.copyfileobj",
    "shutil.rmtree": "shutil.rmtree",
    "step": "app.store:step",
    "store": "app.store:store",
    "subprocess.run": "subprocess.run",
    "time.sleep": "time.sleep",
    "upload.file.read": "tempfile.SpooledTemporaryFile.read",
    "upload.file.seek": "tempfile.SpooledTemporaryFile.seek",
}


@dataclass(frozen=True)
class Outcome:
    text: str
    """The whole file; the old one when it is refused."""
    hops: int
    whole_body: bool
    reason: str
    """Why nothing is done; empty when something is."""

    @property
    def functions(self) -> str:
        """The text from the first function on, without the imports above it."""
        lines = self.text.splitlines(keepends=True)
        first = next(
            node for node in ast.parse(self.text).body if isinstance(node, (*FUNCTIONS, ast.ClassDef))
        )
        decorators = [decorator.lineno for decorator in first.decorator_list]
        return "".join(lines[min([first.lineno, *decorators]) - 1 :])


def offload(
    source: str,
    *,
    blocking: Mapping[str, str] | Sequence[str] = (),
    awaited: Sequence[str] = (),
    line_length: int | None = 88,
    number: int = 0,
    **options: object,
) -> Outcome:
    """Plan the hops of the first function of a file, or of that `number`, and carry them out.

    `blocking` are calls that block beside those of `BLOCKING`; those in `awaited`, written as their
    callees, are awaited natively.
    """
    text = textwrap.dedent(source).lstrip("\n")
    file = FileSyntax("app/routes.py", text)
    function = _function(file, number)
    names = {
        **BLOCKING,
        **(blocking if isinstance(blocking, Mapping) else {name: f"app.x:{name}" for name in blocking}),
    }
    sites: list[OffloadSite] = []
    edits: list[Edit] = [TurnAsync(span_of(function))] if isinstance(function, ast.FunctionDef) else []
    native: list[Edit] = []
    for node in _own(function):
        callee = ast.unparse(node.func)
        if callee in awaited:
            native.append(AwaitExpression(span_of(node)))
        elif callee in names:
            entry = load().find(names[callee])
            is_cheap = entry is not None and entry.cheap
            sites.append(OffloadSite(span_of(node), names[callee], is_cheap=is_cheap))
    spans = tuple(edit.span for edit in native if isinstance(edit, AwaitExpression))
    plan = plan_offload(file, function, sites, spans, **options)  # type: ignore[arg-type]
    if isinstance(plan, Reason):
        return Outcome(text, 0, False, plan.text)
    wanted = [*plan.edits] if plan.whole_body else [*edits, *native, *plan.edits]
    changed = rewrite(
        text, wanted, module="app.routes", first_party=frozenset({"app"}), line_length=line_length
    )
    return Outcome(changed, plan.hops, plan.whole_body, "")


def becomes(source: str, expected: str, *, hops: int | None = None, **options: object) -> None:
    """Assert what the functions of a file become, and that a formatted file stays formatted."""
    done = offload(source, **options)  # type: ignore[arg-type]
    assert done.reason == ""
    assert done.functions == textwrap.dedent(expected).lstrip("\n")
    if hops is not None:
        assert done.hops == hops
    stays_formatted(textwrap.dedent(source).lstrip("\n"), done.text)


def is_refused(source: str, words: str, **options: object) -> None:
    """Assert that nothing is done, in place or with the whole body, and that the reason says `words`."""
    done = offload(source, **options)  # type: ignore[arg-type]
    assert words in done.reason, done.text
    assert done.reason


def stays_formatted(before: str, after: str, *options: str) -> None:
    if RUFF is None:
        pytest.skip("ruff is not installed")
    if formatted(before, *options) == before:
        assert formatted(after, *options) == after


def formatted(text: str, *options: str) -> str:
    assert RUFF is not None
    command = [RUFF, "format", "--isolated", *options, "--stdin-filename", "routes.py", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _function(file: FileSyntax, number: int) -> FunctionNode:
    found: list[FunctionNode] = []
    for node in file.tree.body:
        if isinstance(node, FUNCTIONS):
            found.append(node)
        elif isinstance(node, ast.ClassDef):
            found.extend(inner for inner in node.body if isinstance(inner, FUNCTIONS))
    return found[number]


def _own(function: FunctionNode) -> list[ast.Call]:
    """The calls of the function's own frame, its lambdas and comprehensions; not those of inner functions."""
    found: list[ast.Call] = []
    pending: list[ast.AST] = [*function.body]
    while pending:
        node = pending.pop(0)
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            continue
        if isinstance(node, ast.Call):
            found.append(node)
        pending.extend(ast.iter_child_nodes(node))
    return sorted(found, key=span_of)
