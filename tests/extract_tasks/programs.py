"""One file with one function that does slow work, and what becomes of it: a program in a text."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from async_fix.codemods.analysis.syntax import FileSyntax, FunctionNode, span_of
from async_fix.codemods.engine.rewrite import rewrite
from async_fix.codemods.extract_tasks.decide import plan_tasks
from async_fix.codemods.extract_tasks.generated.names import TaskNames
from async_fix.codemods.extract_tasks.generated.place import TasksPlace
from async_fix.codemods.extract_tasks.generated.tasks_module import added, new_module
from async_fix.codemods.extract_tasks.sent.opened import Opened
from async_fix.codemods.extract_tasks.sent.values import SECRET_FIELDS
from async_fix.codemods.extract_tasks.sites import (
    HelperParameter,
    HelperSignature,
    ParameterKind,
    SlowSite,
    ValueKind,
)
from async_fix.codemods.frameworks.error_handlers import Error
from async_fix.codemods.model import Code, ImportNeed, Span, TaskDefinition, TurnAsync, slot

FIRST_PARTY = frozenset({"app", "domain"})
PATH = "app/routes.py"

USER = {"name": "str", "email": "str", "id": "int", "phone": "str | None"}
ORDER = {"id": "int", "total": "Decimal", "email": "str"}


@dataclass
class Facts:
    """A `Context` that is told everything: kinds of names, fields of objects, what can be imported."""

    kinds: Mapping[str, ValueKind] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    modules: Mapping[str, ImportNeed] = field(default_factory=dict)
    late: frozenset[str] = frozenset()
    project: frozenset[str] = frozenset()
    fast: frozenset[str] = frozenset()
    calls: Mapping[Span, str] = field(default_factory=dict)

    def annotation(self, name: str) -> Code | None:
        return typed(self.annotations[name]) if name in self.annotations else None

    def attribute_annotation(self, name: str, attribute: str) -> Code | None:
        found = self.fields.get(name, {}).get(attribute)
        return typed(found) if found else None

    def annotation_inside(self, comprehension: Span, name: str, attribute: str = "") -> Code | None:
        return None

    def call_annotation(self, call: Span) -> Code | None:
        return None

    def kind(self, name: str) -> ValueKind:
        if name in self.kinds:
            return self.kinds[name]
        return ValueKind.SCALAR if name in self.annotations else ValueKind.UNKNOWN

    def parses(self, call: Span) -> bool:
        return False

    def makes_secret(self, call: Span) -> bool:
        return False

    def own_types(self, annotation: Code) -> frozenset[str]:
        return frozenset()

    def may_be_mistaken(self, annotation: Code) -> bool:
        return False

    def loss(self, name: str) -> str:
        secret = next((field for field in SECRET_FIELDS if field in self.fields.get(name, {})), "")
        return f"would be stored in the queue as a whole, with its {secret}" if secret else ""

    def loader(self, name: str, opened: object = None) -> None:
        return None

    def is_present(self, name: str, place: Span) -> bool:
        return True

    def module_name(self, name: str) -> ImportNeed | None:
        return self.modules.get(name)

    def maker(self, name: str) -> Code | None:
        return None

    def sessions_of_maker(self, name: str) -> dict[str, Opened]:
        return {}

    def is_injected(self, name: str) -> bool:
        return False

    def written_elsewhere(self, node: ast.expr) -> str:
        return ""

    def changes_files(self, call: ast.Call) -> bool:
        return False

    def reads_files(self, call: ast.Call) -> bool:
        return False

    def uses_files(self, call: ast.Call) -> bool:
        return False

    def changes_process(self, call: ast.Call) -> bool:
        return False

    def is_of_the_process(self, node: ast.expr) -> bool:
        return False

    def replaced_by_tests(self, name: str) -> str:
        return ""

    def is_patched(self, need: ImportNeed) -> bool:
        return False

    def maker_of_own(self, name: str) -> Code | None:
        return None

    def maker_of_kept(self, name: str, attribute: str) -> Code | None:
        return None

    def maker_of_call(self, call: ast.Call, sessions: object = ()) -> Code | None:
        need = self.module_name(call.func.id) if isinstance(call.func, ast.Name) else None
        is_ours = self.runs_project_code(span_of(call))
        return Code(f"{slot(0)}()", (need,)) if need and not (call.args or call.keywords or is_ours) else None

    def own_errors(self, caught: ast.expr, body: Sequence[ast.stmt]) -> frozenset[Error]:
        return frozenset()

    def set_up(self, needs: Iterable[ImportNeed]) -> tuple[tuple[str, str], ...]:
        return ()

    def set_up_before(self, call: Span, name: str) -> tuple[tuple[ast.stmt, str], ...]:
        return ()

    def set_up_around(self, names: Sequence[str], holds: Callable[[Span], bool]) -> str:
        return ""

    def imports_late(self, need: ImportNeed) -> bool:
        return need.module in self.late

    def reads_set_up(self, need: ImportNeed) -> bool:
        return False

    def starts(self, module: str) -> str:
        return ""

    def asks_what_is_set(self, call: Span) -> str:
        return ""

    def is_fast(self, call: Span) -> bool:
        return self.calls.get(call, "") in self.fast

    def is_awaited(self, call: Span) -> bool:
        return False

    def runs_property(self, place: Span) -> bool:
        return False

    def takes_time(self, call: Span) -> bool:
        return False

    def works_on_database(self, call: Span) -> bool:
        return False

    def open_change(self, place: Span, moves: object) -> None:
        return None

    def session(self, name: str) -> None:
        return None

    def only_builds(self, call: Span) -> bool:
        return False

    def runs_project_code(self, call: Span) -> bool:
        return self.calls.get(call, "") in self.project


_TYPES = {
    "Decimal": ImportNeed("decimal", "Decimal"),
    "datetime": ImportNeed("datetime", "datetime"),
    "UUID": ImportNeed("uuid", "UUID"),
    "Path": ImportNeed("pathlib", "Path"),
    "UserIn": ImportNeed("app.schemas", "UserIn"),
}


def typed(text: str) -> Code:
    needs: list[ImportNeed] = []
    for name, need in _TYPES.items():
        if name in text:
            text = text.replace(name, chr(0xE000 + len(needs)))
            needs.append(need)
    return Code(text, tuple(needs))


def helper(qualname: str, *parameters: str, module: str = "app.mailer", **facts: object) -> HelperSignature:
    """`helper("send", "to: str", "*", "lang: str = 'en'")`."""
    made: list[HelperParameter] = []
    kind = ParameterKind.POSITIONAL
    for text in parameters:
        if text == "*":
            kind = ParameterKind.KEYWORD
            continue
        own = (
            ParameterKind.KEYWORDS
            if text.startswith("**")
            else ParameterKind.REST
            if text.startswith("*")
            else kind
        )
        head, _, default = text.lstrip("*").partition(" = ")
        name, _, annotation = head.partition(": ")
        made.append(
            HelperParameter(
                name, own, typed(annotation) if annotation else None, Code(default) if default else None
            )
        )
    return HelperSignature(module, qualname, tuple(made), **facts)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Outcome:
    text: str
    """The file afterwards."""
    tasks: str
    """The tasks module; empty when there is none."""
    codes: tuple[str, ...]
    """Why slow calls stay, in the order of the source."""
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    definitions: tuple[TaskDefinition, ...]


def migrate(
    source: str,
    slow: Mapping[str, str | tuple[str, HelperSignature]],
    facts: Facts | None = None,
    *,
    existing: str = "",
    path: str = PATH,
    own_modules: Mapping[str, ImportNeed] | None = None,
    is_handler: bool = True,
) -> Outcome:
    """`slow` maps what is called, as it is written, to its kind (and the helper that it is)."""
    text = textwrap.dedent(source).lstrip("\n")
    file = FileSyntax(path, text)
    function = _function(file)
    known = facts or Facts()
    calls = {span_of(n): ast.unparse(n.func) for n in ast.walk(file.tree) if isinstance(n, ast.Call)}
    known.calls = calls
    known.modules = {**_imports(file), **_definitions(file), **(own_modules or {}), **known.modules}
    sites = [SlowSite(span, name, *_kind(slow[name])) for span, name in calls.items() if name in slow]
    names = TaskNames(TasksPlace("domain/tasks.py", "domain.tasks"), existing=existing)
    found = plan_tasks(file, function, sites, known, names, "routes", is_handler=is_handler)
    edits = [edit for plan in found.plans for edit in plan.edits]
    if isinstance(function, ast.FunctionDef):
        edits.append(TurnAsync(span_of(function)))
    changed = rewrite(text, edits, module="app.routes", first_party=FIRST_PARTY, line_length=88)
    definitions = tuple(plan.task for plan in found.plans)
    return Outcome(
        text=changed,
        tasks=_tasks(definitions, existing),
        codes=tuple(reason.code for _, reason in sorted(found.reasons.items())),
        reasons=tuple(reason.text for _, reason in sorted(found.reasons.items())),
        notes=tuple(str(note) for plan in found.plans for note in plan.notes),
        definitions=definitions,
    )


def _tasks(definitions: Sequence[TaskDefinition], existing: str) -> str:
    unique = tuple(dict.fromkeys(definitions))
    if not unique:
        return existing
    if existing:
        edits = added(existing, unique)
        return rewrite(existing, edits, module="domain.tasks", first_party=FIRST_PARTY, line_length=88)
    return new_module(unique, FIRST_PARTY)


def _kind(value: str | tuple[str, HelperSignature]) -> tuple[str, HelperSignature | None]:
    return (value, None) if isinstance(value, str) else value


def _function(file: FileSyntax) -> FunctionNode:
    """The last function of the file that is not nested."""
    for node in reversed(file.tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return node
        if isinstance(node, ast.ClassDef):
            return next(n for n in node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))
    raise AssertionError("no function")


def _imports(file: FileSyntax) -> dict[str, ImportNeed]:
    found: dict[str, ImportNeed] = {}
    for node in file.tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = ImportNeed(alias.name)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = ImportNeed(node.module or "", alias.name)
    return found


def _definitions(file: FileSyntax) -> dict[str, ImportNeed]:
    return {
        node.name: ImportNeed("app.routes", node.name)
        for node in file.tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }


def handler(text: str) -> str:
    """The text of the last function of a file, without what stands above it."""
    lines = text.splitlines()
    tree = ast.parse(text)
    last = [n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))][-1]
    return "\n".join(lines[last.lineno - 1 : last.end_lineno]) + "\n"


def source(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")
