"""One transaction over many files: all are new, or all are old, even when the run is killed; and `undo`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from . import disk
from .journal import HOME, Entry, Journal, digest
from .put_back import RefusedError, is_to_be_put_back, put_back, roll_back, settle, temporary

_NOTHING = "nothing was written"
_HALF = "not all files could be put back; `async-fix undo` tries again"


class WriteError(Exception):
    """The text is the one line that the user sees; it says what became of the files."""


class Change(msgspec.Struct, frozen=True):
    old: bytes | None
    """What was read from the file; None for a file that is not there yet."""
    new: bytes


class WriteReport(msgspec.Struct, frozen=True):
    written: tuple[str, ...] = ()
    """Changed, created, restored or removed."""
    refused: tuple[tuple[str, str], ...] = ()
    """Files that were left alone, each with the reason."""
    recovered: bool = False
    """What was put back is a run that was interrupted."""


class Trial(msgspec.Struct):
    """Changes that are on the disk; they are taken back at the end of the block unless it says `is_kept`."""

    written: tuple[str, ...]
    is_kept: bool = False


def write_changes(root: Path, changes: Mapping[str, Change]) -> WriteReport:
    """Write all files or none; paths are relative to `root`. Raises `WriteError`."""
    if not changes:
        return WriteReport()
    with trial(root, changes) as written:
        written.is_kept = True
    return WriteReport(written.written)


def are_written(root: Path, changes: Mapping[str, Change]) -> bool:
    """Do all files hold what is new?"""
    with contextlib.suppress(OSError):
        return all((root / path).read_bytes() == change.new for path, change in changes.items())
    return False


@contextlib.contextmanager
def trial(root: Path, changes: Mapping[str, Change]) -> Iterator[Trial]:
    """Write all files or none, for as long as the block lasts. Raises `WriteError`.

    Whoever is killed inside leaves a write that was interrupted: the next command puts it back.
    """
    paths = tuple(sorted(changes))
    with _journals(root) as (journal, last):
        if _recover(root, journal, last).recovered:
            raise WriteError("an earlier run was interrupted and has been put back; run it again")
        before = {path: _check(root, path, changes[path].old) for path in paths}
        entries = tuple(_entry(root, n, path, changes[path], before[path]) for n, path in enumerate(paths))
        try:
            _stage(root, journal, entries, changes, before)
        except BaseException:
            _discard(root, journal, entries)
            raise
        written = Trial(paths)
        try:
            _commit(root, entries)
            yield written
            if written.is_kept:
                with _told(root):
                    journal.store("done", entries)
        except BaseException:
            _give_up(root, journal, last, entries)
            raise
        if not written.is_kept:
            _give_up(root, journal, last, entries)
            return
        with contextlib.suppress(OSError):
            journal.replace(last)


def undo(root: Path, *, partly: bool = False) -> WriteReport:
    """Bring back what the last `write_changes` changed, or an interrupted one. Raises `WriteError`.

    Where files have changed since, nothing is brought back, as they may need the others; `partly`, the others
    are, and these stay in the journal. An undo that is killed is finished by the next one.
    """
    if not (root / HOME / "journal").is_dir():
        raise WriteError("there is nothing to undo here")
    with _journals(root) as (journal, last):
        recovered = _recover(root, journal, last)
        if recovered.recovered:
            return recovered
        _, entries = _load(last)
        if not entries:
            raise WriteError("there is nothing to undo here")
        if not partly and (foreign := tuple(_foreign(root, entries))):
            return WriteReport((), foreign)
        written: list[str] = []
        refused: dict[str, str] = {}
        for entry in entries:
            try:
                if put_back(root, last, entry):
                    written.append(entry.path)
            except RefusedError as why:
                refused[entry.path] = str(why)
            except OSError as error:
                refused[entry.path] = error.strerror or str(error)
        with _told(root, outcome="the journal could not be closed"):
            settle(last, [entry for entry in entries if entry.path in refused])
    return WriteReport(tuple(written), tuple(refused.items()))


def _foreign(root: Path, entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Files that cannot be brought back, and why."""
    for entry in entries:
        try:
            is_to_be_put_back(root, entry)
        except RefusedError as why:
            yield entry.path, str(why)
        except OSError as error:
            yield entry.path, error.strerror or str(error)


def recover(root: Path) -> WriteReport:
    """Put back a run that was killed; to be called before files are read. Raises `WriteError`."""
    if not (root / HOME / "journal" / "next").is_dir():
        return WriteReport()
    with _journals(root) as (journal, last):
        return _recover(root, journal, last)


def _check(root: Path, path: str, old: bytes | None) -> os.stat_result | None:
    """The file is still the one that was read, and may be written; None for one that is still not there."""
    target = root / path
    try:
        inside = target.parent.resolve() / target.name
        if not inside.is_relative_to(root.resolve()) or inside == root.resolve():
            raise WriteError(f"{path}: lies outside the project; {_NOTHING}")
        if target.is_symlink():
            raise WriteError(f"{path}: is a symbolic link; {_NOTHING}")
        current = target.read_bytes()
        found = os.stat(target)
    except FileNotFoundError:
        if old is None:
            return None
        raise WriteError(f"{path}: is gone; {_NOTHING}") from None
    except (OSError, RuntimeError) as error:
        raise WriteError(f"{path}: {getattr(error, 'strerror', None) or error}; {_NOTHING}") from error
    if current != old:
        what = "is already there" if old is None else "has changed since it was read"
        raise WriteError(f"{path}: {what}; {_NOTHING}")
    if not found.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise WriteError(f"{path}: is read-only; {_NOTHING}")
    return found


def _stamp(found: os.stat_result | None) -> tuple[int, ...]:
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found else ()


def _entry(root: Path, number: int, path: str, change: Change, found: os.stat_result | None) -> Entry:
    parts = path.split("/")[:-1]
    folders = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    missing = tuple(folder for folder in folders if not (root / folder).exists())
    old = None if change.old is None else digest(change.old)
    return Entry(path, number, old, digest(change.new), found.st_mtime_ns if found else 0, missing)


def _stage(
    root: Path,
    journal: Journal,
    entries: Sequence[Entry],
    changes: Mapping[str, Change],
    before: Mapping[str, os.stat_result | None],
) -> None:
    """The new contents in files beside the targets: from here on nothing needs room on the disk."""
    with _told(root):
        journal.begin(entries, {path: change.old for path, change in changes.items()})
    for entry in entries:
        with _told(root, entry.path):
            for folder in entry.folders:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(root / folder)
            disk.create(temporary(root, entry), changes[entry.path].new, before[entry.path])
    for path, change in changes.items():
        if _stamp(_check(root, path, change.old)) != _stamp(before[path]):
            raise WriteError(f"{path}: has changed since it was read; {_NOTHING}")


def _discard(root: Path, journal: Journal, entries: Sequence[Entry]) -> None:
    """No target was touched; what cannot be cleared away now is cleared away by the next run."""
    with contextlib.suppress(OSError):
        for entry in entries:
            disk.remove(temporary(root, entry))
            for folder in reversed(entry.folders):
                disk.remove_if_empty(root / folder)
        journal.remove()


def _commit(root: Path, entries: Sequence[Entry]) -> None:
    for entry in entries:
        with _told(root, entry.path):
            os.replace(temporary(root, entry), root / entry.path)
    for folder in sorted(
        {(root / name).parent for entry in entries for name in (entry.path, *entry.folders)}
    ):
        disk.sync_folder(folder)


def _give_up(root: Path, journal: Journal, last: Journal, entries: Sequence[Entry]) -> None:
    """Everything back as it was."""
    with _told(root, outcome=_HALF):
        if journal.load()[0] == "done":
            journal.store("writing", entries)  # or a kill from here on would look like the end of the write
        _, refused = roll_back(root, journal, last, entries)
    if refused:
        raise WriteError(
            f"{refused[0]}: has changed during the run and was left alone; the rest was put back"
        )


def _recover(root: Path, journal: Journal, last: Journal) -> WriteReport:
    """Finish or put back what a killed run left behind."""
    if not journal.folder.is_dir():
        return WriteReport()
    state, entries = _load(journal)
    with _told(root, outcome=_HALF):
        if state == "done":
            journal.replace(last)
            return WriteReport()
        written, refused = roll_back(root, journal, last, entries)
    reasons = tuple((path, "has changed since") for path in refused)
    return WriteReport(tuple(written), reasons, recovered=bool(entries))


def _load(journal: Journal) -> tuple[str, tuple[Entry, ...]]:
    try:
        return journal.load()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WriteError(
            f"{HOME}/journal/{journal.folder.name}/manifest.json: cannot be read; {_NOTHING}"
        ) from error


@contextlib.contextmanager
def _journals(root: Path) -> Iterator[tuple[Journal, Journal]]:
    """The journals of the run under way and of the last one, held by this run alone."""
    home = root / HOME
    folder = home / "journal"
    if home.is_symlink() or folder.is_symlink():
        raise WriteError(f"{HOME}: is a symbolic link; {_NOTHING}")
    try:
        with _told(root):
            os.makedirs(folder, exist_ok=True)
            ignored = home / ".gitignore"
            if not ignored.is_file() or not ignored.stat().st_size:  # a full disk leaves an empty one
                ignored.write_text("*\n", encoding="utf-8")
            handle = disk.lock(home / "lock")
    except disk.BusyError:
        raise WriteError(f"another run of async-fix is writing here; {_NOTHING}") from None
    try:
        yield Journal(folder / "next"), Journal(folder / "last")
    finally:
        try:
            _tidy(home, folder)
        finally:
            os.close(handle)


def _tidy(home: Path, folder: Path) -> None:
    """No trace stays where there is nothing to undo."""
    with contextlib.suppress(OSError):
        if not any(folder.iterdir()):
            for path in (home / "lock", home / ".gitignore"):
                disk.remove(path)
            disk.remove_if_empty(folder)
            disk.remove_if_empty(home)


@contextlib.contextmanager
def _told(root: Path, path: str = "", outcome: str = _NOTHING) -> Iterator[None]:
    """What the system refuses becomes one line, about `path` or the file that the system names."""
    try:
        yield
    except OSError as error:
        name = path or (os.path.relpath(os.fsdecode(error.filename), root) if error.filename else "")
        words = f"{name}: {error.strerror}" if name else str(error.strerror or error)
        raise WriteError(f"{words}; {outcome}") from error
