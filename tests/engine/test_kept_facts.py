"""A file that has not changed is not read again, and no file counts that others could have written."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from async_fix.codemods.analysis.index.facts import ModuleFacts
from async_fix.codemods.engine import indexing
from async_fix.codemods.engine.indexing import FileInfo, index_all
from async_fix.codemods.engine.kept import facts
from async_fix.codemods.engine.kept import stored as stored_module
from async_fix.codemods.engine.kept.facts import FactsCache

FILES = {
    "app/main.py": b"from app.other import f\n\n\ndef g(x: int):\n    return [f(y) for y in range(x)]\n",
    "app/other.py": b"def f(x):\n    return {x: x.y[0]}\n",
    "app/broken.py": b"def (\n",
    "app/half.py": b"x = '\\ud800'\n",
}
CODEMODS = Path(indexing.__file__).parents[1]
WRITER = """
import sys
from pathlib import Path

from async_fix.codemods.engine.indexing import FileInfo, index_all
from async_fix.codemods.engine.kept.facts import FactsCache

cache = FactsCache(Path({folder!r}), Path("/project"))
for number in range(20):
    files = {{path: data + f"{{sys.argv[1]}} = {{number}}\\n".encode() for path, data in {files!r}.items()}}
    infos = [FileInfo(path, path[:-3].replace("/", "."), "", False, False) for path in files]
    texts = {{path: data.decode() for path, data in files.items()}}
    assert cache.index_all(infos, texts, files) == index_all(infos, texts)
"""


def infos(files: dict[str, bytes]) -> list[FileInfo]:
    return [FileInfo(path, path[:-3].replace("/", "."), "", False, False) for path in files]


def read(cache: FactsCache, files: dict[str, bytes]) -> list[ModuleFacts]:
    texts = {path: data.decode() for path, data in files.items()}
    facts, _ = cache.index_all(infos(files), texts, files)
    assert facts == index_all(infos(files), texts)[0]
    return facts


@pytest.fixture
def cache(tmp_path: Path) -> FactsCache:
    return FactsCache(tmp_path / "facts", Path("/project"))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read since."""
    found: list[str] = []
    real = indexing._facts

    def spy(file: FileInfo, text: str) -> object:
        found.append(file.path)
        return real(file, text)

    monkeypatch.setattr(indexing, "_facts", spy)
    return found


def asked(cache: FactsCache, parsed: list[str], files: dict[str, bytes]) -> Sequence[str]:
    parsed.clear()
    cache.index_all(infos(files), {path: data.decode() for path, data in files.items()}, files)
    return sorted(parsed)


def stored(tmp_path: Path) -> Path:
    (file,) = (tmp_path / "facts").iterdir()
    return file


def test_what_has_not_changed_is_not_read_again(cache: FactsCache, parsed: list[str]) -> None:
    first = read(cache, FILES)
    assert [each.path for each in first] == ["app/main.py", "app/other.py", "app/half.py"]
    # what has no facts, and what msgpack cannot hold, is read every time
    assert asked(cache, parsed, FILES) == ["app/broken.py", "app/half.py"]
    assert read(cache, FILES) == first


def test_what_has_changed_is_read_again_and_kept(cache: FactsCache, parsed: list[str]) -> None:
    files = {path: FILES[path] for path in ("app/main.py", "app/other.py")}
    read(cache, files)
    files["app/other.py"] += b"y = 2\n"
    assert asked(cache, parsed, files) == ["app/other.py"]
    assert asked(cache, parsed, files) == []
    assert asked(cache, parsed, {"app/moved.py": files["app/other.py"]}) == ["app/moved.py"]


def test_facts_depend_on_the_place_in_the_project(cache: FactsCache, parsed: list[str]) -> None:
    data = {"app/other.py": FILES["app/other.py"]}
    texts = {"app/other.py": data["app/other.py"].decode()}
    read(cache, data)
    parsed.clear()
    for info in (
        FileInfo("app/other.py", "other", "app", False, False),
        FileInfo("app/other.py", "app.other", "", True, False),
        FileInfo("app/other.py", "app.other", "", False, True),
    ):
        facts, _ = cache.index_all([info], texts, data)
        assert facts == index_all([info], texts)[0]
    assert len(parsed) == 6


def test_another_version_of_the_tool_reads_again(
    cache: FactsCache, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"app/other.py": FILES["app/other.py"]}
    read(cache, files)
    monkeypatch.setattr(facts, "tool", lambda: b"newer")
    assert asked(cache, parsed, files) == ["app/other.py"]


def test_every_room_of_the_tool_counts() -> None:
    rooms = {path.relative_to(CODEMODS).parts[0] for path in CODEMODS.rglob("*.py")}
    seen = stored_module.tool().decode()
    assert rooms
    assert [room for room in rooms if str(CODEMODS / room) not in seen] == []


def test_projects_do_not_share(tmp_path: Path, parsed: list[str]) -> None:
    files = {"app/other.py": FILES["app/other.py"]}
    for project in ("/a", "/b"):
        assert asked(FactsCache(tmp_path / "facts", Path(project)), parsed, files) == ["app/other.py"]
    assert asked(FactsCache(tmp_path / "facts", Path("/a")), parsed, files) == []


def sealed(content: bytes) -> bytes:
    return hashlib.sha256(content).digest() + content


def swapped(content: bytes) -> bytes:
    """The facts of one file under the digest of another."""
    digests = msgspec.msgpack.decode(content, type=dict[str, msgspec.Raw])
    return msgspec.msgpack.encode(dict(zip(digests, reversed(digests.values()), strict=True)))


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "no checksum": lambda content: content,
    "cut off": lambda content: sealed(content)[:-9],
    "no msgpack": lambda content: sealed(b"\xc1hello"),
    "another type": lambda content: sealed(msgspec.msgpack.encode(["a"])),
    "no facts": lambda content: sealed(
        msgspec.msgpack.encode(dict.fromkeys(msgspec.msgpack.decode(content), 7))
    ),
    "those of another file": lambda content: sealed(swapped(content)),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_or_forged_file_counts_for_nothing(
    cache: FactsCache, parsed: list[str], tmp_path: Path, what: str
) -> None:
    files = {path: FILES[path] for path in ("app/main.py", "app/other.py")}
    read(cache, files)
    file = stored(tmp_path)
    file.write_bytes(BROKEN[what](file.read_bytes()[32:]))
    assert asked(cache, parsed, files) == ["app/main.py", "app/other.py"]
    assert asked(cache, parsed, files) == []


def test_files_that_others_can_write_count_for_nothing(
    cache: FactsCache, parsed: list[str], tmp_path: Path
) -> None:
    files = {"app/other.py": FILES["app/other.py"]}
    read(cache, files)
    stored(tmp_path).chmod(0o620)
    assert asked(cache, parsed, files) == ["app/other.py"]
    (tmp_path / "facts").chmod(0o777)
    assert asked(cache, parsed, files) == ["app/other.py"]


@pytest.mark.parametrize("what", ["the file", "the folder"])
def test_what_is_of_another_owner_counts_for_nothing(
    cache: FactsCache, parsed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    files = {"app/other.py": FILES["app/other.py"]}
    read(cache, files)
    theirs = stored(tmp_path) if what == "the file" else tmp_path / "facts"
    real = Path.lstat

    def lstat(path: Path) -> os.stat_result:
        found = real(path)
        owner = found.st_uid + (path == theirs)
        return os.stat_result((*found[:4], owner, *found[5:]))

    monkeypatch.setattr(Path, "lstat", lstat)
    assert asked(cache, parsed, files) == ["app/other.py"]


def test_runs_at_once_never_read_a_half(cache: FactsCache, tmp_path: Path) -> None:
    """Two states of a project, written in turns by several processes while this one reads."""
    program = WRITER.format(folder=str(tmp_path / "facts"), files=FILES)
    writers = [subprocess.Popen([sys.executable, "-c", program, mark]) for mark in "xy"]
    for _ in range(20):
        read(cache, FILES)
    assert [writer.wait() for writer in writers] == [0, 0]
    assert [path.name for path in (tmp_path / "facts").iterdir()] == [stored(tmp_path).name]


def test_a_write_that_fails_leaves_nothing(
    cache: FactsCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    read(cache, FILES)
    assert list((tmp_path / "facts").iterdir()) == []


def test_where_nothing_can_be_kept_everything_is_read(tmp_path: Path, parsed: list[str]) -> None:
    (tmp_path / "file").write_text("")
    cache = FactsCache(tmp_path / "file" / "facts", Path("/project"))
    files = {"app/other.py": FILES["app/other.py"]}
    for _ in range(2):
        assert asked(cache, parsed, files) == ["app/other.py"]
