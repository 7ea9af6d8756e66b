"""What the application sets up for all of its process when it is imported: a worker that does not import that
has not done it.

load_dotenv()                                    in app/main.py, and `os.environ["SMTP_HOST"]` in app/mail.py
resend.api_key = settings.resend_key             before `resend.Emails.send(..)`
firebase_admin.initialize_app(credentials)

What functions set up that run when the application starts (`lifespan`, `on_event`), or before each handler
(dependencies, middleware), no import brings; what the function sets above its slow call goes along with that.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, cached_property, partial
from typing import NamedTuple

from ....analysis.judge.effects.mapped import Mapped
from ....analysis.judge.reaching.all_below import AllBelow
from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.import_graph import ImportGraph
from ....analysis.link.kinds import Ext
from ....analysis.link.program import Key
from ....analysis.nodes import BINDINGS, bound_plainly
from ....analysis.scopes import own_nodes
from ....analysis.syntax import Syntax, last_name, span_of
from ....analysis.view import View, Views
from ....frameworks.applications import application_calls
from ....model import FunctionId, ImportNeed, Span
from ...finding.handed_on import IN_THREAD
from ...words import words
from ..rows.mapped_together import MappedTogether
from .at_import import Started, calls_of, run_at_import
from .used_libraries import UsedLibraries

_ENVIRONMENT = "os"
_OF_THE_ENVIRONMENT = {"dotenv": _ENVIRONMENT, "environs": _ENVIRONMENT}
"""What they set is read through another module."""
_OF_THE_PROCESS = {
    "locale.setlocale": words("calendar datetime locale time"),
    "mimetypes.add_type": words("mimetypes"),
    "socket.setdefaulttimeout": words("ftplib http imaplib poplib smtplib socket urllib"),
}
"""What is set for all of the process -> who works by it."""
_READS_ENVIRONMENT = frozenset({"BaseSettings", "environ", "getenv"})
_READS_A_FILE = "env_file"
"""Settings that are read from a file by themselves."""
_FRAMEWORKS = frozenset({"fastapi", "starlette", "taskiq", "uvicorn"})
_SETS = words("configure init initialize initialize_app login setup")
"""What they give is often kept; what `config("KEY")` gives is a value."""
_IN_THE_DATABASE = words("create_all drop_all")
"""`SQLModel.metadata.create_all(engine)` sets up what a worker comes to as well."""
_PUTS_AWAY = re.compile(r"^(close|disconnect|dispose|shutdown|stop|terminate)(_|$)")
"""`close_all_sessions()` sets up nothing."""


class _Done(NamedTuple):
    path: str
    text: str
    """What is set, or who sets it."""
    statement: str


_Settings = tuple[tuple[str, str], ...]
"""Packages, each with what is set or who sets it."""


class SetUp:
    def __init__(
        self, reach: Reach, syntax: Syntax, starting: Collection[Key], around: Collection[Key]
    ) -> None:
        """`starting`: functions that run before the first request or behind the last one, and then only;
        `around`: dependencies and middleware."""
        effects = reach.effects
        self.reach = reach
        self.program = effects.program
        self.views = Views(effects.inference, syntax)
        self.starting = starting
        self.around_requests = around
        self.graph = ImportGraph(self.program)
        mapped = effects.mapped or Mapped(effects.inference)
        self.started = Started(reach, self.views, self.graph)
        self.used = UsedLibraries(self.program, syntax)
        self.mapped = MappedTogether(self.program, mapped, syntax, self.graph)
        self._by_function = cache(self._of)
        self._setting = {
            each: AllBelow(partial(self._itself_if_setting, at_import=each), reach.callees)
            for each in (False, True)
        }
        """By whether it is at import, the functions below one that set something up."""
        self._for_requests: dict[frozenset[Key], _Settings] = {}
        self._libraries: dict[str, frozenset[str]] = {}
        self._imported = cache(self._roots_imported)
        self._read_at_import = cache(self._find_read_at_import)
        self._together = cache(self._find_together)

    def missing(self, needs: Iterable[ImportNeed], near: str) -> tuple[tuple[str, str], ...]:
        """The modules that a task must import beside what it needs by name, each with what it does there."""
        needs = tuple(needs)
        loaded = frozenset(path for need in needs for path in self.graph.loads(need.module))
        roots = {_root(need.module) for need in needs if not self.graph.loads(need.module)}
        roots |= self._used(needs, loaded)
        found: dict[str, str] = {}
        for each in self._elsewhere(roots, loaded, near):
            found.setdefault(self.program.modules[each.path].facts.module, each.text)
        for path, name in self.mapped.missing(loaded):
            found.setdefault(self.program.modules[path].facts.module, name)
        return tuple(found.items())

    def _used(self, needs: Iterable[ImportNeed], loaded: frozenset[str]) -> frozenset[str]:
        """The packages that what is needed may work with, and those of the environment of the process."""
        imported = frozenset().union(*map(self._imported, loaded))
        own = [need for need in needs if self.graph.loads(need.module)]
        if not all(need.name for need in own):
            return imported
        used = self.used.of((need.name for need in own), loaded)
        return imported & {*used, _ENVIRONMENT}

    def is_read_by(self, need: ImportNeed, near: str) -> bool:
        """Does the import itself read what another file sets up, `KEY = os.getenv("KEY")`? It must wait."""
        loaded = self.graph.loads(f"{need.module}.{need.name}".rstrip("."))
        return any(True for _ in self._elsewhere(self._read_at_import(loaded), loaded, near))

    def _find_read_at_import(self, paths: frozenset[str]) -> frozenset[str]:
        """The packages that files work with when they are imported."""
        reading = [path for path in paths if _READS_A_FILE not in self.views.of(path).file.text]
        is_reading = not _READS_ENVIRONMENT.isdisjoint(self.used.mentioned_at_import(reading))
        found = self.used.of((), paths) - {_ENVIRONMENT}
        return found | {_ENVIRONMENT} if is_reading else found

    def _elsewhere(self, roots: Collection[str], loaded: Collection[str], near: str) -> Iterator[_Done]:
        """What files that are loaded together with `near`, and are none of these, set up of the packages."""
        for root in sorted(self._at_import.keys() & roots):
            together = [each for each in self._at_import[root] if each.path in self._together(near)]
            for each in self._once(together, loaded) if root == _ENVIRONMENT else together:
                if each.path not in loaded:
                    yield each

    def _once(self, every: Iterable[_Done], loaded: Collection[str]) -> Iterator[_Done]:
        """Of the same statement in several files, `load_dotenv()`, the one that brings the least along."""
        by_statement: dict[str, list[_Done]] = defaultdict(list)
        for each in every:
            by_statement[each.statement].append(each)
        for same in by_statement.values():
            if not any(each.path in loaded for each in same):
                yield min(same, key=lambda each: (len(self.graph.behind([each.path])), each.path))

    def around(self, name: str) -> str:
        """Who sets the library of the called name up when the application starts, or before the handlers of
        requests, in words; a worker runs nothing of that. Empty for nobody, and where it is done at import as
        well."""
        root = _root(name)
        return "" if root in self._at_import else self._around.get(root, "")

    def before(self, function: Key, call: Span, name: str) -> Iterator[tuple[ast.stmt, str]]:
        """What the function itself does above the call to set up the library of what is called, if that does
        not: the statement, and what it sets or calls."""
        view = self.views.of(function.path)
        node = view.file.function(self.program.scope(function).span)
        roots = self._worked_with(name)
        for part in own_nodes(node) if node is not None and roots else ():
            if not isinstance(part, ast.stmt) or span_of(part)[:2] >= call[:2]:
                continue
            called = frozenset(key for each in calls_of(part) for key in view.functions_run(each))
            found = [*self._below(called)]
            found += self._by(view, part) if _is_setting(part) else ()
            yield from ((part, text) for root, text in found if root in roots)

    def _worked_with(self, name: str) -> frozenset[str]:
        """The library of the called name, or those that a function of the project may find set up."""
        if name not in self._libraries:
            self._libraries[name] = self._find_worked_with(name)
        return self._libraries[name]

    def _find_worked_with(self, name: str) -> frozenset[str]:
        target = self.program.key(FunctionId(name))
        if target is None:
            return frozenset([_root(name)])
        paths = self.graph.loads(name.partition(":")[0])
        own = {root for root, _ in self._below(frozenset([target]))}
        return frozenset().union(*map(self._imported, paths)) - own

    def _find_together(self, near: str) -> frozenset[str]:
        """The files that are loaded together with this one, by the applications that do so."""
        made = {call.path for call in application_calls(self.reach.effects.inference)}
        apps = [self.graph.behind([path]) for path in sorted(made)]
        return self.graph.behind([near]).union(*(each for each in apps if near in each))

    @cached_property
    def _at_import(self) -> Mapping[str, list[_Done]]:
        """Package -> the files that set it up when they are loaded, themselves or by functions they call."""
        found: dict[str, list[_Done]] = defaultdict(list)
        for path in sorted(self.program.modules):
            facts = self.program.modules[path].facts
            if facts.is_test or not (facts.calls or facts.attributes):
                continue
            view = self.views.of(path)
            for statement in run_at_import(view.file.tree.body):
                called = {key for call in calls_of(statement) for key in view.functions_run(call)}
                for root, text in (*self._by(view, statement), *self._by_those_below(called, at_import=True)):
                    found[root].append(_Done(path, text, ast.unparse(statement)))
        return found

    @cached_property
    def _around(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for key in sorted(self.starting):
            for root, text in self._by_functions({key}):
                found.setdefault(root, f"{text}, which {self.program.scope(key).name}() sets up at start")
        for key in sorted(self.around_requests):
            for root, text in self._below(frozenset([key])):
                found.setdefault(root, f"{text}, which {self.program.scope(key).name}() sets up before it")
        return found

    def _below(self, functions: frozenset[Key]) -> _Settings:
        """What is set up by these, and by what they call, whenever they run."""
        if functions not in self._for_requests:
            self._for_requests[functions] = tuple(self._by_those_below(functions, at_import=False))
        return self._for_requests[functions]

    def _by_those_below(self, functions: Iterable[Key], *, at_import: bool) -> Iterator[tuple[str, str]]:
        below = map(self._setting[at_import].of, functions)
        return self._by_functions(frozenset().union(*below), at_import=at_import)

    def _by_functions(self, functions: Iterable[Key], *, at_import: bool = True) -> Iterator[tuple[str, str]]:
        """What is set up by these; calls with other names do that at import only, where nothing is done for a
        request."""
        for key in sorted(each for each in functions if self._by_function(each, at_import)):
            yield from self._by_function(key, at_import)

    def _itself_if_setting(self, function: Key, *, at_import: bool) -> tuple[Key, ...]:
        return (function,) if self._by_function(function, at_import) else ()

    def _of(self, function: Key, at_import: bool) -> _Settings:
        return tuple(self._found_in(function, at_import))

    def _found_in(self, function: Key, at_import: bool) -> Iterator[tuple[str, str]]:
        view = self.views.of(function.path)
        node = view.file.function(self.program.scope(function).span)
        for part in own_nodes(node) if node is not None else ():
            if isinstance(part, ast.stmt) and (at_import or _is_setting(part)):
                yield from self._by(view, part)

    def _by(self, view: View, statement: ast.stmt) -> Iterator[tuple[str, str]]:
        """The library that somebody installs, and what the statement sets of it."""
        subject = first = _changed_by(statement)
        while isinstance(first, ast.Attribute):
            first = first.value
        if subject is None or not isinstance(first, ast.Name) or _sets_nothing_up(last_name(subject)):
            return
        for root in _OF_THE_PROCESS.get(view.external(subject), ()):
            yield root, ast.unparse(subject)
        for kind in view.kinds(first):
            root = _root(kind.name) if isinstance(kind, Ext) else ""
            if root and root not in sys.stdlib_module_names and root not in _FRAMEWORKS:
                yield _OF_THE_ENVIRONMENT.get(root, root), ast.unparse(subject)

    def _roots_imported(self, path: str) -> frozenset[str]:
        names = dict(self.used.imported(path))
        is_reading = "BaseSettings" in names and _READS_A_FILE not in self.views.of(path).file.text
        return frozenset([*names.values(), *([_ENVIRONMENT] if is_reading else ())])


def _sets_nothing_up(name: str) -> bool:
    return name in _IN_THE_DATABASE or bool(_PUTS_AWAY.match(name))


def _root(name: str) -> str:
    return name.partition(".")[0]


def _is_setting(statement: ast.stmt) -> bool:
    """`resend.api_key = KEY`, `cloudinary.config(..)`: in a function most calls do what it is for."""
    called = _called(statement.value) if isinstance(statement, ast.Expr) else None
    is_call = called is not None and last_name(called) in (*_SETS, "config")
    return is_call or isinstance(statement, BINDINGS)


def _changed_by(statement: ast.stmt) -> ast.expr | None:
    """`stripe.api_key` of an assignment, `cloudinary.config` of a call."""
    bound = bound_plainly(statement)
    if bound and isinstance(bound[0][0], ast.Attribute):
        return bound[0][0]
    value = bound[0][1] if bound else statement.value if isinstance(statement, ast.Expr) else None
    called = _called(value) if value is not None else None
    is_kept = bool(bound) and called is not None and last_name(called) not in _SETS
    return None if is_kept else called


def _called(value: ast.expr) -> ast.expr | None:
    """`init` of `init(key)`, and of `await run_in_threadpool(init, key)`"""
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return None
    return call.args[0] if last_name(call.func) in IN_THREAD and call.args else call.func
