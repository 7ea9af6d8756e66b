"""What the application sets up for all of its process when it is imported: a worker that does not import that
has not done it.

load_dotenv()                                    in app/main.py, and `os.environ["SMTP_HOST"]` in app/mail.py
resend.api_key = settings.resend_key             before `resend.Emails.send(..)`
firebase_admin.initialize_app(credentials)
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from ...analysis.index.bindings import How, Import
from ...analysis.link.program import Program
from ...analysis.syntax import Syntax, last_name
from ...model import ImportNeed
from ..sent.importable import Importable, ImportGraph
from ..words import words

_OF_THE_ENVIRONMENT = {"dotenv": "os", "environs": "os"}
"""What they set is read through another module."""
_FRAMEWORKS = frozenset({"fastapi", "starlette", "taskiq", "uvicorn"})
_SETS = words("config configure init initialize initialize_app login setup")
"""What they give is often kept."""


class SetUp:
    def __init__(self, program: Program, syntax: Syntax) -> None:
        self.program = program
        self.syntax = syntax
        self.importable = Importable(program)
        self.graph = ImportGraph(program)

    def missing(self, needs: Iterable[ImportNeed], near: str) -> tuple[tuple[str, str], ...]:
        """The modules that a task must import beside what it needs by name, each with what it does there."""
        needs = tuple(needs)
        loaded = {path for need in needs for path in self.graph.loads(need.module)}
        roots = {root for need in needs if not self.graph.loads(need.module) for root in _roots(need.module)}
        roots |= {root for path in loaded for root in self._imported(path)}
        found: dict[str, str] = {}
        for root in sorted(roots & self._done.keys()):
            for path, text in self._done[root]:
                if path not in loaded and path in self._together(near):
                    found.setdefault(self.program.modules[path].facts.module, text)
        return tuple(found.items())

    def _together(self, near: str) -> frozenset[str]:
        """The files that are loaded together with this one, by the applications that do so."""
        made = {call.path for call in self.program.calls_by_name.get("FastAPI", ())}
        apps = [
            self.graph.behind([path]) for path in sorted(made) if not self.program.modules[path].facts.is_test
        ]
        return frozenset().union(*(each for each in apps if near in each))

    @cached_property
    def _done(self) -> Mapping[str, list[tuple[str, str]]]:
        """Package -> the files that set it up when they are loaded."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for path in sorted(self.program.modules):
            facts = self.program.modules[path].facts
            if facts.is_test or not facts.calls:
                continue
            for statement in _run_at_import(self.syntax.file(path).tree.body):
                subject = _changed_by(statement)
                root = self._package(path, subject) if subject is not None else ""
                if root and subject is not None:
                    found[_OF_THE_ENVIRONMENT.get(root, root)].append((path, ast.unparse(subject)))
        return found

    def _package(self, path: str, subject: ast.expr) -> str:
        """Of a library that somebody installs; empty for what the project has itself."""
        while isinstance(subject, ast.Attribute):
            subject = subject.value
        need = self.importable.need(path, subject.id) if isinstance(subject, ast.Name) else None
        if need is None or self.graph.loads(need.module):
            return ""
        root = need.module.partition(".")[0]
        return root if root not in sys.stdlib_module_names and root not in _FRAMEWORKS else ""

    def _imported(self, path: str) -> Iterator[str]:
        for binding in self.program.modules[path].facts.scopes[0].bindings:
            if binding.how is How.IMPORT and isinstance(binding.value, Import):
                yield from _roots(self.program.absolute(binding.value, path))


def _roots(module: str) -> tuple[str, ...]:
    return (module.partition(".")[0],)


def _run_at_import(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, (ast.Try, ast.With)):
            yield from _run_at_import(statement.body)
        elif isinstance(statement, ast.If):
            if "__name__" not in ast.unparse(statement.test):
                yield from _run_at_import((*statement.body, *statement.orelse))
        else:
            yield statement


def _changed_by(statement: ast.stmt) -> ast.expr | None:
    """`stripe.api_key` of an assignment, `cloudinary.config` of a call."""
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
        return statement.targets[0]
    value = statement.value if isinstance(statement, (ast.Assign, ast.Expr)) else None
    if not isinstance(value, ast.Call):
        return None
    is_kept = isinstance(statement, ast.Assign) and last_name(value.func) not in _SETS
    return None if is_kept else value.func
