"""`check`: what a migration lead reads, and what machines read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from async_fix.cli.shared import words
from async_fix.codemods.engine.report import once
from async_fix.codemods.engine.run import Run as EngineRun
from async_fix.codemods.model import Finding, Location, RemedyKind, Span
from cli_project import Run, write

CLEAN = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index():
    return 1
"""


def test_the_whole_chain_stands_below_the_call_with_the_remedy(project: Path, run: Run) -> None:
    out = run("check", "app/api").out
    assert "= POST /pay -> charge() -> Gateway.send() -> open" in out
    assert "POST /pay  pay() app/api/pay.py:14" in out
    assert "  app/api/pay.py:15:12 AF203 charge blocks: it reaches open\n" in out
    assert "     20 |     time.sleep(0.1)\n        |     ^^^^^^^^^^^^^^^\n" in out


def test_what_stays_is_one_line_each_below_its_reason_and_advice_is_given_once(
    project: Path, run: Run
) -> None:
    routes = "".join(
        f"""

@app.get("/{name}")
async def {name}():
    {name} = rows()
    with Session() as db:
        db.{name}()
"""
        for name in ("commit", "flush")
    )
    head = "from fastapi import FastAPI\nfrom sqlalchemy.orm import Session\n\napp = FastAPI()\n\n\n"
    helper = "def rows():\n    with Session() as db:\n        db.commit()\n"
    write(project / "app/api/pay.py", head + helper + routes)
    out = run("check", "app/api").out
    told = out[out.index("  AF908") : out.index("Summary")]
    advice = "sessions of SQLAlchemy and SQLModel migrate as a whole; until then this stays as it is"
    assert told.startswith(f"""\
  AF908 left-on-the-loop (6)
    it works on a sync database session
      app/api/pay.py:14  rows() -> sqlalchemy.orm.Session.__exit__
      app/api/pay.py:15  sqlalchemy.orm.Session.__exit__ blocks
      app/api/pay.py:16  sqlalchemy.orm.Session.commit blocks
      app/api/pay.py:21  rows() -> sqlalchemy.orm.Session.__exit__
      app/api/pay.py:22  sqlalchemy.orm.Session.__exit__ blocks
      app/api/pay.py:23  sqlalchemy.orm.Session.flush blocks
    {advice}
  AF""")


def test_findings_give_one_and_a_clean_project_gives_zero(project: Path, run: Run) -> None:
    assert run("check", "app/api").code == 1
    write(
        project / "app/api/pay.py",
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\nasync def f(): return 1\n",
    )
    clean = run("check", "app/api")
    assert (clean.code, clean.err) == (0, "")
    assert "[ ]" not in clean.out


def test_code_is_printed_as_it_is_and_never_as_markup(project: Path, run: Run) -> None:
    out = run("check", "app/api").out
    assert 'return charge("[/red][bold]", note)' in out
    assert "Optional[int]" in run("apply", "--dry-run", "app/api").out


def test_escape_sequences_in_the_source_do_not_reach_the_terminal(project: Path, run: Run) -> None:
    path = project / "app/api/pay.py"
    path.write_text(path.read_text().replace("time.sleep(0.1)", "time.sleep(0.1)  # \x1b[2J"))
    out = run("check", "app/api").out
    assert "\\x1b[2J" in out
    assert "\x1b" not in out


@pytest.mark.skipif(sys.platform == "win32", reason="no such file names")
def test_names_of_files_do_not_steer_the_terminal_either(project: Path, run: Run) -> None:
    """Nor do they begin a line of a log, where a CI would take `::error::` for a command."""
    folder = project / "app/api"
    (folder / "a\x1b[2J\n::error::pay.py").write_bytes((folder / "pay.py").read_bytes())
    (folder / "b\x1b[2J\n::error::no.py").write_text("def (")
    for command in (["check"], ["routes"], ["apply", "--allow-dirty"], ["undo"]):
        done = run(*command, *([] if command == ["undo"] else ["app/api"]))
        assert "\\x1b[2J\\x0a::error::" in done.out + done.err
        assert "\x1b" not in done.out + done.err
        assert "\n::error" not in done.out + done.err


def test_a_call_site_is_listed_once(project: Path, run: Run) -> None:
    def finding(code: str, message: str, remedy: RemedyKind = RemedyKind.OFFLOAD, column: int = 4) -> Finding:
        return Finding(code, message, Location("a.py", 1, 5), Span(1, column, 1, 9), "GET /", (), remedy)

    smtp = finding("AF401", "smtplib.SMTP is slow work", RemedyKind.TASK)
    leave = finding("AF401", "smtplib.SMTP.__exit__ is slow work", RemedyKind.TASK)
    unknown = finding("AF211", "nobody knows")
    other = finding("AF211", "nobody knows", column=6)
    sync = finding("AF101", "f is a sync handler")
    assert once([unknown, leave, smtp, other, sync]) == (sync, smtp, other)


@pytest.mark.parametrize("columns", ["60", "100", "200"])
def test_nothing_runs_over_the_edge_of_the_terminal(
    project: Path, run: Run, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / "app/api/pay.py"
    path.write_text(path.read_text().replace("time.sleep(0.1)", f"time.sleep({' + '.join(['0.001'] * 40)})"))
    monkeypatch.setenv("COLUMNS", columns)
    for command in ("check", "routes"):
        lines = run(command, "app/api").out.splitlines()
        assert max(map(len, lines)) <= int(columns), max(lines, key=len)
        assert any("^^^" in line for line in lines) or command == "routes"


def test_lines_in_a_pipe_are_not_broken(project: Path, run: Run) -> None:
    name = "charge" * 40
    for path in (project / "app/api/pay.py", project / "app/gateway.py"):
        path.write_text(path.read_text().replace("charge", name))
    assert f"= POST /pay -> {name}() -> Gateway.send() -> open\n" in run("check", "app/api").out


def test_checklist_has_a_line_for_each_point_and_counts_what_fails(project: Path, run: Run) -> None:
    tail = run("check", "app/api").out.rpartition("The house's checklist")[2].splitlines()
    points = [line for line in tail if line.strip()]
    assert all(line.startswith(("  [x] ", "  [ ] ")) for line in points)
    assert "  [ ] All route handlers are `async def`  (2 findings)" in points
    assert "  [x] No email sending (use background tasks)" in points


def test_a_point_outside_of_the_selection_is_not_called_passed(project: Path, run: Run) -> None:
    out = run("check", "app/api", "--select", "AF1").out
    assert "  [ ] All route handlers are `async def`  (2 findings)" in out
    assert "  [-] No email sending (use background tasks)  (not looked at)" in out


def test_the_summary_says_how_many_handlers_turn(project: Path, run: Run) -> None:
    out = run("check", "app/api").out
    row = next(line.split() for line in out.splitlines() if line.startswith("  routes"))
    assert row == ["routes", "1", "2", "0"]
    assert "What to do next\n  1. see the diff: async-fix apply --dry-run app/api\n" in out


def test_statistics_count_by_code(project: Path, run: Run) -> None:
    result = run("check", "app/api", "--statistics")
    assert "     2  AF101  sync-handler\n" in result.out
    assert result.code == 1


def test_statistics_say_how_much_is_resolved_and_what_is_not(project: Path, run: Run) -> None:
    (project / "app/api/extra.py").write_text(
        "import nobody\nfrom fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n"
        "@router.get('/extra')\ndef extra():\n    return nobody.knows()\n"
    )
    lines = run("check", "app/api", "--statistics").out.splitlines()
    assert any(" that handlers reach are resolved: " in line for line in lines)
    assert "     1  not resolved: nobody: not in the catalogue (app/api/extra.py:9)" in lines


def test_select_and_ignore_take_beginnings_lists_and_small_letters(project: Path, run: Run) -> None:
    codes = [
        line.split()[1]
        for line in run("check", "app/api", "--format", "concise", "--select", "af2").out.splitlines()
    ]
    assert codes
    assert all(code.startswith("AF2") for code in codes)
    left = run("check", "app/api", "--format", "concise", "--ignore", "AF2,AF3,AF4", "--ignore", "AF1")
    assert (left.code, left.out) == (0, "")


def test_reasons_can_be_selected_and_are_told_whatever_findings_are(project: Path, run: Run) -> None:
    (project / "app/api/extra.py").write_text(
        "from functools import lru_cache\nfrom fastapi import APIRouter, Depends\nimport requests\n\n"
        "router = APIRouter()\n\n\n@lru_cache\ndef rate(of: str) -> float:\n"
        "    return requests.get(f'http://rates/{of}').json()\n\n\n"
        "@router.get('/extra')\ndef extra() -> float:\n    return map(rate, ['eur'])\n"
    )
    every = run("check", "app/api").out
    reasons = [line.split()[0] for line in every.splitlines() if line.startswith("  AF9")]
    assert reasons
    for code in reasons:
        result = run("check", "app/api", "--select", code)
        assert result.code == 0
        assert result.out.startswith("Not converted, and why\n")
        assert [line.split()[0] for line in result.out.splitlines() if line.startswith("  AF")] == [code]
    others = run("check", "app/api", "--select", "AF1").out
    assert [line.split()[0] for line in others.splitlines() if line.startswith("  AF9")] == reasons


def test_ignore_of_the_config_holds_unless_the_command_line_says_otherwise(project: Path, run: Run) -> None:
    write(project / "async-fix.toml", 'ignore = ["AF"]\n')
    assert run("check", "app/api").code == 0
    assert run("check", "app/api", "--ignore", "AF4").code == 1


def test_an_unknown_code_is_an_error_that_names_the_option(project: Path, run: Run) -> None:
    result = run("check", "app/api", "--select", "XX")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith('async-fix: --select holds "XX"')


def test_quiet_leaves_the_exit_code(project: Path, run: Run) -> None:
    assert run("check", "app/api", "--quiet").raw == b""
    assert run("check", "app/api", "-q").code == 1


@pytest.mark.parametrize(
    ("options", "environment", "coloured"),
    [
        ([], {}, False),
        (["--color"], {}, True),
        (["--color"], {"NO_COLOR": "1"}, True),
        (["--no-color"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_as_the_option_and_the_environment_say(
    project: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    environment: dict[str, str],
    coloured: bool,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (b"\x1b[" in run("check", "app/api", *options).raw) is coloured


def test_paths_open_from_the_folder_one_stands_in(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "app" / "api")
    assert "\n  pay.py:20:5 AF202" in run("check", ".").out


def test_without_paths_those_of_the_config_count(project: Path, run: Run) -> None:
    write(project / "async-fix.toml", 'paths = ["app/api"]\n')
    assert "POST /pay" in run("check").out


def test_what_was_found_is_said_again_and_nothing_else(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, rows = run("check", "app/api"), run("routes", "app/api")
    with monkeypatch.context() as patched:
        patched.setattr(EngineRun, "before", property(lambda self: pytest.fail("it was judged again")))
        assert run("check", "app/api") == first
        assert run("routes", "app/api") == rows
        with pytest.raises(pytest.fail.Exception):
            run("check", "app/api", "--no-cache")
    write(project / "app/gateway.py", "class Gateway:\n    def send(self, amount): ...\n")
    assert "Gateway.send() -> open" not in run("check", "app/api").out


@pytest.mark.parametrize("option", ["-v", "--verbose"])
def test_verbose_says_on_stderr_what_was_read_and_done(project: Path, run: Run, option: str) -> None:
    quiet, result = run("check", "app/api"), run("check", "app/api", option)
    assert result.out == quiet.out
    assert f" s: 2 files in {project}, 1 of them the API layer\n" in result.err
    assert "config: none, all values are the defaults\n" in result.err
    assert " s: proving\n" in run("apply", "app/api", "--dry-run", option).err


DATABASE = """\
from fastapi import APIRouter, Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
import audit

router = APIRouter()


def get_db():
    with Session(create_engine("sqlite:///x.db")) as session:
        yield session

"""
ROUTE = """
@router.get("/{n}")
def read_{n}(db: Session = Depends(get_db)):
    audit.log_{n}(db)
    return db.get(dict, {n})

"""


def test_what_stands_in_the_way_of_a_database_is_told_by_kind(project: Path, run: Run) -> None:
    routes = "".join(ROUTE.replace("{n}", str(n)) for n in range(8))
    write(project / "app/api/users.py", DATABASE + routes + "WORKER = audit.worker(get_db)\n")
    text = run("check", "app/api/users.py").out
    kind = "    ... is handed db, and nobody knows what it does with it (8)\n"
    first = "      app/api/users.py:16  audit.log_0 is handed db, and nobody knows what it does with it\n"
    assert kind + first in text
    assert "      and 3 more: --format json lists them all\n" in text
    assert "audit.log_7 is handed" not in text
    after = text.partition("The database stays sync\n")[2]
    assert "  thread  8 of 8 routes become async def" in after
    assert "what they share: check --database beside tells which of 8 routes can" in after
    assert "by the async session: check --database run-sync tells which of 8 routes can" in after
    report = json.loads(run("check", "app/api/users.py", "--format", "json").out)
    listed = [reason for reason in report["not_converted"] if reason["code"] == "AF917"]
    assert report["database"] == {
        "obstacles": len(listed),
        "names": ["app.api.users:get_db"],
        "strategy": "native",
        "moved": 0,
        "routes": 8,
        "in_threads": 8,
    }
    assert f"  native  {len(listed)} places to clear, listed under AF917" in after
    step = "make 8 of its 8 routes async def by threads: async-fix apply --database thread app/api/users.py\n"
    assert step in after
    assert step in run("apply", "app/api/users.py", "--dry-run").err
    assert "stays sync for now" not in run("check", "app/api/users.py", "--database", "thread").out
    assert "audit.log_7 is handed" in " ".join(reason["text"] for reason in listed)


@pytest.mark.parametrize("strategy", ["beside", "run-sync"])
def test_the_strategy_that_is_asked_for_counts_the_routes_that_move(
    project: Path, run: Run, strategy: str
) -> None:
    routes = "".join(ROUTE.replace("{n}", str(n)) for n in range(8))
    for number in range(1, 8):
        routes = routes.replace(f"    audit.log_{number}(db)\n", "")
    shared = DATABASE.replace(
        'with Session(create_engine("sqlite:///x.db"))', "with Session(engine)"
    ).replace("def get_db", 'engine = create_engine("sqlite:///x.db")\n\n\ndef get_db')
    write(project / "app/api/users.py", shared + routes)
    text = run("check", "app/api/users.py", "--database", strategy).out
    assert ": 7 of 8 routes move, what keeps the others is listed under AF917\n" in text
    assert "native  all of it becomes async at once (check --database native tells" in text
    report = json.loads(run("check", "app/api/users.py", "--format", "json", "--database", strategy).out)
    told = {key: report["database"][key] for key in ("strategy", "moved", "routes")}
    assert told == {"strategy": strategy, "moved": 7, "routes": 1}
    applied = run("apply", "app/api/users.py", "--dry-run", "--database", strategy).out
    assert sum(line.startswith("+async def read_") for line in applied.splitlines()) == 7


def test_an_engine_without_an_async_driver_leaves_no_strategy_that_needs_one(project: Path, run: Run) -> None:
    path = "app/api/users.py"
    write(project / path, DATABASE.replace("sqlite:///x.db", "oracle://x") + ROUTE.replace("{n}", "1"))
    text = run("check", path).out
    no = "not possible, no async driver is known for oracle (app/api/users.py:10)"
    assert f"with twins of what they share: {no}\n" in text
    assert f"run by the async session: {no}\n" in text
    assert "check --database" not in text


DJANGO = """
from fastapi import FastAPI
from shop.models import Order

app = FastAPI()


@app.get("/orders")
def orders():
    return [order.number for order in Order.objects.filter(paid=True).order_by("id")]
"""


def test_of_a_database_of_another_library_nothing_is_promised_but_threads(project: Path, run: Run) -> None:
    write(project / "app/api/pay.py", DJANGO)
    models = (
        "from django.db import models\n\n\nclass Order(models.Model):\n    paid = models.BooleanField()\n"
    )
    write(project / "shop/models.py", models)
    text = run("check", "app/api/pay.py").out
    no = "not possible, the project makes no engine of SQLAlchemy or SQLModel"
    assert [line.split("  ")[1] for line in text.splitlines() if line.endswith(no)] == [
        "native",
        "beside",
        "run-sync",
    ]
    assert "check --database" not in text
    assert "async-fix apply --database thread app/api/pay.py" in text
    applied = run("apply", "app/api/pay.py", "--database", "thread")
    assert applied.code == 0
    assert "return await run_in_threadpool(_orders)\n" in (project / "app/api/pay.py").read_text()


def test_nothing_is_said_of_databases_where_none_stays_sync(project: Path, run: Run) -> None:
    assert "The database stays sync" not in run("check", "app/api").out
    assert json.loads(run("check", "app/api", "--format", "json").out)["database"] is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("load() is called as a plain generator", "... is called as a plain generator"),
        (
            "the relationship keys is loaded when it is read here",
            "the relationship ... is loaded when it is read here",
        ),
        (
            "a model reads tags of derived classes, which no query for their base loads",
            "a model reads ... of derived classes, which no query for their base loads",
        ),
        ("an engine with `**` arguments", "an engine with ... arguments"),
        (
            "Repo.get: what a call does cannot be told: the result of x.y",
            "... what a call does cannot be told: the result of ...",
        ),
        ("the transaction is committed elsewhere", "the transaction is committed elsewhere"),
    ],
)
def test_the_kind_of_a_reason_has_no_names(text: str, expected: str) -> None:
    assert words.kind(text) == expected


def test_what_to_do_next_keeps_the_strategy_of_the_run(project: Path, run: Run) -> None:
    text = run("check", "app/api", "--database", "thread").out
    assert "async-fix apply --database thread app/api" in text
    assert "--database" not in run("check", "app/api").out.partition("What to do next")[2]


def test_what_to_do_next_does_not_repeat_a_long_list_of_files(project: Path, run: Run) -> None:
    files = [f"app/api/{name}.py" for name in "abcdef"]
    for file in files:
        write(
            project / file, 'from app.api.base import router\n\n\n@router.get("/x")\ndef x():\n    return 1\n'
        )
    write(project / "app/api/base.py", "from fastapi import APIRouter\n\nrouter = APIRouter()\n")
    steps = run("check", *files).out.partition("What to do next")[2]
    assert "write it: async-fix apply PATHS (the 6 of this run)\n" in steps
    steps = run("check", *files[:5]).out.partition("What to do next")[2]
    assert f"write it: async-fix apply {' '.join(files[:5])}\n" in steps
