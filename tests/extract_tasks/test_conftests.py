"""The one line that a suite needs stands above the first import of the application."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import load_config
from async_fix.codemods.extract_tasks.generated.conftests import conftest_files
from async_fix.codemods.model import AppendCode, InsertStatements
from projects import HEAD, PACKAGES, ROUTES, TASKS, migrate

CONFTEST = """\
import os

from shop.db import engine


def url():
    return os.environ["URL"]
"""
TOPS = frozenset({"shop", "tests"})


def placed(conftest: str, *others: str) -> tuple[int, bool]:
    """The line of the statement that the new one stands beside, and whether it stands below it."""
    tests = ["tests/conftest.py", *(path for path in others if "test" in path)]
    texts = {"tests/conftest.py": conftest, "shop/db.py": "", **dict.fromkeys(others, "")}
    _, edits = conftest_files(tests, texts, TOPS)
    (edit,) = edits["tests/conftest.py"]
    assert isinstance(edit, InsertStatements)
    return edit.anchor.line, edit.after


def test_a_test_beside_the_code_makes_the_application_no_test_package() -> None:
    assert placed(CONFTEST, "shop/providers/test_flux.py") == (1, True)


def test_an_environment_that_a_function_reads_later_is_no_set_up() -> None:
    assert placed(CONFTEST.replace("from shop.db import engine\n", "")) == (1, True)


def test_helpers_of_the_tests_are_not_the_application() -> None:
    text = "import os\nfrom tests.helpers import x\nfrom shop.db import engine\n"
    assert placed(text, "tests/helpers.py") == (2, True)


def test_a_conftest_without_a_statement_gets_its_first() -> None:
    texts = {"tests/conftest.py": "# for pytest\n", "shop/db.py": ""}
    _, edits = conftest_files(["tests/conftest.py"], texts, TOPS)
    (edit,) = edits["tests/conftest.py"]
    assert isinstance(edit, AppendCode)
    assert '.environ.setdefault("TASKIQ_IN_PLACE", "1")' in edit.code.text


def test_an_import_of_what_reads_the_environment_is_no_set_up() -> None:
    text = "import os\nfrom dotenv import load_dotenv\nimport pytest\n\n# the tables\nimport shop.db\n"
    assert placed(text) == (3, True)
    assert placed(text.replace("import pytest", "load_dotenv()\nimport pytest")) == (3, True)


SENDS = """\
from app.mail import send_welcome


@router.post("/h")
def h(to: str):
    send_welcome(to, "one")
    return {}
"""
SET = '# tasks are done before kiq() returns\nos.environ.setdefault("TASKIQ_IN_PLACE", "1")\n'


@pytest.mark.parametrize("reaches", [True, False])
def test_a_test_of_something_else_beside_its_code_gets_no_conftest(tmp_path: Path, reaches: bool) -> None:
    """And where the first import is that of the application, the line stands above it all the same."""
    beside = "import app.api.routes\n" if reaches else "from app.flux import code\n"
    doc = '"""Of all tests."""\n\n' if reaches else ""
    files = {
        **PACKAGES,
        ROUTES: HEAD + SENDS,
        "app/flux/code.py": "",
        "app/flux/test_code.py": f"{beside}\n\ndef test_code() -> None: ...\n",
        "tests/conftest.py": f"{doc}from app.main import app\n",
    }
    done = migrate(tmp_path, files)
    blank = "\n" if reaches else ""
    assert done.after["tests/conftest.py"] == f"{doc}import os\n\n{SET}{blank}from app.main import app\n"
    assert ("app/flux/conftest.py" in done.after) is reaches


@pytest.mark.parametrize("gap", ["", "\n", "\n# of the shop\n"])
def test_the_line_stands_apart_from_the_imports(tmp_path: Path, gap: str) -> None:
    conftest = f"import os\nimport pytest\n{gap}from app.main import app\n"
    done = migrate(tmp_path, {**PACKAGES, ROUTES: HEAD + SENDS, "tests/conftest.py": conftest})
    below = gap or "\n"
    assert (
        done.after["tests/conftest.py"]
        == f"import os\nimport pytest\n\n{SET}{below}from app.main import app\n"
    )


def test_a_test_that_cannot_be_read_ends_no_run(tmp_path: Path) -> None:
    route = "from app.mail import send_welcome\n\n\n@router.post('/h')\ndef h(to: str):\n"
    files = {**PACKAGES, ROUTES: f"{HEAD}{route}    send_welcome(to, 'Ann')\n    return {{}}\n"}
    broken = "from app.main import app\n\n\ndef test_h():\n    app\n        print('indented')\n"
    for path, text in {**files, "tests/test_h.py": broken}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    report = pipeline.apply(pipeline.start([tmp_path / "app/api"], load_config(tmp_path)))
    assert TASKS in {file.path for file in report.files}
