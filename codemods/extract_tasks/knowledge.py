"""What the whole program knows about the names in one function: the `Context` of the decision."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from ..analysis.index.expr import Name
from ..analysis.judge.effects.effects import Effects
from ..analysis.judge.effects.site import SiteKind
from ..analysis.judge.reaching.reach import HARMFUL, KNOWN_HARM, Reach
from ..analysis.link.kinds import Cls, Ext, Inst, Kind, Member, Obj
from ..analysis.link.program import CallKey, Key
from ..analysis.scopes import own_nodes, target_names
from ..analysis.syntax import FunctionNode, Syntax, span_of
from ..frameworks.error_handlers import Error
from ..model import Code, ImportNeed, Span
from .hazards.errors.own_errors import OwnErrors
from .hazards.objects.building import BINDS
from .hazards.objects.made_secrets import MadeSecrets
from .hazards.objects.objects import changed_by, root_of
from .hazards.transactions import Transactions
from .sent.function_types import FunctionTypes
from .sent.importable import Importable
from .sent.injected import Injected
from .sent.kept import Kept
from .sent.loaded import Loader, Loaders
from .sent.making import Making
from .sent.models import Models
from .sent.opened import Opened
from .sent.reading import Reading
from .sent.related import Related
from .sent.revived import is_one_class, revived
from .sent.sessions import Sessions
from .sent.type_texts import TypeTexts
from .sent.value_kinds import ValueKinds
from .sites import ValueKind
from .words import PARSERS

_OFF_THE_LOOP = HARMFUL - {SiteKind.SESSION}


class Knowledge(FunctionTypes):
    """Answers for one function; see `context.Context`."""

    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        importable: Importable,
        injected: Injected,
        models: Models,
        loaders: Loaders,
        reading: Reading,
        own_errors: OwnErrors,
        kept: Kept,
        transactions: Transactions,
        patched: frozenset[str],
        awaited: frozenset[tuple[str, tuple[int, int, int, int]]],
        function: Key,
        node: FunctionNode,
        late: Callable[[ImportNeed], bool],
    ) -> None:
        super().__init__(TypeTexts(reach.effects.inference, syntax, importable, models), function, node)
        self.reach = reach
        self.effects: Effects = reach.effects
        self.injected = injected
        self.state = injected.state
        self.models = models
        self.loaders = loaders
        self.reading = reading
        self._own_errors = own_errors
        self._kept = kept
        self._transactions = transactions
        self._secrets = MadeSecrets(reach, syntax)
        self._sessions = Sessions(injected, loaders.openers)
        self.patched = patched
        self._awaited = awaited
        self._late = late
        self._value_kinds = ValueKinds(self.program, models)

    # names of the function --------------------------------------------------------------------------------

    def kind(self, name: str) -> ValueKind:
        found = {self._value_kinds.of(kind) for kind in self.present(self.kinds(name))}
        return found.pop() if len(found) == 1 else ValueKind.UNKNOWN

    def loader(self, name: str, opened: Opened | None = None) -> Loader | None:
        if self.injected.tests_have_other_sessions:
            return None
        kinds = self.kinds(name)
        is_list = all(isinstance(kind, Inst) and kind.name == "builtins.list" for kind in kinds)
        found = self.present(self.inference.iterated(kinds) if is_list else kinds)
        classes = {kind.key if isinstance(kind, Obj) else None for kind in found}
        cls = classes.pop() if len(classes) == 1 else None
        is_one = cls is not None and self.models.kind(cls) is ValueKind.ORM
        loader = self.loaders.of(cls, opened) if is_one and cls is not None else None
        return replace(loader, is_list=True) if loader is not None and is_list else loader

    def attributes_read(self, name: str, uses: Sequence[ast.Name]) -> frozenset[str] | None:
        loader = self.loader(name)
        in_list = loader is not None and loader.is_list
        return self.reading.of_uses(self.function, uses, in_list=in_list)

    def related(self, loader: Loader, attributes: frozenset[str] | None) -> tuple[Related, ...] | None:
        return self.loaders.related(loader, attributes)

    def is_present(self, name: str, place: Span) -> bool:
        return self.loaders.is_present(self.function, self.node, name, place)

    def maker(self, name: str) -> Code | None:
        return self.injected.made(self.function, self.node, name, Making((), self._sessions.of))

    def sessions_of_maker(self, name: str) -> Mapping[str, Opened]:
        self.injected.made(self.function, self.node, name, making := Making((), self._sessions.of))
        return making.opened

    def maker_of_own(self, name: str) -> Code | None:
        return self._kept.owner(self.function) if self._is_own(name) else None

    def maker_of_kept(self, name: str, attribute: str) -> Code | None:
        return self._kept.maker(self.function, attribute) if self._is_own(name) else None

    def _is_own(self, name: str) -> bool:
        """Is it the first parameter? Of methods alone is anything known to be kept."""
        return bool(self.node.args.args) and self.node.args.args[0].arg == name

    def maker_of_call(self, call: ast.Call, sessions: Collection[str] = ()) -> Code | None:
        # what `add_task` would call stands nowhere in the file
        is_there = self.syntax.file(self.function.path).call(span_of(call)) is call
        return self.injected.factory(self.function, self.node, call, sessions) if is_there else None

    def is_injected(self, name: str) -> bool:
        return self.injected.dependency(self.function, self.node, name) is not None

    def is_replaced(self, name: str) -> bool:
        return self.injected.is_overridden(self.function, self.node, name)

    def written_elsewhere(self, node: ast.expr) -> str:
        return self.state.written.of(self.function, node)

    def changes_files(self, call: ast.Call) -> bool:
        return self.state.files.are_changed(self.function, call, self._sites(span_of(call)))

    def reads_files(self, call: ast.Call) -> bool:
        return self.state.files.are_read(self.function, call, self._sites(span_of(call)))

    def uses_files(self, call: ast.Call) -> bool:
        return self.state.files.are_used(self.function, call, self._sites(span_of(call)))

    def changes_process(self, call: ast.Call) -> bool:
        return self.state.written.changed_by(self.function, call) is not None

    def is_of_the_process(self, node: ast.expr) -> bool:
        return self.state.is_of_the_process(self.function, node)

    def replaced_by_tests(self, name: str) -> str:
        dotted = f"{self.program.modules[self.function.path].facts.module}.{name}"
        return dotted if dotted in self.patched else ""

    def is_patched(self, need: ImportNeed) -> bool:
        return f"{need.module}.{need.name}" in self.patched

    def set_up(self, needs: Iterable[ImportNeed]) -> tuple[tuple[str, str], ...]:
        return self.state.set_up.missing(needs, self.function.path)

    def starts(self, module: str) -> str:
        return self.state.set_up.started.by(module)

    def set_up_around(self, names: Sequence[str], holds: Callable[[Span], bool]) -> str:
        sites = (site for site in self.reach.own(self.function) if site.target is None)
        beside = (site.name for site in sites if holds(Span(*site.span)))
        return next(filter(None, map(self.state.set_up.around, (*names, *beside))), "")

    def set_up_before(self, call: Span, name: str) -> Iterator[tuple[ast.stmt, str]]:
        return self.state.set_up.before(self.function, call, name)

    def own_errors(self, caught: ast.expr, body: Sequence[ast.stmt]) -> frozenset[Error]:
        return self._own_errors.caught(self.function, caught, body)

    def imports_late(self, need: ImportNeed) -> bool:
        return self._late(need) or self.reads_set_up(need)

    def reads_set_up(self, need: ImportNeed) -> bool:
        return self.state.set_up.is_read_by(need, self.function.path)

    # calls ------------------------------------------------------------------------------------------------

    def is_fast(self, call: Span) -> bool:
        sites = self._sites(call)
        return bool(sites) and not any(
            site.kind in HARMFUL
            or site.kind is SiteKind.ASYNC
            or (site.target is not None and self.reach.flags(site.target) & HARMFUL)
            for site in sites
        )

    def is_awaited(self, call: Span) -> bool:
        return (self.function.path, tuple(call)) in self._awaited

    def runs_property(self, place: Span) -> bool:
        return any(
            site.form not in ("call", "callback")
            and place.contains(Span(*site.span))
            and site.target is not None
            and self.reach.flags(site.target) & _OFF_THE_LOOP
            for site in self.reach.own(self.function)
        )

    def takes_time(self, call: Span) -> bool:
        return any(site.kind in KNOWN_HARM or site.kind is SiteKind.ASYNC for site in self._sites(call))

    def works_on_database(self, call: Span) -> bool:
        return any(map(self.state.works_on_database, self._sites(call)))

    def changes_rows(self, call: Span) -> bool:
        return any(map(self.state.rows.changes, self._sites(call)))

    def changes_row(self, call: ast.Call, name: str) -> bool:
        loader = self.loader(name)
        sites = self._sites(span_of(call))
        return loader is not None and self.state.row_changes.are_made(self.function, call, sites, loader.cls)

    def open_change(self, place: Span, moves: Callable[[Span], bool]) -> ast.AST | None:
        return self._transactions.open_at(self.function, place, moves)

    def session(self, name: str) -> Opened | None:
        is_one = self.kind(name) is ValueKind.SESSION
        return self._sessions.of(self.function, self.node, name) if is_one else None

    def runs_project_code(self, call: Span) -> bool:
        return any(
            site.target is not None and not self.program.scope(site.target).name.startswith("__")
            for site in self._sites(call)
        )

    def only_builds(self, call: Span) -> bool:
        targets = [site.target for site in self._sites(call)]
        building = self.state.building
        if not targets or not all(key is not None and building.is_all_of(key) for key in targets):
            return False
        is_new = all(key is not None and building.makes_anew(key) for key in targets)
        return is_new or not self._changes_what_is_given(call)

    def _changes_what_is_given(self, call: Span) -> bool:
        nodes = own_nodes(self.node)
        bound = (node for node in nodes if isinstance(node, BINDS))
        given = [node for node in bound if node.value and span_of(node.value) == call]
        names = {name for node in given for name in target_names(node)}
        return not names.isdisjoint(root_of(changed_by(node)) for node in nodes)

    def parses(self, call: Span) -> bool:
        index = self._calls.get(call)
        callees = self.inference.callees(CallKey(self.function.path, index)) if index is not None else ()
        return bool(callees) and all(_name_of(kind) in PARSERS for kind in callees)

    def makes_secret(self, call: Span) -> bool:
        index = self._calls.get(call)
        return index is not None and self._secrets.makes(CallKey(self.function.path, index))

    def _sites(self, call: Span):  # type: ignore[no-untyped-def]
        index = self._calls.get(call)
        return self.effects.of_call(CallKey(self.function.path, index)) if index is not None else ()

    # types ------------------------------------------------------------------------------------------------

    def own_types(self, annotation: Code) -> frozenset[str]:
        found = [(need, self._class(need)) for need in annotation.needs]
        return frozenset(need.name for need, cls in found if cls is not None and not self.models.loss(cls))

    def may_be_mistaken(self, annotation: Code) -> bool:
        classes = {need.name: cls for need in annotation.needs if (cls := self._class(need)) is not None}
        return self.models.alike.in_annotation(annotation, classes)

    def _class(self, need: ImportNeed) -> Key | None:
        path = self.program.module_path(need.module, self.function.path)
        kinds = self.inference.kinds(Key(path, 0), Name(need.name), 0) if path and need.name else ()
        kind = next(iter(kinds)) if len(kinds) == 1 else None
        return kind.key if isinstance(kind, Cls) else None

    def revived(self, name: str, annotation: Code) -> Code | None:
        cls = self._class(annotation.needs[0]) if is_one_class(annotation) else None
        kind = self.models.kind(cls) if cls is not None else None
        return revived(name, annotation, kind) if not self.models.is_of_old_pydantic else None

    def asks_what_is_set(self, call: Span) -> str:
        run = (site.target for site in self._sites(call) if site.target is not None)
        return next(filter(None, map(self.state.fields_set.asked_by, run)), "")

    def loss(self, name: str) -> str:
        kinds = [kind for kind in self.present(self.kinds(name)) if isinstance(kind, Obj)]
        return next((loss for kind in kinds if (loss := self.models.loss(kind.key))), "")


def _name_of(kind: Kind) -> str:
    if isinstance(kind, Member):
        return f"{kind.owner}.{kind.attr}"
    return kind.name if isinstance(kind, Ext) else ""
