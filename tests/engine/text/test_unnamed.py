"""A project whose root is itself a package: what its files import of each other is relative, and an absolute
import of a neighbour would keep the application from starting."""

from __future__ import annotations

from pathlib import Path

import forked
import pytest
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import Config
from async_fix.codemods.engine.text.unnamed import Module, inside, reaches_root, relative

MAIN = """
from fastapi import FastAPI

from .routers import orders

app = FastAPI()
app.include_router(orders.router)
"""
ORDERS = """
import requests
from fastapi import APIRouter

from ..mailer import send_receipt

router = APIRouter()


@router.get("/rate")
def rate():
    return requests.get("https://rates.example.com/today").json()


@router.post("/orders/{order_id}")
def order(order_id: int, email: str):
    send_receipt(email, order_id)
    return {"id": order_id}
"""
MAILER = """
import smtplib


def send_receipt(email: str, order_id: int) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("shop@example.com", email, f"order {order_id}")
"""
REQUIREMENTS = "fastapi\nrequests\n"


def converted(folder: Path, files: dict[str, str]) -> dict[str, str]:
    for path, text in {"requirements.txt": REQUIREMENTS, **files}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.lstrip("\n"))
    report = pipeline.apply(pipeline.start([folder], Config()))
    assert report.dropped == ()
    return {f.path: (f.new or b"").decode() for f in report.files}


@pytest.mark.parametrize("name", ["", "shop/"])
def test_new_modules_are_found_from_the_files_of_a_package(tmp_path: Path, name: str) -> None:
    """With a name that the project says, and with one that only those who run it know."""
    project = tmp_path / "shop"
    (project / ".git").mkdir(parents=True)
    files = {"__init__.py": "", "main.py": MAIN, "routers/__init__.py": "", "routers/orders.py": ORDERS}
    texts = converted(
        project, {f"{name}{path}": text for path, text in {**files, "mailer.py": MAILER}.items()}
    )
    assert "http_client" in texts[f"{name}routers/orders.py"]
    for path, text in texts.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    run = forked.run("-c", "import shop.main, shop.domain.tasks", cwd=project if name else tmp_path)
    assert run.returncode == 0, run.stderr[-2000:]


@pytest.mark.parametrize(
    ("text", "module", "is_package", "reaches"),
    [
        ("from .a import b", "main", False, True),
        ("from ..a import b", "routers.orders", False, True),
        ("from .. import b", "routers", True, True),
        ("from . import b", "", True, True),
        ("from .a import b", "routers.orders", False, False),
        ("from .a import b", "routers", True, False),
        ("from a import b", "main", False, False),
        ("import a", "main", False, False),
        ("from .gone import b", "main", False, False),
        ("from ..a import b", "main", False, False),
    ],
)
def test_which_imports_go_up_to_the_root(text: str, module: str, is_package: bool, reaches: bool) -> None:
    assert reaches_root(Module(text, module, is_package), frozenset({"a", "b", "main"})) == reaches


def test_a_forgotten_file_makes_no_package_of_the_folder_where_the_application_starts(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    orders = ORDERS.replace("from ..mailer", "from ...mailer")
    main = MAIN.replace("from .routers", "from shop.routers")
    files = {
        "main.py": main,
        "shop/routers/v1/orders.py": orders,
        "shop/routers/__init__.py": "from .v1 import orders\n",
    }
    texts = converted(
        tmp_path,
        {
            **files,
            "shop/mailer.py": MAILER,
            "report.py": "from shop import mailer\n",
            "old.py": "from . import main\nfrom .gone import x\n",
        },
    )
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    run = forked.run("-c", "import main", cwd=tmp_path)
    assert run.returncode == 0, run.stderr[-2000:]


def test_who_imports_neighbours_by_plain_names_goes_on_so() -> None:
    own = frozenset({"main", "mailer"})
    assert inside("from main import app\n", "tests.test_main", own) == "tests.test_main"
    assert inside("from os import path\n", "mailer", own) != "mailer"


def test_only_modules_of_the_project_become_relative() -> None:
    text = (
        "from mailer import send\nfrom taskiq import X\n\n\ndef f():\n    from domain.broker import broker\n"
    )
    assert relative(text, "domain.tasks", frozenset({"mailer", "domain"})) == text.replace(
        "from mailer", "from ..mailer"
    ).replace("from domain.", "from ..domain.")
