"""Where sessions are made: `sessionmaker(...)` and `Session(engine)`.

    SessionLocal = sessionmaker(bind=engine)     ->   SessionLocal = async_sessionmaker(bind=engine)
    with Session(engine) as session:             ->   async with AsyncSession(engine) as session:

SQLAlchemy 1.4 has no async_sessionmaker: there it is `sessionmaker(..., class_=AsyncSession)`.
"""

from __future__ import annotations

import ast

from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import Argument, Code, ImportNeed, Note, NoteKind, ReplaceCall, ReplaceExpression, slot
from ..draft import Draft
from ..words import ASYNC_OF, ASYNCIO, MAKER, SESSIONS
from .engine_options import engine_options

_SESSION = ImportNeed(ASYNCIO, "AsyncSession")
_KEEPS = "expire_on_commit"
_MAKER = ImportNeed("sqlalchemy.orm", "sessionmaker")


def finish_makers(views: Views, draft: Draft, *, old: bool) -> None:
    """The last step: only now it is known whether objects must survive commits, those of tests in sessions
    that the tests make, if they make any."""
    tests_make = any(view.module.is_test for view, _, _ in draft.makers)
    everywhere = [*draft.loaded, *(() if tests_make else draft.loaded_in_tests)]
    in_tests = [*everywhere, *draft.loaded_in_tests]
    for view, call, name in draft.makers:
        loaded = in_tests if view.module.is_test else everywhere
        keywords = {keyword.arg for keyword in call.keywords}
        new: list[Argument] = []
        stays = old and name == MAKER
        if stays and not keywords & {"class_", None}:
            new.append(Argument(code=Code(f"class_={slot(0)}", (_SESSION,))))
        if loaded and name in (*SESSIONS, MAKER) and not _says_so(views, view, draft, call):
            new.append(Argument(code=Code(f"{_KEEPS}=False")))
        if call in draft.listened:
            new.append(Argument(code=Code(f"sync_session_class={slot(0)}()", (_MAKER,))))
        callee = Code(view.source(call.func)) if stays else Code(slot(0), (ASYNC_OF[name],))
        if new:
            kept = tuple(Argument(index) for index in range(len(call.args) + len(call.keywords)))
            draft.edit(view, ReplaceCall(span_of(call), callee, (*kept, *new)))
        elif not stays:
            draft.edit(view, ReplaceExpression(span_of(call.func), callee))
    for view, call, code, is_class in draft.made_again:
        if everywhere and is_class:
            code = Code(f"{code.text[:-1]}, expire_on_commit=False)", code.needs)
        draft.edit(view, ReplaceExpression(span_of(call), code))
    if in_tests:
        first = in_tests[0]
        text = (
            f"sessions are made with expire_on_commit=False, for {first.text}: what others commit, and "
            "bulk updates, are seen only after refresh() or a query with populate_existing"
        )
        draft.notes.append(Note(NoteKind.BEHAVIOUR, text, first.location))


def _says_so(views: Views, view: View, draft: Draft, call: ast.Call) -> bool:
    """Is the option written there, or in a dictionary that is unpacked into the call? It is False then."""
    options = engine_options(views, view, call)
    if options is None:
        draft.obstacle(
            view,
            call,
            f"{_KEEPS} of these sessions cannot be told, and must be False",
            f"write {_KEEPS}=False",
        )
        return True
    said = [option for option in options if option.name == _KEEPS]
    for option in said:
        if ast.unparse(option.value) != "False":
            draft.edit(option.view, ReplaceExpression(span_of(option.value), Code("False")))
    return bool(said)
