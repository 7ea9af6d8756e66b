"""Bad input: one clear line with file, line and what to do; the other files go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_project import Run, write

COMMANDS = ["check", "apply", "routes"]


@pytest.mark.parametrize("command", [*COMMANDS, "config"])
def test_no_such_path(project: Path, run: Run, command: str) -> None:
    result = run(command, "nope")
    assert (result.code, result.out, result.err) == (2, "", "async-fix: nope: no such file or directory\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_handlers(project: Path, run: Run, command: str) -> None:
    result = run(command, "app/gateway.py")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("async-fix: no handlers found (")
    assert result.err.count("\n") == 1


def test_nothing_is_written_where_nothing_is_served(project: Path, run: Run) -> None:
    """The async functions of a library run on somebody's loop; there is no API layer to make async."""
    text = "import time\n\n\nasync def pause():\n    time.sleep(1)\n"
    write(project / "library.py", text)
    assert run("apply", "library.py").code == 2
    assert (project / "library.py").read_text() == text


def test_a_folder_without_python(project: Path, run: Run) -> None:
    (project / "empty").mkdir()
    result = run("check", "empty")
    assert (result.code, result.err) == (2, "async-fix: empty: no Python files\n")


def test_a_file_that_is_no_python(project: Path, run: Run) -> None:
    write(project / "notes.txt", "x")
    assert run("check", "notes.txt").err == "async-fix: notes.txt: not a Python file or a directory\n"


BROKEN = {
    "syntax error": (b"x = 1\ndef f(:\n", ":2: syntax error: "),
    "Python 2": (b"print 'x'\n", ":1: syntax error: Missing parentheses in call to 'print'"),
    "NUL byte": (b"x = 1\ny = '\0'\n", ":2: holds a NUL byte"),
    "undecodable": (b"x = 1\ny = '\xff'\n", ":2: not valid utf-8"),
    "unknown encoding": (b"# coding: klingon\n", ":1: unknown encoding: klingon"),
    "too deep": (b"x = " + b"-" * 100_000 + b"1\n", ": cannot be parsed: "),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("place", ["app/broken.py", "app/api/broken.py"])
def test_a_file_that_cannot_be_read_as_code(project: Path, run: Run, kind: str, place: str) -> None:
    content, words = BROKEN[kind]
    write(project / place, content)
    result = run("check", "app/api")
    assert result.code == 1
    assert result.err.startswith(f"async-fix: {place}{words}")
    assert result.err.count("\n") == 1
    assert "GET /slow" in result.out
    assert run("apply", "app/api", "--allow-dirty").code == 0
    assert (project / place).read_bytes() == content
    assert "async def slow" in (project / "app/api/pay.py").read_text()


def test_a_broken_file_of_the_api_layer_is_not_nothing_to_do(project: Path, run: Run) -> None:
    write(
        project / "app/api/pay.py",
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\nasync def f(): return 1\n",
    )
    assert run("check", "app/api").code == 0
    write(project / "app/broken.py", b"x = '\xff'\n")
    assert run("check", "app/api").code == 0
    write(project / "app/api/broken.py", b"x = '\xff'\n")
    assert run("check", "app/api").code == 1


def test_a_file_without_permission(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes

    def forbidden(path: Path) -> bytes:
        if path.name == "secret.py":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    write(project / "app/secret.py", "x = 1\n")
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    result = run("check", "app/api")
    assert result.err == "async-fix: app/secret.py: cannot be read: Permission denied\n"
    assert "GET /slow" in result.out


@pytest.mark.parametrize("command", [*COMMANDS, "config"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.async-fix\n", "pyproject.toml:1: not valid TOML: "),
        (
            "[tool.async-fix]\nhttp-clint = 'x'\n",
            "pyproject.toml:2: unknown key http-clint (did you mean http-client?)",
        ),
        (
            "[tool.async-fix]\nhttp-client = 'requests'\n",
            'pyproject.toml:2: http-client is "requests"; it must be one of ',
        ),
        (b"[tool.async-fix]\n# \xff\n", "pyproject.toml:2: not UTF-8"),
    ],
)
def test_a_config_that_cannot_be_used(
    project: Path, run: Run, command: str, text: str | bytes, words: str
) -> None:
    write(project / "pyproject.toml", text)
    result = run(command, "app/api")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"async-fix: {words}")
    assert result.err.count("\n") == 1


def test_a_mistyped_command_and_a_mistyped_option(project: Path, run: Run) -> None:
    assert run("chek", "app/api").err == "async-fix: no command chek; did you mean check?\n"
    result = run("check", "--formt", "json")
    assert result.code == 2
    assert "--format" in result.err


def test_a_loop_of_links_and_a_pipe(project: Path, run: Run) -> None:
    (project / "app/api/loop.py").symlink_to("loop.py")
    assert run("check", "app/api/loop.py").code == 2
    assert run("check", "app/api").code == 1


def test_a_long_chain_of_calls(project: Path, run: Run) -> None:
    """Each step of the chain takes several frames of the tool's own."""
    steps = "".join(f"def step{n}(x):\n    return step{n + 1}(x)\n\n\n" for n in range(300))
    write(project / "app/chain.py", f"import time\n\n\n{steps}def step300(x):\n    time.sleep(x)\n")
    path = project / "app/api/pay.py"
    path.write_text(path.read_text().replace("import time\n", "from app.chain import step0\n"))
    path.write_text(path.read_text().replace("time.sleep(0.1)", "step0(0.1)"))
    result = run("check", "app/api")
    assert (result.code, result.err) == (1, "")
    assert "step0()" in result.out
