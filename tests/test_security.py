"""The sentences of "Security" in the README: each is the first line of a test here."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from async_fix.cli.shared.run import checked, consoles
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.read import git
from async_fix.codemods.engine.settings.config import ConfigError, load_config
from async_fix.codemods.engine.write.transaction import Change, WriteError, write_changes
from small_projects import migrate_main, source

README = Path(__file__).resolve().parents[1] / "README.md"
MAIN = """
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def h(x: int):
    return requests.get(f"http://x/{x}").json()
"""


def test_every_sentence_has_its_test() -> None:
    section = README.read_text().partition("\n## Security\n")[2].partition("\n## ")[0]
    sentences = {" ".join(item.split()) for item in re.findall(r"(?ms)^- (.*?)(?=^- |^$)", section)}
    documented = {
        name: value for name, value in globals().items() if name.startswith("test_") and value.__doc__
    }
    assert sentences
    assert sentences == {" ".join(value.__doc__.split()) for value in documented.values()}


def project(root: Path, files: dict[str, str]) -> Path:
    for path, text in {"pyproject.toml": "", "app/__init__.py": "", "app/main.py": MAIN, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(source(text))
    return root


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOME": str(root.parent), "XDG_CACHE_HOME": str(root.parent / "cache")}
    command = [sys.executable, "-m", "async_fix", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120)


def test_code_is_never_run(tmp_path: Path) -> None:
    """The code that it reads is never imported or run, not even where it has the name of a module that
    async-fix imports; your tests apart, where `--verify` or `watch-tests` name a command that runs them."""
    trap = f"open({str(tmp_path / 'has_run')!r}, 'a').write(__file__)\n"
    names = ["click", "rich", "libcst", "queue", "json", "calendar", "sitecustomize", "conftest", "setup"]
    root = project(
        tmp_path / "project",
        {
            "app/main.py": trap + source(MAIN),
            "app/__init__.py": trap,
            **{f"{name}.py": trap for name in names},
            "async_fix/__init__.py": "",
        },
    )
    (root / "async_fix" / "__init__.py").unlink()
    (root / "async_fix").rmdir()
    for arguments in (
        ["check", "app"],
        ["check", "app", "--no-cache", "-j", "2"],
        ["apply", "app"],
        ["undo"],
    ):
        done = run(root, *arguments)
        assert done.returncode in (0, 1), done.stderr
    assert not (tmp_path / "has_run").exists()


def test_no_connection_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection is opened and no name is looked up."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    root = project(tmp_path, {})
    report = pipeline.apply(pipeline.start([root / "app"], load_config(root)))
    assert report.files


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    """Nothing is written outside the project: not through links, nor where the config points to."""
    root, outside = project(tmp_path / "project", {}), tmp_path / "outside"
    outside.mkdir()
    (root / "domain").symlink_to(outside)
    for path in ("domain/tasks.py", "../outside/tasks.py", str(outside / "tasks.py")):
        with pytest.raises(WriteError, match="lies outside the project; nothing was written"):
            write_changes(root, {path: Change(None, b"x")})
    assert not list(outside.iterdir())
    for module in ("../outside/tasks", "/outside/tasks", "..outside.tasks"):
        (root / "async-fix.toml").write_text(f'tasks-module = "{module}"\n')
        with pytest.raises(ConfigError):
            load_config(root)


def test_the_only_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only program that is started beside that command is `git`, and it starts none that the project's
    git config names."""
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/has_run\n")
    program.chmod(0o755)
    root = project(tmp_path / "project", {"setup.cfg": f"[alias]\nstatus = !{program}\n"})
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for key in ("core.fsmonitor", "core.pager", "alias.status", "alias.ls-files", "core.sshCommand"):
        subprocess.run(["git", "config", key, f"!{program}" if "alias" in key else str(program)], cwd=root)
    started: list[str] = []
    real = subprocess.run

    def watched(command: list[str], *arguments: object, **options: object) -> object:
        started.append(command[0])
        return real(command, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watched)
    report = pipeline.apply(pipeline.start([root / "app"], load_config(root)))
    git.uncommitted(root, [file.path for file in report.files])
    assert set(started) == {"git"}
    assert not (tmp_path / "has_run").exists()


def test_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cached counts for nothing where others could have written it, or where it holds anything but
    reports, the facts of files and the tool's own catalogue."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = project(tmp_path / "project", {})
    started = pipeline.start([root / "app"], load_config(root))
    first = checked(started, consoles(None)[1])
    (kept,) = (tmp_path / "cache").rglob("reports/*")
    trap = b"cbuiltins\nexec\n(V" + f"open({str(tmp_path / 'has_run')!r}, 'w')".encode() + b"\ntR."
    for data, mode in ((trap, 0o600), (kept.read_bytes(), 0o666)):
        kept.write_bytes(data)
        kept.chmod(mode)
        assert checked(started, consoles(None)[1]).findings == first.findings
    assert not (tmp_path / "has_run").exists()


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{ 7*7 }}\u202e\x1b[2J"


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page(tmp_path: Path) -> None:
    """The page of `report --html` shows code as text and loads nothing."""
    hostile = MAIN.replace("def h(", f'def other() -> "{HOSTILE}": ...\n\n\n@app.get("/{HOSTILE}")\ndef h(')
    root = project(tmp_path, {"app/main.py": hostile.replace("return", f"x = {HOSTILE!r}\n    return")})
    assert run(root, "report", "app", "--html", "page.html").returncode == 0
    text = (root / "page.html").read_text()
    page = Elements(text)
    assert [tag for tag, _ in page.found].count("script") == 1
    assert not {"link", "img", "iframe", "object"} & {tag for tag, _ in page.found}
    for _, attributes in page.found:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "&amp;{{ 7*7 }}\\u202e\\x1b[2J" in page.words
    assert not {"\x1b", "\u202e"} & set(text)
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\((?!#)", text)


SECRETS = """
import smtplib


def send_code(to: str, password: str) -> None:
    with smtplib.SMTP("mail.example.com") as server:
        server.sendmail("shop@example.com", to, password)


@app.post("/code")
def code(to: str, password: str):
    send_code(to, password)
    return {}
"""


def test_generated_code() -> None:
    """Generated code starts no shell, turns no certificate check off, and says so where a secret would lie in
    the queue of a broker."""
    found = migrate_main(
        SECRETS + source(MAIN).partition("app = FastAPI()")[2].replace("@app", "import requests\n\n\n@app", 1)
    )
    made = {path: text for path, text in found.texts.items() if found.old.get(path) != text}
    assert any("http_client" in path for path in made)
    for text in made.values():
        assert not re.search(r"verify\s*=\s*False|shell\s*=\s*True|os\.system|subprocess|eval\(|exec\(", text)
    notes = " ".join(str(note) for group in found.report.groups for note in group.notes)
    assert "password" in notes or "def send_code_task" not in "".join(made.values())
