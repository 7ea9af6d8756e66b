"""What the application sets up for all of its process when it is imported: a worker that does not import that
has not done it.

load_dotenv()                                    in app/main.py, and `os.environ["SMTP_HOST"]` in app/mail.py
resend.api_key = settings.resend_key             before `resend.Emails.send(..)`
firebase_admin.initialize_app(credentials)

What functions set up that run when the application starts (`lifespan`, `on_event`), or before each handler
(dependencies, middleware), or when an object is made, no import brings; what the function sets above its slow
call goes along with that.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import NamedTuple

from ....analysis.judge.effects.mapped import Mapped
from ....analysis.judge.reaching.all_below import AllBelow
from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.import_graph import ImportGraph
from ....analysis.link.program import Key
from ....analysis.scopes import own_nodes
from ....analysis.syntax import Syntax, span_of
from ....analysis.view import Views
from ....frameworks.applications import application_calls
from ....model import FunctionId, ImportNeed, Span
from ..rows.mapped_together import MappedTogether
from .at_import import Started, calls_of, run_at_import
from .setting import ENVIRONMENT, is_setting, set_by
from .used_libraries import UsedLibraries

_READS_ENVIRONMENT = frozenset({"BaseSettings", "environ", "getenv"})
_READS_A_FILE = "env_file"
"""Settings that are read from a file by themselves."""
_MAKES = ("__init__", "__new__", "__post_init__")


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
        self._when_made = cache(self._find_when_made)

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
        return imported & {*used, ENVIRONMENT}

    def is_read_by(self, need: ImportNeed, near: str) -> bool:
        """Does the import itself read what another file sets up, `KEY = os.getenv("KEY")`? It must wait."""
        loaded = self.graph.loads(f"{need.module}.{need.name}".rstrip("."))
        return any(True for _ in self._elsewhere(self._read_at_import(loaded), loaded, near))

    def _find_read_at_import(self, paths: frozenset[str]) -> frozenset[str]:
        """The packages that files work with when they are imported."""
        reading = [path for path in paths if _READS_A_FILE not in self.views.of(path).file.text]
        is_reading = not _READS_ENVIRONMENT.isdisjoint(self.used.mentioned_at_import(reading))
        found = self.used.of((), paths) - {ENVIRONMENT}
        return found | {ENVIRONMENT} if is_reading else found

    def _elsewhere(self, roots: Collection[str], loaded: Collection[str], near: str) -> Iterator[_Done]:
        """What files that are loaded together with `near`, and are none of these, set up of the packages."""
        for root in sorted(self._at_import.keys() & roots):
            together = [each for each in self._at_import[root] if each.path in self._together(near)]
            for each in self._once(together, loaded) if root == ENVIRONMENT else together:
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

    def around(self, name: str, by: Key | None = None) -> str:
        """Who sets the library of the called name up when the application starts, before the handlers of
        requests or when an object is made, in words; a worker runs nothing of that, but for what the function
        that it runs does itself, and what makes the object of that. Empty for nobody, and where it is done at
        import as well."""
        root = _root(name)
        return "" if root in self._at_import else self._around.get(root) or self._made_elsewhere(root, by)

    def _made_elsewhere(self, root: str, by: Key | None) -> str:
        cls = self.program.enclosing_class(by) if by is not None else None
        own = self.reach.effects.inference.classes.mro(cls) if cls is not None else ()
        if by is not None and any(of == root for of, _ in self._below(frozenset([by]))):
            return ""
        return next((text for made, text in self._when_made(root) if made not in own), "")

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
            found += set_by(view, part) if is_setting(part) else ()
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
                for root, text in (*set_by(view, statement), *self._by_those_below(called, at_import=True)):
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

    def _find_when_made(self, root: str) -> Sequence[tuple[Key, str]]:
        """The classes that set the library up while an object of them is made, each with what it sets."""
        found = []
        for method in self.program.functions():
            facts, scope = self.program.modules[method.path].facts, self.program.scope(method)
            cls = self.program.enclosing_class(method) if scope.name in _MAKES and not facts.is_test else None
            if cls is not None and root in self._imported(method.path):
                name = self.program.scope(cls).name
                texts = (text for of, text in self._below(frozenset([method])) if of == root)
                found += [(cls, f"{text}, which {name}() sets up when it is made") for text in texts]
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
            if isinstance(part, ast.stmt) and (at_import or is_setting(part)):
                yield from set_by(view, part)

    def _roots_imported(self, path: str) -> frozenset[str]:
        names = dict(self.used.imported(path))
        is_reading = "BaseSettings" in names and _READS_A_FILE not in self.views.of(path).file.text
        return frozenset([*names.values(), *([ENVIRONMENT] if is_reading else ())])


def _root(name: str) -> str:
    return name.partition(".")[0]
