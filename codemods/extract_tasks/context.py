"""What the decision asks about the names and calls of one function; `Knowledge` answers from the program."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from ..model import Code, ImportNeed, Span
from .sites import ValueKind

if TYPE_CHECKING:
    from ..frameworks.error_handlers import Error
    from .sent.loaded import Loader
    from .sent.opened import Opened
    from .sent.related import Related


class Context(Protocol):
    """What the whole program knows about the names in one function."""

    def annotation(self, name: str) -> Code | None:
        """Annotation of a local or parameter; None when its type is not known."""

    def attribute_annotation(self, name: str, attribute: str) -> Code | None:
        """Annotation of `name.attribute` where the class of `name` is known; `attribute` may be dotted."""

    def annotation_inside(self, comprehension: Span, name: str, attribute: str = "") -> Code | None:
        """The same for a name that a comprehension of the function binds."""

    def call_annotation(self, call: Span) -> Code | None:
        """The same for what a call of the function gives."""

    def kind(self, name: str) -> ValueKind:
        """What the value of a local or parameter is."""

    def parses(self, call: Span) -> bool:
        """Does this call of the function give parsed JSON?"""

    def makes_secret(self, call: Span) -> bool:
        """Does this call of the function give what only one person is to know?"""

    def own_types(self, annotation: Code) -> frozenset[str]:
        """Types of the project in the annotation of which a value arrives as it was sent."""

    def may_be_mistaken(self, annotation: Code) -> bool:
        """Is it one of several types of which the JSON does not say which it was: `Decimal | str`?"""

    def revived(self, name: str, annotation: Code) -> Code | None:
        """What makes a value of the type anew in a task of what arrives under the name where the types are
        imported there; None where nothing does."""

    def loss(self, name: str) -> str:
        """What is lost when the model or dataclass of a local is sent whole; empty for nothing."""

    def asks_what_is_set(self, call: Span) -> str:
        """The function that this call runs and that asks which fields of a model were set; empty for none."""

    def loader(self, name: str, opened: Opened | None = None) -> Loader | None:
        """With what a task loads the object of the database that a local is, or those that it lists;
        `opened`: in the session that it has already."""

    def attributes_read(self, name: str, uses: Sequence[ast.Name]) -> frozenset[str] | None:
        """The attributes that are read of such an object, or of those in the list, here under that name and
        by what it is handed on to; None where something else may be done with it."""

    def related(self, loader: Loader, attributes: frozenset[str] | None) -> tuple[Related, ...] | None:
        """What a task loads with such an object so that these, or whatever, can be read; None: it cannot."""

    def is_present(self, name: str, place: Span) -> bool:
        """Does the name surely hold an object, and not None, where it stands?"""

    def module_name(self, name: str) -> ImportNeed | None:
        """How another module imports this module-level name; None where it would not get the same value."""

    def maker(self, name: str) -> Code | None:
        """The call that gives a task the object of an injected parameter."""

    def maker_of_own(self, name: str) -> Code | None:
        """The same for the object of the method, where that is its name."""

    def sessions_of_maker(self, name: str) -> Mapping[str, Opened]:
        """The sessions that are named in that call, with what opens each in the task."""

    def maker_of_kept(self, name: str, attribute: str) -> Code | None:
        """The same for what an object, the method's own as `name`, keeps under a name since it was made."""

    def maker_of_call(self, call: ast.Call, sessions: Collection[str] = ()) -> Code | None:
        """The same for what a call gives that only makes something: `get_mailer()`, `Mailer(HOST)`, or
        `Mailer(db)` with one of the sessions that the task opens itself."""

    def is_injected(self, name: str) -> bool:
        """Does FastAPI give the parameter the value of a dependency?"""

    def is_replaced(self, name: str) -> bool:
        """Do tests, or the application, put something else in the place of that dependency?"""

    def written_elsewhere(self, node: ast.expr) -> str:
        """Who writes the place in the memory of the process that the name or attribute stands for, so that a
        worker finds it otherwise; in words, empty for nobody and for what is no such place."""

    def changes_files(self, call: ast.Call) -> bool:
        """Does it change, move or remove files, itself or by what it is handed?"""

    def reads_files(self, call: ast.Call) -> bool:
        """Does it call a function of the project that reads files, or looks which there are?"""

    def uses_files(self, call: ast.Call) -> bool:
        """Has a function of the project that it runs, or is handed, anything to do with files?"""

    def changes_process(self, call: ast.Call) -> bool:
        """`QUEUE.append(..)`, `next(NUMBERS)` on a name of a module: the worker has one of its own."""

    def is_of_the_process(self, node: ast.expr) -> bool:
        """Is it a lock, a queue, a context variable of a module, of which a worker has another one?"""

    def replaced_by_tests(self, name: str) -> str:
        """The dotted name under which tests replace this module-level name; empty when they do not."""

    def is_patched(self, need: ImportNeed) -> bool:
        """Do tests replace it in its own module?"""

    def own_errors(self, caught: ast.expr, body: Sequence[ast.stmt]) -> frozenset[Error]:
        """The classes after an `except` of this `body`; empty when one is not the project's own affair."""

    def imports_late(self, need: ImportNeed) -> bool:
        """Would this import at the top of the tasks module be circular, or come before what it reads?"""

    def reads_set_up(self, need: ImportNeed) -> bool:
        """Does the import itself read what `set_up` sets?"""

    def set_up(self, needs: Iterable[ImportNeed]) -> tuple[tuple[str, str], ...]:
        """Modules that set up what a task needs beside these imports, each with what it does."""

    def starts(self, module: str) -> str:
        """The call that has a server or a thread run when the module is imported; empty for none."""

    def set_up_around(self, names: Sequence[str], holds: Callable[[Span], bool]) -> str:
        """Who sets the library of these, or of other calls that are held, up when the application starts, or
        before the handlers of requests; in words, empty for nobody."""

    def set_up_before(self, call: Span, name: str) -> Iterable[tuple[ast.stmt, str]]:
        """The statements above this call that set up its library, each with what it sets."""

    def is_fast(self, call: Span) -> bool:
        """May this call of the function stay on the event loop?"""

    def is_awaited(self, call: Span) -> bool:
        """Will the function await this call, as one of those of a database that goes async?"""

    def runs_property(self, place: Span) -> bool:
        """Is a property read in the expression, or another method run without a call, that may block?"""

    def takes_time(self, call: Span) -> bool:
        """Is the call known to wait for something, or to work long?"""

    def works_on_database(self, call: Span) -> bool:
        """Does this call of the function ask the database anything, or tell it?"""

    def changes_row(self, call: ast.Call, name: str) -> bool:
        """Does it change or remove rows of the class of which `name` is one?"""

    def changes_rows(self, call: Span) -> bool:
        """Does this call of the function change a row of the database, for now or for good?"""

    def open_change(self, place: Span, moves: Callable[[Span], bool]) -> ast.AST | None:
        """What the function, or a dependency of it, has changed in the database and not surely committed
        when it comes to this statement, but for what `moves`."""

    def session(self, name: str) -> Opened | None:
        """What opens a session in a task as the one of this name is opened; None for another one."""

    def runs_project_code(self, call: Span) -> bool:
        """Does this call run a function of the project (not a constructor)?"""

    def only_builds(self, call: Span) -> bool:
        """Does it do nothing but to make something of what it is given?"""
