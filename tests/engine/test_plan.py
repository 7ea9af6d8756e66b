"""Change groups: what belongs together, ids that last, edits that get in each other's way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from async_fix.codemods.engine.analysis import analyse
from async_fix.codemods.engine.indexing import index_all
from async_fix.codemods.engine.outcome import carry_out
from async_fix.codemods.engine.plan.change_groups import Plan
from async_fix.codemods.engine.plan.clashes import clashes
from async_fix.codemods.engine.run import Run, file_infos
from async_fix.codemods.model import (
    AppendCode,
    Argument,
    AsyncClause,
    AsyncStatement,
    AwaitExpression,
    AwaitWithin,
    ChangeGroup,
    CloseAfter,
    Code,
    CollectItems,
    Edit,
    EnterUntil,
    ExtractToThread,
    FunctionId,
    ItemsFirst,
    MoveBody,
    NameFirst,
    OffloadCall,
    OffloadExpression,
    ReplaceCall,
    ReplaceExpression,
    ReplaceStatements,
    Span,
    TurnAsync,
    WaitTogether,
    YieldEach,
)
from msgspec.structs import replace
from small_projects import APP, migrate, migrate_main, source, start

BANK = """
import requests

def charge(n):
    return requests.get(f"http://pay/{n}").json()

def refund(n):
    return requests.delete(f"http://pay/{n}").json()
"""
ROUTES = """
from app.bank import charge, refund

@app.get("/pay")
def pay(n: int):
    return charge(n)

@app.get("/again")
def again(n: int):
    return charge(n) + charge(n)

@app.get("/back")
def back(n: int):
    return refund(n)

@app.get("/log")
def log():
    return open("log").read()

@app.get("/fast")
def fast():
    return 1

@app.get("/ready")
async def ready():
    return {}
"""
FILES = {"app/__init__.py": "", "app/bank.py": BANK, "app/main.py": APP + ROUTES}


def plan_of(run: Run) -> Plan:
    return run.before.plan


def run_of(files: Mapping[str, str], folder: Path) -> Run:
    return start({path: source(text) for path, text in files.items()}, folder)


# components ---------------------------------------------------------------------------------------------


def test_functions_that_await_each_other_are_one_group_and_no_others(tmp_path: Path) -> None:
    groups = [set(group.functions) for group in plan_of(run_of(FILES, tmp_path)).groups]
    assert sorted(map(sorted, groups)) == [
        ["app.bank:charge", "app.main:again", "app.main:pay"],
        ["app.bank:refund", "app.main:back"],
        ["app.main:fast"],
        ["app.main:log"],
    ]


def test_handlers_that_share_a_client_are_one_group() -> None:
    """Its construction changes for both or not at all, or one is left with a client of the wrong kind."""
    shared = """
import httpx

bank = httpx.Client()

@app.get("/pay")
def pay(n: int):
    return bank.get("http://pay").json()

@app.get("/back")
def back(n: int):
    return bank.get("http://back").json()
"""
    done = migrate_main(shared)
    assert "httpx.Client()" not in done.texts["app/main.py"]
    (only,) = done.report.groups
    assert sorted(only.functions) == ["app.main:back", "app.main:pay"]


@pytest.mark.parametrize("more", [0, 1, 4])
def test_a_group_has_the_names_of_its_first_routes(more: int) -> None:
    charge = 'import requests\n\ndef charge(n):\n    return requests.get(f"http://pay/{n}").json()\n'
    routes = [f'@app.get("/{n}")\ndef h{n}():\n    return charge({n})\n' for n in range(3 + more)]
    (only,) = migrate_main("\n".join([charge, *routes])).report.groups
    assert only.title == "GET /0, GET /1, GET /2" + (f" and {more} more" if more else "")


FAMILY = """
import requests
from abc import ABC, abstractmethod
from fastapi import FastAPI

app = FastAPI()


class Channel(ABC):
    @abstractmethod
    def send(self, text): ...


class Letter(Channel):
    def send(self, text):
        return requests.post("https://letter.example", data=text).json()


class Pigeon(Channel):
    def send(self, text):
        return requests.post("https://pigeon.example", data=text).json()


@app.post("/letter")
def letter(text: str):
    return Letter().send(text)


@app.post("/pigeon")
def pigeon(text: str):
    return Pigeon().send(text)
"""


def test_a_group_is_as_safe_as_the_least_safe_of_its_functions() -> None:
    """Two requests at the same time are no longer sent in order; the helper beside them only turns."""
    main = """
import requests

@app.get("/both")
def both(n: int):
    first = requests.get("http://a/").json()
    second = requests.get("http://b/").json()
    return first, second, last(n)

@app.get("/one")
def one(n: int):
    return requests.get("http://a/").json()

def last(n):
    return requests.get("http://c/").json()
"""
    config = "[tool.async-fix]\nunsafe = true\n"
    done = migrate({"app/__init__.py": "", "app/main.py": APP + main, "pyproject.toml": config})
    assert {(*group.functions, group.applicability.value) for group in done.report.groups} == {
        ("app.main:both", "app.main:last", "unsafe"),
        ("app.main:one", "safe"),
    }


def test_a_method_and_all_that_overrides_it_are_one_group() -> None:
    """Or half a family would be async where the other half is dropped."""
    (group,) = migrate({"app/__init__.py": "", "app/main.py": FAMILY}).run.before.plan.groups
    assert {each.split(":")[1] for each in group.functions} == {
        *("Channel.send", "Letter.send", "Pigeon.send", "letter", "pigeon")
    }


ONE_DATABASE = """
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()
engine = create_engine("sqlite:///./app.db")


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)


@app.get("/one")
def one(x: int):
    with Session(engine) as db:
        return db.get(Note, x) is not None


@app.get("/none")
def none():
    with Session(engine) as db:
        return db.query(Note).count() == 0


@app.get("/fine")
def fine():
    return 1
"""


def test_what_works_on_one_database_is_one_group_and_nothing_else_is_in_it() -> None:
    """Handlers that share nothing but an engine, which is async for all of them or for none."""
    needs = "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\n"
    found = migrate({"app/__init__.py": "", "app/main.py": ONE_DATABASE, "requirements.txt": needs})
    groups = {
        tuple(each.split(":")[1] for each in group.functions): group for group in found.run.before.plan.groups
    }
    assert sorted(groups) == [("fine",), ("one", "none")]
    assert [type(edit) for edits in groups["fine",].edits.values() for edit in edits] == [TurnAsync]


def test_a_group_holds_the_edits_of_every_file(tmp_path: Path) -> None:
    run = run_of(FILES, tmp_path)
    (group,) = (group for group in plan_of(run).groups if "app.bank:charge" in group.functions)
    assert list(group.edits) == ["app/bank.py", "app/main.py"]
    assert sum(isinstance(edit, TurnAsync) for edit in group.edits["app/main.py"]) == 2
    assert sum(isinstance(edit, AwaitExpression) for edit in group.edits["app/main.py"]) == 3
    assert set(group.title.split(", ")) == {"GET /again", "GET /pay"}


def test_one_group_can_be_carried_out_without_the_others(tmp_path: Path) -> None:
    run = run_of(FILES, tmp_path)
    for group in plan_of(run).groups:
        outcome = carry_out(run, (group,))
        assert not outcome.failures
        assert set(group.edits) <= set(outcome.texts)
        for path in outcome.texts:
            compile(outcome.texts[path], path, "exec")


# ids ----------------------------------------------------------------------------------------------------


def ids(files: Mapping[str, str], folder: Path) -> dict[frozenset[FunctionId], str]:
    return {frozenset(group.functions): group.id for group in plan_of(run_of(files, folder)).groups}


def test_ids_last_when_other_files_change(tmp_path: Path) -> None:
    before = ids(FILES, tmp_path / "a")
    other = '@app.get("/new")\ndef new():\n    return open("x").read()\n'
    files = {
        **FILES,
        "app/more.py": APP + other,
        "app/bank.py": "# a comment\n\n" + source(BANK),
        "app/x.py": "y = 1\n",
    }
    after = ids(files, tmp_path / "b")
    assert {functions: after[functions] for functions in before} == before
    assert len(after) == len(before) + 1


def test_ids_are_different(tmp_path: Path) -> None:
    found = [group.id for group in plan_of(run_of(FILES, tmp_path)).groups]
    assert len(found) == len(set(found))
    assert all(len(each) == 6 for each in found)


# order --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_the_order_of_the_files_changes_nothing(tmp_path: Path, turn: int) -> None:
    run = run_of({**FILES, "scripts/nightly.py": "from app.bank import refund\nrefund(1)\n"}, tmp_path)
    infos = file_infos(run.project)
    turned = [*infos[turn:], *infos[:turn]]
    facts, problems = index_all(turned, run.texts)
    again = analyse(facts, run.texts.__getitem__, run.catalogue, run.settings, problems)
    assert again.plan == plan_of(run)
    assert again.entries == run.before.entries
    assert again.judgement.verdicts == run.before.judgement.verdicts
    assert list(again.judgement.refused) == list(run.before.judgement.refused)


def test_the_same_bytes_every_time() -> None:
    first, second = migrate(FILES), migrate(FILES)
    assert first.texts == second.texts
    assert first.report.findings == second.report.findings
    assert first.report.refusals == second.report.refusals


# clashes ------------------------------------------------------------------------------------------------

CALL, INNER, STATEMENT, NEXT = Span(3, 4, 3, 20), Span(3, 8, 3, 12), Span(3, 0, 3, 20), Span(4, 0, 4, 9)
FUNCTION, BODY = Span(1, 0, 9, 0), Span(2, 4, 8, 9)
RUN = Code("run")


def extract(first: Span, last: Span) -> ExtractToThread:
    return ExtractToThread(first, last, first, "f", (), (), False, RUN)


def group(name: str, *edits: Edit) -> ChangeGroup:
    return ChangeGroup(name, name, (FunctionId(f"m:{name}"),), {"m.py": edits})


CLASH: dict[str, tuple[Edit, Edit]] = {
    "two edits of one call": (AwaitExpression(CALL), OffloadCall(CALL, RUN)),
    "two texts for one call": (ReplaceExpression(CALL, Code("a")), ReplaceExpression(CALL, Code("b"))),
    "two twins of one call": (ReplaceCall(CALL, Code("a")), ReplaceCall(CALL, Code("a"), (Argument(0),))),
    "an await in a lambda": (OffloadExpression(CALL, RUN), AwaitExpression(INNER)),
    "a twin in a lambda": (OffloadExpression(CALL, RUN), ReplaceCall(INNER, Code("a"), awaited=True)),
    "an await in a block that moves": (extract(STATEMENT, NEXT), AwaitExpression(INNER)),
    "a hop in a block that moves": (extract(STATEMENT, NEXT), OffloadCall(INNER, RUN)),
    "an await in a body that moves": (MoveBody(FUNCTION, "_f", RUN), AwaitExpression(INNER)),
    "an await in a block of that call alone": (extract(CALL, CALL), AwaitExpression(CALL)),
    "a lambda in a lambda": (OffloadExpression(CALL, RUN), OffloadExpression(INNER, RUN)),
    "a body that moves and turns": (MoveBody(FUNCTION, "_f", RUN), TurnAsync(FUNCTION)),
    "blocks that overlap": (extract(STATEMENT, NEXT), extract(NEXT, Span(5, 0, 5, 3))),
    "a block moved twice": (extract(STATEMENT, NEXT), replace(extract(STATEMENT, NEXT), name="g")),
}
WAITS: dict[str, Edit] = {
    "a clause": AsyncClause(INNER),
    "a loop": AsyncStatement(STATEMENT),
    "a part of a call": AwaitWithin(CALL, INNER),
    "items that are collected": CollectItems(CALL, INNER, "item"),
    "what is closed afterwards": CloseAfter(CALL, STATEMENT, "rows", RUN),
    "what gets a name first": NameFirst(INNER, STATEMENT, "row", RUN),
    "several at once": WaitTogether(STATEMENT, NEXT, ("a", "b"), RUN),
    "steps of a generator": YieldEach(STATEMENT, "row", True),
    "what is entered": EnterUntil(STATEMENT, NEXT),
}
MOVES = MoveBody(FUNCTION, "_f", RUN)
CLASH |= {f"{name} in a body that moves": (MOVES, edit) for name, edit in WAITS.items()}
CLASH["blocks that share a column"] = (
    extract(STATEMENT, NEXT),
    extract(Span(4, 8, 4, 9), Span(5, 0, 5, 3)),
)
FREE: dict[str, tuple[Edit, Edit]] = {
    "items that are collected of what is awaited": (
        CollectItems(CALL, INNER, "item"),
        AwaitExpression(CALL),
    ),
    "blocks on one line": (
        extract(STATEMENT, STATEMENT),
        extract(Span(3, 20, 3, 30), Span(3, 20, 3, 30)),
    ),
    "one edit in two functions": (AwaitExpression(CALL), AwaitExpression(CALL)),
    "one inside the other": (AwaitExpression(CALL), AwaitExpression(INNER)),
    "an awaited argument of a hop": (OffloadCall(CALL, RUN), AwaitExpression(INNER)),
    "neighbours": (extract(STATEMENT, STATEMENT), AwaitExpression(NEXT)),
    "blocks that are neighbours": (extract(STATEMENT, STATEMENT), extract(NEXT, NEXT)),
    "code at the end of the file": (extract(STATEMENT, NEXT), AppendCode(Code("a"))),
    "a function and a call in it": (TurnAsync(FUNCTION), AwaitExpression(CALL)),
    "new statements in a block that moves": (
        extract(STATEMENT, NEXT),
        ReplaceStatements(NEXT, NEXT, Code("a")),
    ),
    "another callee in a block that moves": (extract(STATEMENT, NEXT), ReplaceCall(INNER, Code("a"))),
    "another callee in a block of that call alone": (extract(CALL, CALL), ReplaceCall(CALL, Code("a"))),
}


@pytest.mark.parametrize("name", CLASH)
@pytest.mark.parametrize("together", [True, False])
def test_edits_that_cannot_stand_together(name: str, together: bool) -> None:
    one, other = CLASH[name]
    for first, second in ((one, other), (other, one)):
        if together:
            assert [g.id for g, _, _ in clashes([group("a", first, second)])] == ["a"]
        else:
            found = list(
                clashes([group("a", first), group("b", second), group("c", TurnAsync(Span(20, 0, 21, 0)))])
            )
            assert sorted(g.id for g, _, _ in found) == ["a", "b"]
            assert {path for _, path, _ in found} == {"m.py"}


def test_what_is_got_ahead_of_a_loop_in_a_thread_is_awaited_there() -> None:
    loop = ExtractToThread(BODY, BODY, BODY, "f", (), (), False, RUN, items=ItemsFirst(CALL, "rows"))
    assert not list(clashes([group("a", loop, AwaitExpression(INNER))]))
    assert list(clashes([group("a", loop, AwaitExpression(NEXT))]))


@pytest.mark.parametrize("name", FREE)
def test_edits_that_can(name: str) -> None:
    one, other = FREE[name]
    assert not list(clashes([group("a", one, other)]))
    assert not list(clashes([group("a", one), group("b", other)]))


@pytest.mark.parametrize("outer", [MoveBody(FUNCTION, "_f", RUN), extract(Span(2, 4, 2, 9), NEXT)])
def test_an_await_in_an_async_function_that_moves_as_a_whole(outer: Edit) -> None:
    """What holds the function moves, or only a part of it: then nothing can be awaited there."""
    groups = [group("a", outer), group("b", AwaitExpression(INNER))]
    assert not list(clashes(groups, lambda path: [STATEMENT]))
    assert len(list(clashes(groups, lambda path: [NEXT]))) == 2
    assert len(list(clashes(groups, lambda path: [Span(1, 0, 9, 0)]))) == 2
    assert len(list(clashes(groups, lambda path: [INNER]))) == 2


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (ReplaceExpression(CALL, Code("a")), AwaitExpression(INNER)),
        (ReplaceExpression(CALL, Code("a")), extract(CALL, CALL)),
        (ReplaceStatements(STATEMENT, NEXT, Code("a")), AwaitExpression(INNER)),
    ],
)
def test_an_await_of_another_group_in_text_that_is_replaced(outer: Edit, inner: Edit) -> None:
    """Within one group the new text has been written with the await in mind. Of another group it would be
    lost, in an async function that is replaced too."""
    assert not list(clashes([group("a", outer, inner)]))
    found = list(clashes([group("a", outer), group("b", inner)], lambda path: [STATEMENT]))
    assert sorted(g.id for g, _, _ in found) == ["a", "b"]


def test_a_clash_is_a_refusal_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from async_fix.codemods.engine.plan import change_groups

    def clash(groups: list[ChangeGroup], coroutines: object) -> list[tuple[ChangeGroup, str, int]]:
        return [(group, "app/main.py", 7) for group in groups if "app.main:log" in group.functions]

    monkeypatch.setattr(change_groups, "clashes", clash)
    done = migrate(FILES)
    assert "app/main.py:log" not in done.turned
    assert "app/main.py:pay" in done.turned
    (refusal,) = done.report.refusals
    assert (refusal.code, refusal.text) == ("AF912", "two edits claim line 7 of app/main.py")
    (row,) = (row for row in done.report.handlers if row.entry.label == "GET /log")
    assert (row.after, row.reason, row.group) == (row.before, refusal, "")


def test_a_group_that_needs_nothing_but_the_keyword() -> None:
    done = migrate_main('@app.get("/fast")\ndef fast():\n    return 1\n')
    (only,) = done.report.groups
    assert [type(edit) for edit in only.edits["app/main.py"]] == [TurnAsync]
    assert only.support == ()
