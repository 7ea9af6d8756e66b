"""`[tool.async-fix]` and `async-fix.toml`: what is in force, whence, and errors that can be acted on."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from async_fix.codemods.engine.settings.config import Config, ConfigError, load_config
from async_fix.codemods.engine.settings.toml_lines import key_lines, line_of
from async_fix.codemods.engine.settings.values import CODEMODS, KEYS
from msgspec.structs import fields


def load(folder: Path, text: str, *, own: bool = False, **overrides: object) -> Config:
    """The text as the table's content in `pyproject.toml`, or as the whole of `async-fix.toml`."""
    if own:
        (folder / "async-fix.toml").write_text(text, encoding="utf-8")
    else:
        (folder / "pyproject.toml").write_text(
            f"[project]\nname = 'x'\n\n[tool.async-fix]\n{text}", encoding="utf-8"
        )
    return load_config(folder, overrides)


def error(folder: Path, text: str, **how: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **how)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{folder}/", "")


def test_every_field_is_a_key() -> None:
    assert {f.name.replace("_", "-") for f in fields(Config)} == {*KEYS, "folder", "origins"}


def test_defaults_without_any_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    config = load_config(tmp_path / "not" / "there")
    assert config == Config(origins=dict.fromkeys(KEYS, "default"))


def test_all_keys_and_their_origins(tmp_path: Path) -> None:
    text = """
paths = ["api"]
src = ["src"]
exclude = ["legacy/", "*_pb2.py"]
tests = ["checks/"]
tasks-module = "app.jobs"
http-client = "httpx"
database = "leave"
password-hashing = "allow"
offload-only = "keep-def"
database-driver = "asyncpg"
trusted = ["mylib.*", "other.fast"]
select = ["AF1"]
ignore = ["AF101"]

[tool.async-fix.functions]
"app.jobs.*" = "task"
"app.db:Repo.get" = "thread"
app.mail.send = "task"

[[tool.async-fix.catalogue]]
mylib.fast = "get"
[[tool.async-fix.catalogue]]
mylib.async-for = "rows"
"""
    config = load(tmp_path, text)
    assert config.paths == (str(tmp_path / "api"),)
    assert (config.src, config.exclude, config.tests) == (("src",), ("legacy/", "*_pb2.py"), ("checks/",))
    assert (config.tasks_module, config.http_client) == ("app.jobs", "httpx")
    assert (config.database, config.password_hashing, config.offload_only) == ("leave", "allow", "keep-def")
    assert config.database_driver == "asyncpg"
    assert config.trusted == ("mylib.*", "other.fast")
    assert (config.select, config.ignore) == (("AF1",), ("AF101",))
    assert config.functions == {"app.jobs.*": "task", "app.db:Repo.get": "thread", "app.mail.send": "task"}
    assert config.catalogue == ({"mylib": {"fast": "get"}}, {"mylib": {"async-for": "rows"}})
    assert config.folder == tmp_path
    assert set(config.origins) == set(KEYS)
    assert config.origins["http-client"] == "pyproject.toml:11"
    assert config.origins["functions"] == "pyproject.toml:20"
    assert config.origins["catalogue"] == "pyproject.toml:25"
    assert pickle.loads(pickle.dumps(config)) == config


def test_paths_are_meant_from_the_file_and_not_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(tmp_path, "paths = ['api']").paths == ("api",)
    assert load(tmp_path, "", paths=["api"]).paths == ("api",)


def test_the_command_line_wins_and_absent_options_do_not(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        'http-client = "httpx"\ndatabase = "leave"\n',
        http_client="httpx2",
        database=None,
        select=["AF2"],
    )
    assert (config.http_client, config.database, config.select) == ("httpx2", "leave", ("AF2",))
    assert config.origins["http-client"] == config.origins["select"] == "command line"
    assert config.origins["database"] == "pyproject.toml:6"


def test_the_nearest_table_counts_and_not_the_nearest_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text('tool.async-fix.http-client = "httpx"\n')
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "pyproject.toml").write_text("[tool.ruff]\n")
    assert load_config(tmp_path / "backend" / "api.py").http_client == "httpx"
    (tmp_path / "backend" / "async-fix.toml").write_text('http-client = "httpx2"\n')
    assert load_config(tmp_path / "backend" / "api.py").http_client == "httpx2"


def test_nothing_beyond_the_repository_counts(tmp_path: Path) -> None:
    (tmp_path / "async-fix.toml").write_text('database = "leave"\n')
    (tmp_path / "shop" / ".git").mkdir(parents=True)
    assert load_config(tmp_path / "shop").database == "native"


def test_its_own_file_wins_over_pyproject(tmp_path: Path) -> None:
    load(tmp_path, 'database = "leave"\nhttp-client = "httpx"\n')
    config = load(tmp_path, 'http-client = "httpx2"\n', own=True)
    assert (config.database, config.http_client) == ("native", "httpx2")
    assert config.origins["http-client"] == "async-fix.toml:1"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("http_client = 'httpx'", 5, "unknown key http_client (did you mean http-client?)"),
        (
            "[tool.async-fix.function]\nx = 'task'",
            5,
            "unknown key function (did you mean functions?)",
        ),
        ("zzz = 1", 5, f"unknown key zzz (known are {', '.join(sorted(KEYS))})"),
        (
            "\ndatabase = 'leaf'",
            6,
            'database is "leaf"; it must be one of native, beside, run-sync, thread, leave; '
            "did you mean leave?",
        ),
        ("database = true", 5, "database is true; it must be one of native, beside, run-sync, thread, leave"),
        (
            "database = ['leave']",
            5,
            "database is ['leave']; it must be one of native, beside, run-sync, thread, leave",
        ),
        ("paths = 'api'", 5, 'paths is "api"; it must be a list of strings'),
        ("src = ['a', 1]", 5, "src holds 1; it must be a list of strings that are not empty"),
        (
            "exclude = ['  ']",
            5,
            'exclude holds "  "; it must be a list of strings that are not empty',
        ),
        (
            "tests = ['!']",
            5,
            'tests holds "!"; it must be a list of patterns as in .gitignore',
        ),
        (
            "tasks-module = 'domain/tasks.py'",
            5,
            'tasks-module is "domain/tasks.py"; it must be a dotted module name such as domain.tasks',
        ),
        (
            "tasks-module = 'domain.class'",
            5,
            'tasks-module is "domain.class"; it must be a dotted module name such as domain.tasks',
        ),
        (
            "trusted = ['my lib']",
            5,
            'trusted holds "my lib"; it must be a list of dotted names, with * and ? for any text',
        ),
        (
            "select = ['af1']",
            5,
            'select holds "af1"; it must be a list of codes or their beginnings (did you mean AF1?)',
        ),
        (
            "functions = 'task'",
            5,
            'functions is "task"; it must be a table of dotted names and their policies',
        ),
        (
            "[tool.async-fix.functions]\n'a.b' = 'task'\n'a.c' = 'pool'",
            7,
            'functions: a.c is "pool"; it must be one of ignore, auto, async, thread, task',
        ),
        (
            "[tool.async-fix.functions]\na.b = 'task'\na.c = 1",
            7,
            "functions: a.c is 1; it must be one of ignore, auto, async, thread, task",
        ),
        (
            "severity = { AF9X = 'note' }",
            5,
            'severity names "AF9X"; it must be a code or its beginning (`async-fix rules` lists them)',
        ),
        (
            "[tool.async-fix.severity]\nAF101 = 'note'\nAF2 = 'fatal'",
            7,
            'severity: AF2 is "fatal"; it must be one of error, warning, note',
        ),
        (
            "severity = 'note'",
            5,
            'severity is "note"; it must be a table of codes or their beginnings, and their severities',
        ),
        ("skip = ['tasks']", 5, f'skip is "tasks"; it must be one of {", ".join(CODEMODS)}'),
        (
            "functions = { 'a b' = 'task' }",
            5,
            'functions names "a b"; it must be a dotted name, with * and ? for any text',
        ),
        (
            "catalogue = [3]",
            5,
            "catalogue is [3]; it must be a table [tool.async-fix.catalogue], "
            "or the path of a TOML file or several",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line_and_what_is_allowed(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    assert error(tmp_path, text) == f"pyproject.toml:{line}: {message}"


def test_broken_toml_is_one_line_with_its_place(tmp_path: Path) -> None:
    assert error(tmp_path, "database = leave").startswith("pyproject.toml:5: not valid TOML: ")
    assert error(tmp_path, "database = 'leave").startswith("pyproject.toml:5: not valid TOML: ")
    assert error(tmp_path, 'x = """\n').startswith("pyproject.toml:6: not valid TOML: ")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[project]\nname = '\xff'\n")
    with pytest.raises(ConfigError, match=r"pyproject.toml:2: not UTF-8$"):
        load_config(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(tmp_path, "")

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ConfigError, match=r"pyproject.toml: cannot be read: Permission denied$"):
        load_config(tmp_path)


def test_the_table_must_be_a_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nasync-fix = 1\n")
    with pytest.raises(ConfigError, match=r"pyproject.toml:2: tool.async-fix must be a table$"):
        load_config(tmp_path)


def test_bad_options_have_no_place(tmp_path: Path) -> None:
    assert (
        error(tmp_path, "", database="kept")
        == 'database is "kept"; it must be one of native, beside, run-sync, thread, leave'
    )
    assert error(tmp_path, "", nonsense=1).startswith("unknown key nonsense")


def test_lines_of_keys_in_every_way_that_toml_writes_them() -> None:
    text = '''# tool.async-fix.a = 1
tool.async-fix.a = 1
[tool]
"async-fix" . 'b' = 2
async-fix.c = { d = 1, e.f = 2 }
text = """
[tool.async-fix]
g = 1
"""
[ tool . "async-fix" ]   # here
g = [
    "h = 1",
]
[[tool.async-fix.i]]
j = 1
[[tool.async-fix.i]]
j = 2
'''
    lines = key_lines(text)
    wanted = {"a": 2, "b": 4, "c": 5, "g": 11, "i": 14}
    assert {key: line_of(lines, ("tool", "async-fix", key)) for key in wanted} == wanted
    assert line_of(lines, ("tool", "async-fix", "c", "d")) == 5
    assert line_of(lines, ("tool", "async-fix", "i", "j")) == 15
    assert line_of(lines, ("tool", "async-fix", "unknown")) == 10
    assert line_of(lines, ("elsewhere",)) == 0


ACME = "\n[acme]\ncategory = 'http'\nblocking = 'fetch'\n"


def test_entries_of_the_catalogue_stand_in_the_config_or_in_files_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "acme.toml").write_text(ACME)
    wanted = ({"acme": {"category": "http", "blocking": "fetch"}},)
    assert load(tmp_path, ACME.replace("[acme]", "[tool.async-fix.catalogue.acme]")).catalogue == wanted
    assert load(tmp_path, "catalogue = 'tools/acme.toml'").catalogue == wanted
    both = load(tmp_path, "catalogue = ['tools/acme.toml', { other = { fast = 'get' } }]").catalogue
    assert both == (*wanted, {"other": {"fast": "get"}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[tool.async-fix.catalogue.acme]\nfast = 'get'\nblocks = 'put'",
            "pyproject.toml:7: [acme] blocks: unknown key",
        ),
        (
            "[[tool.async-fix.catalogue]]\n'acme.Client'.blocking = 'get'",
            "pyproject.toml:6: [acme.Client] category: is missing: every call that blocks has one",
        ),
        ("catalogue = 'acme.toml'", "acme.toml:4: [acme.Client] twin: 'no name' is not a dotted name"),
        ("catalogue = 'none.toml'", "none.toml: cannot be read: No such file or directory"),
        (
            "catalogue = 'broken.toml'",
            "broken.toml:1: not valid TOML: Expected ']' at the end of a table declaration",
        ),
        (
            "catalogue = { acme = { fast = 'get', returns = { 'requests.Nothing' = 'get' } } }",
            "pyproject.toml:5: [acme] returns: requests.Nothing is not in the catalogue",
        ),
    ],
)
def test_an_entry_that_cannot_be_used_is_named_with_its_file_and_line(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "acme.toml").write_text("\n\n['acme.Client']\ntwin = 'no name'\n")
    (tmp_path / "broken.toml").write_text("[acme\n")
    assert error(tmp_path, text) == message
