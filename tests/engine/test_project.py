"""Paths -> project: where it begins, what its API layer is, and what is no project at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.engine.read.project import Project, ProjectError, read_project
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


def modules(project: Project) -> dict[str, tuple[str, str]]:
    return {file.path: (file.root, file.module) for file in project.files}


@pytest.mark.parametrize("marker", ["pyproject.toml", "setup.py", "setup.cfg", "requirements.txt"])
def test_the_nearest_marker_is_the_root(tmp_path: Path, marker: str) -> None:
    tree(
        tmp_path,
        [
            "pyproject.toml",
            f"backend/{marker}",
            "backend/app/__init__.py",
            "backend/app/api/a.py",
            "other/b.py",
        ],
    )
    project = read(tmp_path, "backend/app/api")
    assert project.root == tmp_path / "backend"
    assert project.api == {"app/api/a.py"}


def test_a_marker_inside_a_package_is_not_the_root(tmp_path: Path) -> None:
    tree(tmp_path, ["app/__init__.py", "app/requirements.txt", "app/main.py", "tests/test_main.py"])
    assert read(tmp_path, "app").root == tmp_path


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("shop", "from models.user import User"),
        ("shop-api", "from models.user import User"),
        ("shop-api", "from .models.user import User"),
    ],
)
def test_a_stray_init_file_beside_the_marker_does_not_bring_in_the_neighbours(
    tmp_path: Path, name: str, written: str
) -> None:
    """The folder that it lies in may hold all projects that somebody has."""
    files = {f"{name}/__init__.py": "", f"{name}/pyproject.toml": "", "other/big.py": ""}
    files |= {f"{name}/app/main.py": written, f"{name}/app/models/user.py": "class User: ..."}
    tree(tmp_path, files)
    assert read(tmp_path, f"{name}/app").root == tmp_path / name


@pytest.mark.parametrize("builder", ["", "from setuptools import setup\n"])
def test_a_module_called_setup_of_the_application_says_nothing_of_the_project(
    tmp_path: Path, builder: str
) -> None:
    """What it imports and hands to FastAPI would be run by nobody knows whom, and stayed as it is."""
    imports = f"{builder}from app.log import get_logger\n"
    tree(tmp_path, {"pyproject.toml": "", "app/__init__.py": "", "app/setup.py": imports, "app/log.py": ""})
    assert ("app.log.get_logger" in read(tmp_path, "app").named) is bool(builder)


def test_a_marker_in_a_folder_that_is_imported_by_its_name_is_not_the_root(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "app/requirements.txt": "",
            "app/main.py": "from app.db import get_db\n",
            "app/db.py": "",
            "run.py": "",
        },
    )
    project = read(tmp_path, "app")
    assert project.root == tmp_path
    assert modules(project)["app/db.py"] == ("", "app.db")


def test_a_stray_init_beside_the_marker_does_not_move_the_root(tmp_path: Path) -> None:
    files = {
        "shop/pyproject.toml": "",
        "shop/__init__.py": "",
        "shop/app/main.py": "from app.db import x\n",
        "shop/app/db.py": "",
    }
    project = read(tree(tmp_path, files), "shop/app")
    assert project.root == tmp_path / "shop"
    assert modules(project)["app/main.py"] == ("", "app.main")


def test_without_markers_the_imports_of_the_given_files_show_the_root(tmp_path: Path) -> None:
    files = {
        "shop/app/api/users.py": "from app.services.mail import send\n",
        "shop/app/services/mail.py": "def send(): ...",
    }
    project = read(tree(tmp_path, files), "shop/app/api")
    assert project.root == tmp_path / "shop"
    assert paths(project) == ["app/api/users.py", "app/services/mail.py"]


def test_without_markers_siblings_that_are_imported_belong_to_the_project(tmp_path: Path) -> None:
    files = {
        "shop/api/users.py": "from services.mail import send\n",
        "shop/services/mail.py": "def send(): ...\n",
    }
    assert paths(read(tree(tmp_path, files), "shop/api")) == ["api/users.py", "services/mail.py"]


@pytest.mark.parametrize(
    "written", ["from api import users", "import os, api.users", "from .api import users"]
)
def test_without_markers_modules_beside_that_import_the_given_folder_belong_to_the_project(
    tmp_path: Path, written: str
) -> None:
    files = {"shop/api/users.py": "", "shop/main.py": f"{written}\n"}
    assert paths(read(tree(tmp_path, files), "shop/api")) == ["api/users.py", "main.py"]


def test_a_script_beside_the_given_folder_does_not_take_in_a_folder_of_many_projects(tmp_path: Path) -> None:
    files = {"work/shop/main.py": "", "work/other/main.py": "", "work/clean.py": "import shutil\n"}
    assert read(tree(tmp_path, files), "work/shop").root == tmp_path / "work" / "shop"


def test_a_relative_import_shows_that_the_folder_above_is_a_package(tmp_path: Path) -> None:
    files = {"shop/app/api/users.py": "from ..db import get_db\n", "shop/app/db.py": ""}
    project = read(tree(tmp_path, files), "shop/app/api")
    assert project.root == tmp_path / "shop"
    assert modules(project)["app/db.py"] == ("", "app.db")


def test_without_any_hint_the_given_folder_is_the_root(tmp_path: Path) -> None:
    project = read(tree(tmp_path, ["one/shop/main.py", "one/other/main.py"]), "one/shop")
    assert project.root == tmp_path / "one" / "shop"


def test_without_any_hint_the_folder_around_the_api_layer_is_the_root(tmp_path: Path) -> None:
    project = read(tree(tmp_path, ["one/shop/api/users.py", "one/other/main.py"]), "one/shop/api")
    assert project.root == tmp_path / "one" / "shop"
    assert modules(project)["api/users.py"] == ("", "api.users")


def test_without_markers_what_imports_the_given_files_is_looked_for_up_to_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"work/shop/main.py": "from app.api import x, users\n", "work/shop/app/api/users.py": ""}
    found = tree(tmp_path, files)
    assert read(found, "work/shop/app/api/users.py").root == tmp_path / "work" / "shop" / "app"
    monkeypatch.chdir(tmp_path / "work" / "shop")
    assert read(found, "work/shop/app/api/users.py").root == tmp_path / "work" / "shop"


def test_a_package_that_is_imported_relatively_may_lie_in_another_one(tmp_path: Path) -> None:
    files = {"shop/api/v1/users.py": "from .mail import x\n", "shop/api/v1/mail.py": "x = 1\n"}
    inits = {"shop/api/v1/__init__.py": "", "shop/api/__init__.py": ""}
    assert read(tree(tmp_path, {**files, **inits}), "shop/api/v1/users.py").root == tmp_path / "shop"


def test_the_root_never_leaves_the_repository(tmp_path: Path) -> None:
    tree(tmp_path, {"shop/.git/HEAD": "", "shop/main.py": "from lib.x import y\n", "lib/x.py": "y = 1\n"})
    assert read(tmp_path, "shop").root == tmp_path / "shop"


def test_a_marker_in_the_home_folder_makes_it_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, [".git/HEAD", "pyproject.toml", "other/x.py", "shop/main.py"])
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read(tmp_path, "shop").root == tmp_path / "shop"
    assert read(tmp_path, ".").root == tmp_path


def test_two_paths_have_their_common_project(tmp_path: Path) -> None:
    tree(tmp_path, ["pyproject.toml", "a/api/x.py", "b/api/y.py", "b/z.py"])
    project = read(tmp_path, "b/api", "a/api/x.py")
    assert project.root == tmp_path
    assert project.api == {"a/api/x.py", "b/api/y.py"}


def test_tests_are_callers_and_not_the_api_layer(tmp_path: Path) -> None:
    tree(
        tmp_path,
        [
            "pyproject.toml",
            "app/main.py",
            "app/test_main.py",
            "tests/deep/helpers.py",
            "conftest.py",
            "latest/x.py",
        ],
    )
    project = read(tmp_path, ".")
    assert project.api == {"app/main.py", "latest/x.py"}
    assert {file.path for file in project.files if file.is_test} == {
        "app/test_main.py",
        "tests/deep/helpers.py",
        "conftest.py",
    }


def refusal(root: Path, *given: str) -> str:
    with pytest.raises(ProjectError) as error:
        read(root, *given)
    assert "\n" not in str(error.value)
    return str(error.value).replace(str(root), "…")


def test_bad_paths_give_one_clear_line(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    tree(tmp_path, ["notes.txt", "tests/test_x.py", "empty/notes.txt", "pyproject.toml"])
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(tmp_path, "gone/api") == "…/gone/api: no such file or directory"
    assert refusal(tmp_path, "notes.txt") == "…/notes.txt: not a Python file or a directory"
    assert refusal(tmp_path, "empty") == "…/empty: no Python files"
    assert refusal(tmp_path, "tests") == "…/tests: no Python files apart from tests"
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    tree(elsewhere, ["main.py"])
    (tmp_path / "empty" / "app").symlink_to(elsewhere)
    assert refusal(tmp_path, "empty").startswith("…/empty: no Python files; empty/app: is a symbolic link to")
    assert refusal(tmp_path, "loop").startswith("…/loop: ")
    assert refusal(tmp_path) == "no path was given"
    with pytest.raises(ProjectError, match="no project in common"):
        read_project([tmp_path, Path("/etc")], Config())


def test_a_path_through_a_file(tmp_path: Path) -> None:
    tree(tmp_path, ["main.py"])
    assert refusal(tmp_path, "main.py/x") == "…/main.py/x: Not a directory"


def homes(root: Path, *paths: str, **files: str) -> list[str]:
    (root / ".git").mkdir(parents=True)
    for name, text in {"back/app/main.py": "", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    project = read_project([root / path for path in paths or (".",)], Config())
    return [home.relative_to(project.root).as_posix() for home in project.homes]


def test_the_nearest_dependency_file_counts_first(tmp_path: Path) -> None:
    files = {"requirements.txt": "", "back/app/api/requirements.txt": "", "back/app/api/pay.py": ""}
    assert homes(tmp_path, "back/app/api", **files) == ["."]
    assert homes(tmp_path / "other", "back/app/api", "back/app/main.py", **files) == ["back/app", "back", "."]


def test_from_the_top_of_a_repository_those_of_the_program_below_count(tmp_path: Path) -> None:
    files = {"back/requirements.txt": "", "tool.py": "", "front/requirements.txt": ""}
    assert homes(tmp_path, **files) == ["back", "."]


@pytest.mark.parametrize("table", ["tool.ruff", "tool.uv.workspace", "dependency-groups"])
def test_a_pyproject_of_tools_at_the_top_hides_no_program_below(tmp_path: Path, table: str) -> None:
    files = {"pyproject.toml": f"[{table}]\n", "back/pyproject.toml": "[tool.poetry]\n", "tool.py": ""}
    assert homes(tmp_path, **files) == ["back", "."]


def test_of_several_programs_in_a_repository_all_count(tmp_path: Path) -> None:
    files = {"back/pyproject.toml": "[project]", "side/requirements.txt": "", "side/app/main.py": ""}
    assert homes(tmp_path, **files) == ["back", "side", "."]


def test_a_dependency_file_at_the_top_is_enough(tmp_path: Path) -> None:
    files = {"requirements.txt": "", "side/requirements.txt": "", "side/app/main.py": ""}
    assert homes(tmp_path, **files) == ["."]
