"""Names that hold what comes from a client become functions: each event loop has a client of its own.

client = MongoClient(URL)                @per_event_loop
                                ->       def client() -> AsyncMongoClient:
                                             return AsyncMongoClient(URL)

db = client["shop"]             ->       def db() -> AsyncDatabase:
                                             return client()["shop"]

self.users = db.users           ->       def users(self) -> AsyncCollection:     (a method of the class)
                                             return db().users
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ...analysis.link.program import FUNCTIONS, Key
from ...analysis.nodes import target_of, walk
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import Code, Edit, ImportNeed, InsertStatements, ReplaceStatements, slot
from ..making.places import Place
from ..objects.client_object import Holder
from ..objects.patched import check_patches
from ..twin import NoTwinError
from .handles import CLIENT, COLLECTION, DATABASE, WHAT, Handles, Use

ASYNC = {
    CLIENT: ImportNeed("pymongo", "AsyncMongoClient"),
    DATABASE: ImportNeed("pymongo.asynchronous.database", "AsyncDatabase"),
    COLLECTION: ImportNeed("pymongo.asynchronous.collection", "AsyncCollection"),
}


class Definition(msgspec.Struct, frozen=True):
    """Where a name of a module, or an attribute of instances, gets what comes from a client."""

    use: Use
    view: View
    holder: Holder
    statement: ast.Assign | ast.AnnAssign
    maker: str
    """What gives it from now on: a function in the place of a name, or of the client itself."""
    method: ast.FunctionDef | None = None
    """The `__init__` that it stands in."""

    @property
    def code(self) -> Code:
        """The function that gives it."""
        value, root = self.use.end, self.use.root
        text = self.view.spliced(span_of(value), [(span_of(root), self.maker)])
        return self.around(self.view.outdented(value, text))

    def around(self, value: str) -> Code:
        arguments = self.method.args.args[0].arg if self.method is not None else ""
        above = self.view.file.comments_above(self.statement)
        made = f"{slot(0)}{type_arguments(self.view, self.statement)}"
        text = f"{above}def {self.holder.name}({arguments}) -> {made}:\n    return {value}\n"
        return Code(text, (ASYNC[self.view.instance(self.use.end)],))


def type_arguments(view: View, statement: ast.AST) -> str:
    """`[Document]` of `client: MongoClient[Document] = ..`"""
    match statement:
        case ast.AnnAssign(annotation=ast.Subscript(named, given)) if view.external(named) in ASYNC:
            return f"[{view.source(given)}]"
    return ""


def definitions(handles: Handles, uses: Sequence[Use], place: Place) -> Mapping[Holder, Definition]:
    """Of all names that become functions beside that of the client. Raises `NoTwinError`."""
    found: dict[Holder, Definition] = {}
    first = place.holder
    pairs = [(use, _bound(handles, use)) for use in uses]
    bound = [(use, holder) for use, holder in pairs if holder is not None and holder != first]
    size = -1
    while size != len(found):
        size = len(found)
        for use, holder in bound:
            if holder not in found and _lasts(handles, use, holder, {first, *found}):
                found[holder] = _definition(handles, use, holder, place)
    for use, holder in bound:
        if holder in found and found[holder].use != use:
            raise NoTwinError(f"{holder.name}, which comes from {WHAT}, is set in several ways")
    return found


def is_local(handles: Handles, holder: Holder) -> bool:
    """Is it a name of a function, which has its value for one call only?"""
    if holder.on_instance:
        return False
    return handles.program.scope(Key(holder.path, holder.scope)).kind in FUNCTIONS


def _lasts(handles: Handles, use: Use, holder: Holder, made: set[Holder]) -> bool:
    """Does the name live longer than one call, and come from what does so, too?"""
    if is_local(handles, holder):
        return False
    return not holder.on_instance or use.holder is None or use.holder in made


def _bound(handles: Handles, use: Use) -> Holder | None:
    """The name or attribute that is bound to it."""
    view = handles.views.of(use.path)
    parent = view.file.parents[use.end]
    if use.call is not None or not isinstance(parent, (ast.Assign, ast.AnnAssign)):
        return None
    target = target_of(parent)
    if target is None:
        raise NoTwinError(f"what comes from {WHAT} gets several names at once ({use.path}:{parent.lineno})")
    return next(handles.named(view, target), None)


def _definition(handles: Handles, use: Use, holder: Holder, place: Place) -> Definition:
    view = handles.views.of(use.path)
    maker = f"{place.holder.name}()" if use.root is place.made else view.source(use.root)
    maker += "" if isinstance(use.root, ast.Call) else "()"
    statement = view.file.parents[use.end]
    assert isinstance(statement, (ast.Assign, ast.AnnAssign))
    parent = view.file.parents[statement]
    check_patches(handles.world, holder, holder.name)
    where = f"{use.path}:{statement.lineno}"
    if not holder.on_instance:
        if not isinstance(parent, ast.Module) or _times_bound(view, holder.name) != 1:
            raise NoTwinError(f"{holder.name}, which comes from {WHAT}, is not simply assigned ({where})")
        return Definition(use, view, holder, statement, maker)
    if not isinstance(parent, ast.FunctionDef) or parent.name != "__init__":
        raise NoTwinError(f"{holder.name}, which comes from {WHAT}, is not set in an __init__ ({where})")
    own = {n.id for n in walk(parent) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own |= {argument.arg for argument in ast.walk(parent.args) if isinstance(argument, ast.arg)}
    own -= {parent.args.args[0].arg}
    if own & {n.id for n in walk(use.end) if isinstance(n, ast.Name)}:
        raise NoTwinError(
            f"{holder.name}, which comes from {WHAT}, is made from what __init__ is given ({where})"
        )
    return Definition(use, view, holder, statement, maker, parent)


def _times_bound(view: View, name: str) -> int:
    return sum(
        isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load) and view.scope(n) == 0
        for n in walk(view.file.tree)
    )


def definition_edits(found: Mapping[Holder, Definition]) -> Iterator[tuple[str, Edit]]:
    methods: dict[tuple[str, ast.FunctionDef], list[Definition]] = defaultdict(list)
    for _, definition in sorted(found.items()):
        if definition.method is not None:
            methods[definition.view.path, definition.method].append(definition)
            continue
        span = span_of(definition.statement)
        yield definition.view.path, ReplaceStatements(span, span, definition.code)
    for (path, method), group in methods.items():
        for edit in _of_instance(method, sorted(group, key=lambda each: each.statement.lineno)):
            yield path, edit


def _of_instance(method: ast.FunctionDef, group: Sequence[Definition]) -> Iterator[Edit]:
    """The attributes become methods; an `__init__` that sets nothing else goes."""
    texts = [definition.code.text for definition in group]
    needs = tuple(dict.fromkeys(need for definition in group for need in definition.code.needs))
    text = "\n\n".join(
        text.replace(slot(0), slot(needs.index(definition.code.needs[0])))
        for text, definition in zip(texts, group, strict=True)
    )
    first, last = span_of(group[0].statement), span_of(method)
    if len(group) == len(method.body) and len(method.args.args) == 1 and not method.args.kwonlyargs:
        yield ReplaceStatements(last, last, Code(text, needs))
        return
    for definition in group:
        span = span_of(definition.statement)
        is_all = len(group) == len(method.body) and span == first
        yield ReplaceStatements(span, span, Code("pass\n" if is_all else ""))
    yield InsertStatements(last, Code(text, needs), after=True)
