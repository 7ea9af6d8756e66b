"""Which files belong to a project: not those that git ignores, of environments, or behind links."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from async_fix.codemods.engine.read.project import Project, read_project
from async_fix.codemods.engine.settings.config import Config


def tree(root: Path, files: dict[str, str] | list[str]) -> Path:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(files[name] if isinstance(files, dict) else "", encoding="utf-8")
    return root


def read(root: Path, *paths: str, config: Config | None = None) -> Project:
    return read_project([root / path for path in paths], config or Config())


def paths(project: Project) -> list[str]:
    return [file.path for file in project.files]


@pytest.mark.parametrize(
    "folder",
    [
        ".git",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        "build/lib",
        "dist",
        "lib/site-packages",
        ".tox/py312",
        ".nox",
    ],
)
def test_folders_that_are_never_the_users_code(tmp_path: Path, folder: str) -> None:
    assert paths(read(tree(tmp_path, ["main.py", f"{folder}/x.py"]), ".")) == ["main.py"]


def test_an_environment_is_known_by_its_file_whatever_its_name(tmp_path: Path) -> None:
    tree(tmp_path, ["main.py", "env/pyvenv.cfg", "env/lib/x.py", "environment/x.py"])
    assert paths(read(tmp_path, ".")) == ["environment/x.py", "main.py"]


def test_a_package_called_build_is_the_users_code(tmp_path: Path) -> None:
    tree(tmp_path, ["app/__init__.py", "app/build/x.py", "dist/__init__.py", "dist/y.py"])
    assert "app/build/x.py" in paths(read(tmp_path, "."))
    assert "dist/y.py" in paths(read(tmp_path, "."))


def test_gitignore_files_at_every_level_with_exceptions(tmp_path: Path) -> None:
    files = {
        ".gitignore": "generated_*.py\n/local/\n*.tmp.py\n",
        "app/.gitignore": "!generated_keep.py\n/own.py\n",
        "app/generated_keep.py": "",
        "app/generated_x.py": "",
        "app/own.py": "",
        "app/deep/own.py": "",
        "app/local/x.py": "",
        "local/x.py": "",
    }
    assert paths(read(tree(tmp_path, files), ".")) == [
        "app/deep/own.py",
        "app/generated_keep.py",
        "app/local/x.py",
    ]


def test_what_an_ignored_folder_holds_cannot_be_taken_back(tmp_path: Path) -> None:
    tree(tmp_path, {".gitignore": "out/\n!out/x.py\n", "out/x.py": "", "main.py": ""})
    assert paths(read(tmp_path, ".")) == ["main.py"]


def test_ignore_files_above_the_root_count_within_a_repository(tmp_path: Path) -> None:
    tree(
        tmp_path,
        [".git/HEAD", "backend/pyproject.toml", "backend/main.py", "backend/scratch/x.py", "backend/y.py"],
    )
    tree(tmp_path, {".gitignore": "/backend/scratch/\n", ".git/info/exclude": "y.py\n"})
    assert paths(read(tmp_path, "backend")) == ["main.py"]


def test_ignore_files_above_the_root_do_not_count_without_a_repository(tmp_path: Path) -> None:
    tree(tmp_path, {".gitignore": "*.py\n", "backend/pyproject.toml": "", "backend/main.py": ""})
    assert paths(read(tmp_path, "backend")) == ["main.py"]


def test_info_exclude_of_a_linked_work_tree(tmp_path: Path) -> None:
    tree(tmp_path, {"main/.git/info/exclude": "x.py\n", "main/.git/worktrees/w/commondir": "../..\n"})
    tree(tmp_path, {"w/.git": f"gitdir: {tmp_path}/main/.git/worktrees/w\n", "w/x.py": "", "w/y.py": ""})
    assert paths(read(tmp_path, "w")) == ["y.py"]


def test_a_path_that_the_user_names_is_read_although_git_ignores_it(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            ".gitignore": "build/\nx.py\n",
            "build/api/a.py": "",
            "x.py": "",
            "main.py": "",
            "build/.git/y.py": "",
        },
    )
    project = read(tmp_path, "build/api", "x.py")
    assert project.api == {"build/api/a.py", "x.py"}


def test_a_checkout_inside_an_ignored_folder_of_another_repository(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            ".git/HEAD": "",
            ".gitignore": "scratch/\n",
            "scratch/shop/pyproject.toml": "",
            "scratch/shop/main.py": "",
        },
    )
    assert paths(read(tmp_path, "scratch/shop")) == ["main.py"]


def test_a_broken_gitignore_hides_nothing(tmp_path: Path) -> None:
    tree(tmp_path, ["main.py"])
    (tmp_path / ".gitignore").write_bytes(b"\xff\xfe[\n!\n")
    assert paths(read(tmp_path, ".")) == ["main.py"]


def test_exclude_keeps_files_out_even_when_they_are_named(tmp_path: Path) -> None:
    tree(tmp_path, ["pyproject.toml", "app/main.py", "app/legacy/x.py", "migrations/y.py"])
    config = Config(exclude=("legacy/", "/migrations"))
    assert paths(read(tmp_path, "app", "migrations", config=config)) == ["app/main.py"]


def test_the_files_agree_with_git(tmp_path: Path) -> None:
    files = {
        ".gitignore": "*.gen.py\n!keep.gen.py\n/top.py\ndocs/**/x.py\n**/cache\nsp\\ ace.py\n",
        "a/.gitignore": "*\n!.gitignore\n!b/\n!b/kept.py\n",
        "a/lost.py": "",
        "a/b/kept.py": "",
        "a/b/lost.py": "",
        "keep.gen.py": "",
        "x.gen.py": "",
        "top.py": "",
        "deep/top.py": "",
        "docs/one/two/x.py": "",
        "docs/y.py": "",
        "deep/cache/x.py": "",
        "sp ace.py": "",
        "ünï.py": "",
        "white/.gitignore": "/*\n!/app/\n!.gitignore\n/app/no.py\n",
        "white/lost.py": "",
        "white/other/x.py": "",
        "white/app/x.py": "",
        "white/app/no.py": "",
        "white/app/deep/no.py": "",
        "back/.gitignore": "b/\n!b/\n*.log.py\n!/b/c/\nd/**\n!d/keep/\n!d/keep/*\n\\!x.py\n#y.py\n",
        "back/b/x.py": "",
        "back/b/c/y.log.py": "",
        "back/d/x.py": "",
        "back/d/keep/x.py": "",
        "back/d/keep/deep/x.py": "",
        "back/!x.py": "",
        "back/#y.py": "",
    }
    tree(tmp_path, files)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    command = ["git", "-C", str(tmp_path), "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.split("\0")
    assert paths(read(tmp_path, ".")) == sorted(path for path in listed if path.endswith(".py"))


def test_a_link_that_leads_outside_is_left_out_and_told(tmp_path: Path) -> None:
    tree(tmp_path, ["outside/secret.py", "outside/pkg/x.py", "shop/pyproject.toml", "shop/main.py"])
    (tmp_path / "shop" / "linked.py").symlink_to(tmp_path / "outside" / "secret.py")
    (tmp_path / "shop" / "pkg").symlink_to(tmp_path / "outside" / "pkg")
    project = read(tmp_path, "shop")
    assert paths(project) == ["main.py"]
    assert [problem.path for problem in project.problems] == ["linked.py", "pkg"]


def test_a_link_inside_the_project_gives_no_second_copy(tmp_path: Path) -> None:
    tree(tmp_path, ["pyproject.toml", "libs/common/x.py", "app/main.py"])
    (tmp_path / "app" / "common").symlink_to("../libs/common")
    project = read(tmp_path, ".")
    assert paths(project) == ["app/main.py", "libs/common/x.py"]
    assert str(project.problems[0]).startswith(
        "app/common: is a symbolic link to libs/common; it is left out"
    )


def test_loops_and_dangling_links_end(tmp_path: Path) -> None:
    tree(tmp_path, ["app/main.py"])
    (tmp_path / "app" / "again").symlink_to(tmp_path)
    (tmp_path / "app" / "self.py").symlink_to("self.py")
    (tmp_path / "app" / "gone.py").symlink_to("nowhere.py")
    assert paths(read(tmp_path, ".")) == ["app/main.py"]


def test_a_link_that_the_user_names_leads_to_its_project(tmp_path: Path) -> None:
    tree(tmp_path, ["shop/pyproject.toml", "shop/api/x.py"])
    (tmp_path / "link").symlink_to(tmp_path / "shop" / "api")
    project = read(tmp_path, "link")
    assert (project.root, project.api) == (tmp_path / "shop", {"api/x.py"})


def test_things_that_are_called_py_and_are_no_files(tmp_path: Path) -> None:
    tree(tmp_path, ["main.py", "folder.py/inner.py"])
    os.mkfifo(tmp_path / "pipe.py")
    assert paths(read(tmp_path, ".")) == ["folder.py/inner.py", "main.py"]


def test_a_name_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    tree(tmp_path, ["main.py", "ünï.py"])
    with open(os.fsencode(tmp_path) + b"/caf\xe9.py", "wb"):
        pass
    project = read(tmp_path, ".")
    assert paths(project) == ["main.py", "ünï.py"]
    assert [str(problem) for problem in project.problems] == [
        "caf\\xe9.py: the name is not UTF-8; it is left out"
    ]


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, ["main.py", "locked/x.py"])
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("locked/"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    project = read(tmp_path, ".")
    assert paths(project) == ["main.py"]
    assert [str(problem) for problem in project.problems] == ["locked: cannot be read: Permission denied"]
