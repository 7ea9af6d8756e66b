"""Which files hold work that is not committed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from async_fix.codemods.engine.read.git import GitError, files_at, fork_point, renamed_since, uncommitted

IDENTITY = ("-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false")
NAMES = (
    "backend/app/kept.py",
    "backend/app/edited.py",
    "backend/app/staged.py",
    "backend/ünï c.py",
    "main.py",
)


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *IDENTITY, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("old\n")
    (root / ".gitignore").write_text("ignored/\n")
    git(tmp_path, "init", "-q", str(root))
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def test_nothing_to_tell_of_a_clean_tree(repository: Path) -> None:
    assert uncommitted(repository, NAMES) == ()
    assert uncommitted(repository, ()) == ()


def test_edited_staged_untracked_and_deleted_files_below_a_subfolder(repository: Path) -> None:
    root = repository / "backend"
    (root / "app" / "edited.py").write_text("new\n")
    (root / "app" / "staged.py").write_text("new\n")
    git(repository, "add", "backend/app/staged.py")
    (root / "ünï c.py").unlink()
    (root / "fresh").mkdir()
    (root / "fresh" / "new.py").write_text("new\n")
    given = [
        "app/kept.py",
        "app/edited.py",
        "app/staged.py",
        "ünï c.py",
        "fresh/new.py",
        "fresh/not_there.py",
    ]
    assert uncommitted(root, given) == ("app/edited.py", "app/staged.py", "fresh/new.py", "ünï c.py")


def test_only_the_given_files_are_told(repository: Path) -> None:
    (repository / "main.py").write_text("new\n")
    (repository / "other.py").write_text("new\n")
    assert uncommitted(repository, ["backend/app/kept.py"]) == ()


def test_a_moved_file_is_told_by_both_names(repository: Path) -> None:
    git(repository, "mv", "main.py", "moved.py")
    assert uncommitted(repository, ["main.py", "moved.py"]) == ("main.py", "moved.py")


def test_names_that_look_like_patterns(repository: Path) -> None:
    (repository / "main.py").write_text("new\n")
    assert uncommitted(repository, ["*.py", ":/main.py"]) == ()


def test_more_files_than_one_call_takes(repository: Path) -> None:
    names = [f"many/f{n}.py" for n in range(1101)]
    (repository / "many").mkdir()
    for name in names:
        (repository / name).touch()
    assert uncommitted(repository, names) == tuple(sorted(names))


def test_files_that_git_ignores_have_nothing_to_commit(repository: Path) -> None:
    (repository / "ignored").mkdir()
    (repository / "ignored" / "x.py").touch()
    assert uncommitted(repository, ["ignored/x.py"]) == ()
    assert uncommitted(repository / "ignored", ["x.py"]) == ()


def test_outside_of_a_work_tree(tmp_path: Path) -> None:
    (tmp_path / "main.py").touch()
    assert uncommitted(tmp_path, ["main.py"]) == ()


def test_before_the_first_commit_everything_is_uncommitted(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "main.py").touch()
    assert uncommitted(tmp_path, ["main.py"]) == ("main.py",)


def test_the_environment_of_a_hook_does_not_lead_to_its_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert uncommitted(repository, NAMES) == ()


def test_without_git_nothing_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "main.py").write_text("new\n")
    monkeypatch.setenv("PATH", str(repository))
    assert uncommitted(repository, ["main.py"]) == ()


def test_a_repository_that_git_cannot_read_is_not_taken_for_a_clean_one(repository: Path) -> None:
    (repository / ".git" / "config").write_text("[core\n")
    with pytest.raises(GitError, match=r"^git cannot say what is committed: bad config line 1 in file \S+$"):
        uncommitted(repository, ["main.py"])


def test_the_question_leaves_the_repository_alone_and_runs_none_of_its_programs(
    repository: Path, tmp_path: Path
) -> None:
    program = tmp_path / "monitor"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/has_run\n")
    program.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(program))
    (repository / "main.py").touch()
    index = (repository / ".git" / "index").read_bytes()
    assert uncommitted(repository, NAMES) == ()
    assert (repository / ".git" / "index").read_bytes() == index
    assert not (tmp_path / "has_run").exists()


def test_older_files_are_read_and_moves_are_known_without_a_program_of_the_repository(
    repository: Path, tmp_path: Path
) -> None:
    program = tmp_path / "filter"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/has_run\ncat\n")
    program.chmod(0o755)
    for key in ("filter.x.clean", "filter.x.smudge", "diff.external"):
        git(repository, "config", key, str(program))
    commit = fork_point(repository, "HEAD")
    git(repository, "mv", "main.py", "moved.py")
    (repository / ".gitattributes").write_text("* filter=x\n")
    (repository / "backend/app/edited.py").write_text("new\n")
    assert renamed_since(repository, commit) == {"main.py": "moved.py"}
    assert dict(files_at(repository, commit, ".py", frozenset({".gitignore"}))) == {
        **dict.fromkeys(NAMES, b"old\n"),
        ".gitignore": b"ignored/\n",
    }
    assert not (tmp_path / "has_run").exists()
