"""What files are called when they are imported, and from which folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.read.project import read_project
from async_fix.codemods.engine.settings.config import Config, load_config


def tree(root: Path, files: dict[str, str] | list[str]) -> Path:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(files[name] if isinstance(files, dict) else "", encoding="utf-8")
    return root


def names(root: Path, files: dict[str, str], config: Config | None = None) -> dict[str, tuple[str, str]]:
    """Path -> import root and module."""
    project = read_project([tree(root, {"pyproject.toml": "", **files})], config or Config())
    return {file.path: (file.root, file.module) for file in project.files}


def modules(root: Path, files: dict[str, str]) -> dict[str, str]:
    return {path: module for path, (_, module) in names(root, files).items()}


def test_regular_packages(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/api/__init__.py": "",
        "app/api/x.py": "",
        "main.py": "from app.api.x import y\n",
    }
    assert names(tmp_path, files) == {
        "app/__init__.py": ("", "app"),
        "app/api/__init__.py": ("", "app.api"),
        "app/api/x.py": ("", "app.api.x"),
        "main.py": ("", "main"),
    }


def test_folders_without_init_that_are_imported_by_name(tmp_path: Path) -> None:
    files = {
        "app/main.py": "from app.api.x import y\n",
        "app/api/x.py": "from app import db\n",
        "app/db.py": "",
    }
    assert {module for _, module in names(tmp_path, files).values()} == {"app.main", "app.api.x", "app.db"}


def test_flat_application_run_from_its_own_folder(tmp_path: Path) -> None:
    files = {
        "backend/main.py": "from database import SessionLocal\nfrom routers import users\n",
        "backend/database.py": "SessionLocal = None\n",
        "backend/routers/users.py": "from database import (\n    engine,\n    SessionLocal,\n)\n",
    }
    assert names(tmp_path, files) == {
        "backend/database.py": ("backend", "database"),
        "backend/main.py": ("backend", "main"),
        "backend/routers/users.py": ("backend", "routers.users"),
    }


def test_flat_application_with_a_stray_init(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": "from database import engine\n",
        "app/database.py": "engine = 1\n",
    }
    assert names(tmp_path, files)["app/database.py"] == ("app", "database")


def test_a_module_with_the_name_of_a_library_is_not_what_others_import(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/redis.py": "def client(): ...\n",
        "app/cache.py": "from redis import Redis\nimport redis\n",
        "app/more.py": "from redis import Redis\nfrom celery import Celery\n",
    }
    assert names(tmp_path, files)["app/redis.py"] == ("", "app.redis")


def test_a_folder_with_the_name_of_a_library_is_no_package(tmp_path: Path) -> None:
    files = {"redis/healthcheck.py": "", "main.py": "import redis\nfrom redis.asyncio import Redis\n"}
    assert names(tmp_path, files)["redis/healthcheck.py"] == ("redis", "healthcheck")


def test_two_packages_of_one_name_in_a_monorepo(tmp_path: Path) -> None:
    files = {
        "one/app/main.py": "from app.db import x\n",
        "one/app/db.py": "x = 1\n",
        "two/app/__init__.py": "",
        "two/app/main.py": "from app.db import x\n",
        "two/app/db.py": "x = 1\n",
    }
    found = names(tmp_path, files)
    assert found["one/app/db.py"] == ("one", "app.db")
    assert found["two/app/db.py"] == ("two", "app.db")
    assert len(set(found.values())) == len(found)


def test_src_is_an_import_root(tmp_path: Path) -> None:
    files = {
        "src/app/__init__.py": "",
        "src/app/main.py": "from app.db import x\n",
        "src/app/db.py": "",
        "src/tool.py": "",
    }
    assert names(tmp_path, files)["src/app/main.py"] == ("src", "app.main")
    assert names(tmp_path, files)["src/tool.py"] == ("src", "tool")


def test_src_that_is_imported_as_a_package_is_no_import_root(tmp_path: Path) -> None:
    files = {
        "src/main.py": "from src.auth.router import router\n",
        "src/auth/router.py": "from src.db import x\n",
        "src/db.py": "",
    }
    assert names(tmp_path, files)["src/auth/router.py"] == ("", "src.auth.router")


def test_the_config_has_the_last_word(tmp_path: Path) -> None:
    files = {"a/b/__init__.py": "", "a/b/c/x.py": "from a.b.c import x\n", "a/b/c/__init__.py": ""}
    found = names(tmp_path, files, Config(src=("a/b/", "../elsewhere")))
    assert found["a/b/c/x.py"] == ("a/b", "c.x")


def test_relative_imports_prove_a_package(tmp_path: Path) -> None:
    files = {
        "app/main.py": "from .api import users\n",
        "app/api/users.py": "from ..db import x\nfrom . import y\n",
        "app/db.py": "",
    }
    assert names(tmp_path, files)["app/api/users.py"] == ("", "app.api.users")


def test_an_import_in_a_text_proves_nothing(tmp_path: Path) -> None:
    files = {
        "run.py": '"""Usage:\n\n    from . import anything\n"""\n',
        "backend/main.py": '"""\nfrom .elsewhere import x\n"""\nfrom db import x\n',
        "backend/db.py": "x = 1\n",
    }
    assert names(tmp_path, files)["backend/db.py"] == ("backend", "db")


def test_scripts_that_import_the_application_share_its_root(tmp_path: Path) -> None:
    files = {
        "app/db.py": "x = 1\n",
        "scripts/nightly.py": "from app.db import x\n",
        "scripts/alone.py": "print(1)\n",
    }
    assert names(tmp_path, files)["scripts/nightly.py"] == ("", "scripts.nightly")


def test_outsiders_with_another_spelling_do_not_outvote_the_application(tmp_path: Path) -> None:
    files = {
        "backend/app/main.py": "from app.db import x\n",
        "backend/app/api.py": "from app.db import x\n",
        "backend/app/db.py": "",
        "run.py": "from backend.app.main import app\n",
    }
    assert names(tmp_path, files)["backend/app/db.py"] == ("backend", "app.db")


def test_names_of_the_standard_library_prove_nothing(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/logging.py": "getLogger = 1\n",
        "app/x.py": "from logging import getLogger\n",
    }
    assert names(tmp_path, files)["app/logging.py"] == ("", "app.logging")


def test_a_stray_init_makes_no_package_of_an_application_that_is_run_from_its_folder(tmp_path: Path) -> None:
    files = {
        "service/__init__.py": "",
        "service/main.py": "from models import *\nfrom utils.mail import send\n",
        "service/models.py": "",
        "service/utils/__init__.py": "",
        "service/utils/mail.py": "def send(): ...\n",
    }
    found = names(tmp_path, files)
    assert found["service/main.py"] == ("service", "main")
    assert found["service/utils/mail.py"] == ("service", "utils.mail")


def test_a_package_that_others_import_by_its_name_stays_one(tmp_path: Path) -> None:
    files = {
        "service/__init__.py": "",
        "service/main.py": "from utils.mail import send\n",
        "service/utils/__init__.py": "",
        "service/utils/mail.py": "def send(): ...\n",
        "run.py": "from service.main import app\n",
    }
    assert names(tmp_path, files)["service/main.py"] == ("", "service.main")


def test_a_plugin_that_imports_its_host_keeps_its_own_root(tmp_path: Path) -> None:
    files = {
        "host/__init__.py": "",
        "host/api.py": "def hook(): ...\n",
        "plugins/one/one/__init__.py": "from host.api import hook\n",
        "plugins/one/one/core.py": "from host.api import hook\n",
    }
    found = names(tmp_path, files)
    assert found["plugins/one/one/core.py"] == ("plugins/one", "one.core")


SILENT = {
    "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
    "app/jobs/clean.py": "import os\n",
}


@pytest.mark.parametrize(
    ("name", "text", "module"),
    [
        ("README.md", "uvicorn app.main:app --reload", "app.main"),
        ("Dockerfile", 'CMD ["uvicorn", "app.main:app", "--port", "80"]', "app.main"),
        ("Procfile", "web: gunicorn -b 0.0.0.0:80 -k uvicorn.workers.UvicornWorker app.main:app", "app.main"),
        ("run.py", 'import uvicorn\n\nuvicorn.run("app.main:app", port=80)\n', "app.main"),
        ("README.md", "cd app && uvicorn main:app", "main"),
        ("README.md", "uvicorn shop.main:app", "main"),
        ("compose.yml", "image: tiangolo/uvicorn-gunicorn-fastapi:python3.11 # app.main", "main"),
        ("README.md", "It is not served by uvicorn.\n\napp.main:app", "main"),
    ],
)
def test_a_server_tells_what_no_import_does(tmp_path: Path, name: str, text: str, module: str) -> None:
    assert modules(tmp_path, {**SILENT, name: text})["app/main.py"] == module
    beside = modules(tmp_path / "regular", {**SILENT, "app/__init__.py": "", name: text})
    assert beside["app/main.py"] == ("main" if "app && uvicorn main" in text else "app.main")


def test_imports_count_before_what_a_server_is_told(tmp_path: Path) -> None:
    files = {"app/main.py": "from shop import till\n", "app/shop.py": "till = 1\n"}
    assert modules(tmp_path, {**files, "README.md": "uvicorn app.main:app"})["app/main.py"] == "main"


def test_one_of_many_main_modules_is_not_told_by_its_name(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/main.py": "x = 1\n", "main.py": "y = 1\n"}
    found = modules(tmp_path, {**files, "README.md": "uvicorn main:app"})
    assert (found["app/main.py"], found["main.py"]) == ("app.main", "main")


def test_files_below_a_served_module_are_of_its_root(tmp_path: Path) -> None:
    found = modules(tmp_path, {**SILENT, "README.md": "uvicorn app.main:app"})
    assert found["app/jobs/clean.py"] == "app.jobs.clean"


def test_one_forgotten_relative_import_makes_no_package_of_where_the_application_runs(tmp_path: Path) -> None:
    """The new modules were imported from `shop.`, and nothing of that name is found where it runs."""
    files = {
        "crud.py": "from . import schemas\n",
        "schemas.py": "",
        "main.py": "from app.api import router\n",
        "app/api.py": "from app.db import x\n",
        "app/db.py": "x = 1\n",
    }
    assert names(tmp_path / "shop", files)["app/api.py"] == ("", "app.api")
    package = {"main.py": "from .db import x\n", "db.py": "x = 1\n", "job.py": "from db import x\n"}
    assert modules(tmp_path / "depot", package)["depot/db.py"] == "depot.db"


ROUTER = "from fastapi import APIRouter\n\nrouter = APIRouter()\n"
APPLICATION = "from fastapi import FastAPI\n\napp = FastAPI()\n"


@pytest.mark.parametrize(
    ("files", "path", "module"),
    [
        ({"api/users.py": ROUTER}, "api/users.py", "api.users"),
        ({"api/main.py": APPLICATION}, "api/main.py", "api.main"),
        ({"backend/api/v1/users.py": ROUTER}, "backend/api/v1/users.py", "api.v1.users"),
        ({"api/users.py": ROUTER, "domain/mailer.py": ""}, "domain/mailer.py", "domain.mailer"),
        ({"shop/users.py": ROUTER}, "shop/users.py", "shop.users"),
        ({"main.py": "from api.users import router\n", "api/users.py": ROUTER, "infra/db.py": ""},
         "infra/db.py", "infra.db"),
        ({"api/v1/main.py": "from .users import router\n" + APPLICATION, "api/v1/users.py": ROUTER},
         "api/v1/users.py", "api.v1.users"),
        ({"shop/v1/main.py": "from .users import router\nfrom domain.mail import x\n",
          "shop/v1/users.py": ROUTER, "domain/mail.py": "x = 1\n"}, "shop/v1/main.py", "shop.v1.main"),
        # what starts by itself is its own program
        ({"api/app/__init__.py": "", "api/app/main.py": "from .users import router\n" + APPLICATION,
          "api/app/users.py": ROUTER}, "api/app/main.py", "app.main"),
        ({"api/main.py": APPLICATION + "if __name__ == '__main__':\n    run(app)\n"}, "api/main.py", "main"),
        ({"api/main.py": APPLICATION, "README.md": "cd api && uvicorn main:app"}, "api/main.py", "main"),
        ({"shop/main.py": APPLICATION}, "shop/main.py", "main"),
        ({"tool.py": "from more.x import y\n", "more/x.py": "y = 1\n", "shop/main.py": APPLICATION + ROUTER},
         "shop/main.py", "main"),
        ({"api/main.py": "from users import router\n" + APPLICATION, "api/users.py": ROUTER},
         "api/users.py", "users"),
        ({"scripts/clean.py": "import shutil\n"}, "scripts/clean.py", "clean"),
    ],
)  # fmt: skip
def test_folders_of_which_no_import_tells(
    tmp_path: Path, files: dict[str, str], path: str, module: str
) -> None:
    """The new `domain/tasks.py` lies beside `api/`, where the program starts, and not within."""
    assert modules(tmp_path, files)[path] == module


def test_what_tests_import_is_no_word_against_the_program(tmp_path: Path) -> None:
    """They stand on another path: all of the program would have been a library to itself."""
    tests = {
        f"app/tests/test_{n}.py": "from app.core.config import settings\nfrom app.tests.users import a\n"
        for n in range(4)
    }
    files = {
        "app/__init__.py": "",
        "app/main.py": "from core.config import settings\nfrom models.user import User\n",
        "app/core/__init__.py": "",
        "app/core/config.py": "settings = None\n",
        "app/models/__init__.py": "",
        "app/models/user.py": "from core.config import settings\n\n\nclass User: ...\n",
        "app/tests/__init__.py": "",
        "app/tests/users.py": "from models.user import User\n\na = User()\n",
        **tests,
    }
    found = modules(tmp_path, files)
    program = ("main", "core/__init__", "core/config", "models/__init__", "models/user")
    names = {"main", "core", "core.config", "models", "models.user"}
    assert {found[f"app/{path}.py"] for path in program} == names
    assert found["app/tests/users.py"] == "app.tests.users"


CALLS = (
    "import requests\n"
    + APPLICATION
    + "\n@app.get('/')\ndef show():\n    return requests.get('http://x').json()\n"
)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"shop/main.py": CALLS}, 'start it as `main`: .* http_client is .* for `shop.main` .* src = ["."]'),
        ({"a/shop/main.py": CALLS}, 'start it as `main`: .* for `shop.main` .* src = ["a"]'),
        ({"api/main.py": CALLS}, 'start it as `api.main`: .* for `main` .* src = ["api"]'),
        ({"main.py": CALLS}, ""),
        ({"shop/__init__.py": "", "shop/main.py": CALLS}, ""),
        ({"shop/main.py": CALLS, "README.md": "uvicorn shop.main:app"}, ""),
        ({"shop/main.py": CALLS, "tests/test_shop.py": "from shop.main import app\n"}, ""),
        ({"shop/main.py": CALLS, "pyproject.toml": "[tool.async-fix]\nsrc = ['.']\n"}, ""),
        ({"shop/main.py": APPLICATION}, ""),
    ],
)
def test_a_guess_from_where_the_program_starts_is_told(
    tmp_path: Path, files: dict[str, str], told: str
) -> None:
    root = tree(tmp_path, {"pyproject.toml": "", **files})
    report = pipeline.apply(pipeline.start([root], load_config(root)))
    steps = [step for step in report.next_steps if step.startswith("start it as")]
    assert len(steps) == bool(told)
    parts = iter(told.split(".*"))
    assert all(part.strip() in steps[0] for part in parts if steps)
