"""Help, version, completion and config; and that every option has a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from async_fix import __version__
from async_fix.cli.group import COMMANDS, cli
from cli_project import Run, process, write

HEAVY = ("libcst", "rich", "msgspec", "pathspec", "tomlkit", "jinja2", "asyncio", "async_fix.codemods")


def loaded(*arguments: str) -> list[str]:
    """The modules that a process with these arguments has imported at its end."""
    script = (
        "import sys\nfrom async_fix.cli.main import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr.split()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["-V"], ["-h"], []])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    modules = loaded(*arguments)
    assert "click" in modules
    assert [name for name in modules if name.startswith(HEAVY)] == []


@pytest.mark.parametrize("command", ["explain", "rules", "undo", "completion", "config"])
def test_the_help_of_the_light_commands_imports_no_parser(command: str) -> None:
    assert [name for name in loaded(command, "--help") if name.startswith(("libcst", "rich"))] == []


def test_a_check_that_is_only_said_again_imports_nothing_that_judges(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rooms = ("async_fix.codemods.analysis", "async_fix.codemods.databases", "async_fix.codemods.catalogue")
    first, again = ([name for name in loaded("check", "app") if name.startswith(rooms)] for _ in range(2))
    assert first
    assert again == []


def test_version(run: Run) -> None:
    assert run("--version").out == f"async-fix, version {__version__}\n"
    assert run("-V").out == run("--version").out


def test_it_runs_as_a_module(project: Path) -> None:
    done = subprocess.run(process("--version"), capture_output=True, text=True, check=True)
    assert __version__ in done.stdout


def test_the_help_lists_every_command_with_its_line(run: Run) -> None:
    out = " ".join(run("--help").out.split())
    for name, words in COMMANDS.items():
        assert f"{name} {words}" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_that_ends_its_sentences(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: async-fix {command}")
    for parameter in cli.get_command(click.Context(cli), command).params:  # type: ignore[union-attr]
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.help.endswith("."), parameter.help


def test_every_option_has_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert f'"{name}"' in tests, name
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) else ():
                assert f'"{option}"' in tests, f"{name} {option}"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script_of_the_shell(run: Run, shell: str) -> None:
    result = run("completion", shell)
    assert result.code == 0
    assert "_ASYNC_FIX_COMPLETE" in result.out
    assert run("completion", "tcsh").code == 2


def test_completion_completes_commands(project: Path) -> None:
    asked = {"_ASYNC_FIX_COMPLETE": "bash_complete", "COMP_WORDS": "async-fix ro", "COMP_CWORD": "1"}
    environment = {**os.environ, **asked}
    done = subprocess.run(process(), env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["plain,routes"]


def test_config_says_where_each_value_comes_from(project: Path, run: Run) -> None:
    write(project / "pyproject.toml", '[tool.async-fix]\ntrusted = ["a.*"]\nfunctions."x.y" = "thread"\n')
    out = run("config").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert 'trusted = ["a.*"] # pyproject.toml:2' in lines
    assert 'functions = { "x.y" = "thread" } # pyproject.toml:3' in lines
    assert 'database = "native" # default' in lines


def test_what_config_prints_can_be_pasted_into_a_file(project: Path, run: Run) -> None:
    write(project / "async-fix.toml", 'trusted = ["a.*", "b"]\nsrc = ["."]\n[[catalogue]]\nx.fast = "y"\n')
    printed = run("config").out
    write(project / "async-fix.toml", printed)
    again = run("config")
    assert again.code == 0
    assert 'trusted          = ["a.*", "b"]' in again.out


def test_config_of_another_folder_and_as_json(project: Path, run: Run) -> None:
    write(project / "app" / "async-fix.toml", 'database = "leave"\n')
    data = json.loads(run("config", "app", "--format", "json").raw)
    assert data["database"] == {"value": "leave", "origin": "async-fix.toml:1"}
    assert json.loads(run("config", "--format", "json").raw)["database"] == {
        "value": "native",
        "origin": "default",
    }
