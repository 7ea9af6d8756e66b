"""Dependencies are written where FastAPI is declared, and every other line of the file stays as it is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from async_fix.codemods.engine.plan.dependencies import write_down
from async_fix.codemods.engine.read.declared import read_declared
from async_fix.codemods.model import Dependency
from small_projects import APP, migrate, source

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HTTP = Dependency("httpx2", ">=2,<3", "the shared HTTP client")
DRIVER = Dependency("psycopg[binary]", ">=3.1", "the async PostgreSQL driver")


def written(root: Path, *dependencies: Dependency, **files: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The new texts by path, and what is left to do; in the names of `files` `__` is a dot, `_` a dash."""
    for name, text in files.items():
        path = root / name.replace("__", ".").replace("_", "-")
        path.write_bytes(text.encode())
    found = write_down(root, (root,), dependencies or (HTTP,))
    return {file.path: (file.new or b"").decode() for file in found.files}, found.steps


ARRAYS = {
    "one line": ('["fastapi", "requests>=2"]', '["fastapi", "httpx2>=2,<3", "requests>=2"]'),
    "one line, not in order": ('["uvicorn", "fastapi"]', '["uvicorn", "fastapi", "httpx2>=2,<3"]'),
    "one line, one item": ('["fastapi"]', '["fastapi", "httpx2>=2,<3"]'),
    "one line, it would be the first": (
        '["uvicorn", "starlette"]',
        '["uvicorn", "starlette", "httpx2>=2,<3"]',
    ),
    "single quotes": ("['fastapi', 'uvicorn']", "['fastapi', 'httpx2>=2,<3', 'uvicorn']"),
    "lines in order": (
        '[\n    "fastapi>=0.1",  # web\n    # http\n    "requests",\n]',
        '[\n    "fastapi>=0.1",  # web\n    # http\n    "httpx2>=2,<3",\n    "requests",\n]',
    ),
    "it is the first line": (
        '[\n  # web\n  "pydantic",\n  "starlette",\n]',
        '[\n  # web\n  "httpx2>=2,<3",\n  "pydantic",\n  "starlette",\n]',
    ),
    "lines in no order": (
        '[\n  "uvicorn",\n  "fastapi"\n]',
        '[\n  "uvicorn",\n  "fastapi",\n  "httpx2>=2,<3"\n]',
    ),
    "a comment behind the last": (
        '[\n  "uvicorn",\n  "fastapi"\n  # the end\n]',
        '[\n  "uvicorn",\n  "httpx2>=2,<3",\n  "fastapi"\n  # the end\n]',
    ),
    "aligned": (
        '["fastapi",\n                "anyio"]',
        '["fastapi",\n                "anyio",\n                "httpx2>=2,<3"]',
    ),
}


@pytest.mark.parametrize("form", ARRAYS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('# mine\n[project]\nname = "x"  # so\ndependencies = ', "\n\n[tool.x]\na = [ 1,2 ]\n"),
        ("[project.optional-dependencies]\napi = ", "\n"),
        ("[dependency-groups]\napi = ", '\ntest = ["pytest"]\n'),
        ("project.dependencies = ", ""),
    ],
)
def test_arrays_keep_their_form(form: str, end: str, before: str, after: str, tmp_path: Path) -> None:
    old, new = (f"{before}{array}{after}".replace("\n", end) for array in ARRAYS[form])
    texts, steps = written(tmp_path, pyproject__toml=old)
    assert texts == {"pyproject.toml": new}
    assert len(steps) == 1
    assert "pip install ." in steps[0]
    assert written(tmp_path, pyproject__toml=new) == ({}, ())


def test_an_empty_list_of_the_project_takes_it(tmp_path: Path) -> None:
    texts, _ = written(tmp_path, pyproject__toml="[project]\ndependencies = []  # none yet\n")
    assert texts == {"pyproject.toml": '[project]\ndependencies = ["httpx2>=2,<3"]  # none yet\n'}


POETRY = """\
[tool.poetry]
name = "x"

[tool.poetry.dependencies]
python = "^3.10"
aiofiles = "*"
fastapi = "^0.110"  # web
uvicorn = {extras = ["standard"], version = "^0.29"}

# for tests
[tool.poetry.group.dev.dependencies]
pytest = "*"
"""


def test_a_table_of_poetry_gets_a_line_in_its_order(tmp_path: Path) -> None:
    texts, steps = written(tmp_path, HTTP, DRIVER, pyproject__toml=POETRY, poetry__lock="")
    new = POETRY.replace(
        "# web\n", '# web\nhttpx2 = ">=2,<3"\npsycopg = {extras = ["binary"], version = ">=3.1"}\n'
    )
    assert texts == {"pyproject.toml": new}
    assert steps == ("install what was added to pyproject.toml: poetry lock && poetry install",)


def test_a_table_of_poetry_that_ends_the_file_without_a_line_end(tmp_path: Path) -> None:
    old = '[tool.poetry.dependencies]\nuvicorn = "*"\nfastapi = "*"'
    texts, _ = written(tmp_path, pyproject__toml=old)
    assert texts == {"pyproject.toml": old + '\nhttpx2 = ">=2,<3"'}


def test_an_inline_table_is_left_to_a_person(tmp_path: Path) -> None:
    texts, steps = written(tmp_path, pyproject__toml='[tool.poetry]\ndependencies = {fastapi = "*"}\n')
    assert texts == {}
    where = "[tool.poetry.dependencies]"
    assert steps == (f"add httpx2>=2,<3 to pyproject.toml by hand: {where} has a form that cannot be kept",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("fastapi==0.1\nuvicorn\n", "fastapi==0.1\nhttpx2>=2,<3\nuvicorn\n"),
        ("fastapi==0.1\r\nuvicorn\r\n", "fastapi==0.1\r\nhttpx2>=2,<3\r\nuvicorn\r\n"),
        ("uvicorn\nfastapi", "uvicorn\nfastapi\nhttpx2>=2,<3"),
        ("# all\n-r base.txt\nFastAPI\n\n# end\n", "# all\n-r base.txt\nFastAPI\nhttpx2>=2,<3\n\n# end\n"),
        (
            "uvicorn[standard] ~= 0.2  # web\nfastapi\n",
            "uvicorn[standard] ~= 0.2  # web\nfastapi\nhttpx2>=2,<3\n",
        ),
    ],
)
def test_requirements_keep_their_form(old: str, new: str, tmp_path: Path) -> None:
    # the lock is another file's
    texts, steps = written(tmp_path, requirements__txt=old, uv__lock="")
    assert texts == {"requirements.txt": new}
    assert steps == (
        "install what was added to requirements.txt, for example with pip install -r requirements.txt",
    )


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    texts, _ = written(tmp_path, requirements__txt="\ufefffastapi\n")
    assert texts == {"requirements.txt": "\ufefffastapi\nhttpx2>=2,<3\n"}


def test_requirements_that_powershell_wrote_stay_utf_16(tmp_path: Path) -> None:
    """`pip freeze > requirements.txt`: pip reads it, and so does the choice of the driver."""
    path = tmp_path / "requirements.txt"
    path.write_bytes("fastapi==0.115.0\r\npsycopg2-binary==2.9.9\r\n".encode("utf-16"))
    assert read_declared((tmp_path,)).runtime == {"fastapi", "psycopg2-binary"}
    found = write_down(tmp_path, (tmp_path,), (HTTP,))
    new = found.files[0].new or b""
    assert new.decode("utf-16") == "fastapi==0.115.0\r\nhttpx2>=2,<3\r\npsycopg2-binary==2.9.9\r\n"


@pytest.mark.parametrize("file", ["", "# nothing yet\n"])
def test_what_containers_install_counts_where_no_file_says_anything(tmp_path: Path, file: str) -> None:
    (tmp_path / "requirements.txt").write_text(file)
    found = read_declared((tmp_path,), lambda: ("SQLAlchemy==1.3.24", "psycopg2"))
    assert found.runtime == {"sqlalchemy", "psycopg2"}
    assert "SQLAlchemy==1.3.24" in found.text
    (tmp_path / "requirements.txt").write_text("fastapi\n")
    assert read_declared((tmp_path,), lambda: ("SQLAlchemy==1.3.24",)).runtime == {"fastapi"}


def test_every_file_that_declares_fastapi_gets_it_and_no_other(tmp_path: Path) -> None:
    texts, _ = written(
        tmp_path,
        pyproject__toml='[project]\ndependencies = ["fastapi"]\n[dependency-groups]\ndev = ["fastapi"]\n',
        requirements__txt="fastapi\n",
        requirements_dev__txt="fastapi\npytest\n",
        requirements_worker__txt="celery\n",
    )
    assert set(texts) == {"pyproject.toml", "requirements.txt"}
    assert tomllib.loads(texts["pyproject.toml"])["dependency-groups"] == {"dev": ["fastapi"]}


def test_what_stands_there_already_is_not_written_twice(tmp_path: Path) -> None:
    texts, _ = written(
        tmp_path,
        pyproject__toml='[project]\ndependencies = ["fastapi", "HTTPX2"]\n',
        requirements__txt="fastapi\n",
    )
    assert set(texts) == {"requirements.txt"}


def test_where_none_declares_fastapi_one_file_gets_it(tmp_path: Path) -> None:
    project = '[project]\ndependencies = ["celery"]\n'
    texts, _ = written(tmp_path, pyproject__toml=project, requirements__txt="celery\n")
    assert set(texts) == {"pyproject.toml"}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"requirements__in": "fastapi\n"}, "fastapi==0.1\n"),
        (
            {"pyproject__toml": '[project]\ndependencies = ["fastapi"]\n'},
            "# This file is autogenerated by pip-compile\nfastapi==0.1\n    # via me\n",
        ),
    ],
)
def test_a_generated_file_is_left_to_the_tool_that_wrote_it(
    source: dict[str, str], text: str, tmp_path: Path
) -> None:
    texts, steps = written(tmp_path, **source, requirements__txt=text)
    assert [path.replace(".", "__") for path in texts] == list(source)
    assert steps[-1] == "requirements.txt is generated: bring it up to date with the tool that wrote it"


def test_hashes_are_left_to_the_tool_that_wrote_them(tmp_path: Path) -> None:
    texts, steps = written(tmp_path, requirements__txt="fastapi==0.1 \\\n    --hash=sha256:aa\n")
    assert texts == {}
    assert "it pins hashes" in steps[0]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"setup__py": "from setuptools import setup\nsetup(install_requires=['fastapi'])\n"},
        {"pyproject__toml": "[tool.black]\nline-length = 88\n"},
        {"pyproject__toml": "[project\n"},
        {"requirements_dev__txt": "fastapi\n"},
    ],
)
def test_without_a_file_to_write_to_there_is_a_clear_line(files: dict[str, str], tmp_path: Path) -> None:
    texts, steps = written(tmp_path, HTTP, DRIVER, **files)
    assert texts == {}
    assert steps == (
        "add httpx2>=2,<3, psycopg[binary]>=3.1 where your project declares what it needs: "
        "no file was found to write to",
    )


def test_a_file_of_one_requirement_by_name_counts(tmp_path: Path) -> None:
    """`requirement.txt`: pip takes any name."""
    texts, _ = written(tmp_path, requirement__txt="fastapi\npsycopg2-binary\n")
    assert texts == {"requirement.txt": "fastapi\nhttpx2>=2,<3\npsycopg2-binary\n"}
    assert "psycopg2-binary" in read_declared((tmp_path,)).anywhere


HTTP_ROUTE = """
import requests

@app.get("/pay")
def pay():
    return requests.get("http://pay").json()
"""
MAIL_ROUTE = """
import smtplib

@app.post("/join")
def join(to: str):
    with smtplib.SMTP("mail") as server:
        server.sendmail("us@example.com", [to], "Welcome!")
    return {}
"""
PLAIN_ROUTE = '@app.get("/")\ndef show():\n    return 1\n'
CLIENT = "(the shared HTTP client"
FOR_TESTS = "; it is only declared for tests and development"
TASKIQ, REDIS = "taskiq>=0.13,<0.14 (runs", "taskiq-redis>=1.2.4,<2 (only"
TO_ADD = {
    # hazard: (route, what is declared, what must be added)
    "a twin that nobody has": (HTTP_ROUTE, "dependencies = ['fastapi']", [f"httpx2>=2,<3 {CLIENT})"]),
    "a twin that is there": (HTTP_ROUTE, "dependencies = ['fastapi', 'httpx']", []),
    "a twin for tests alone": (
        HTTP_ROUTE,
        "dependencies = ['fastapi']\n[dependency-groups]\ntest = ['httpx']",
        [f"httpx {CLIENT}{FOR_TESTS})"],
    ),
    "a broker": (MAIL_ROUTE, "dependencies = ['fastapi']", [TASKIQ, REDIS]),
    "half a broker": (MAIL_ROUTE, "dependencies = ['fastapi', 'taskiq']", [REDIS]),
    "nothing": (PLAIN_ROUTE, "dependencies = ['fastapi']", []),
}


def project(route: str, declared: str) -> dict[str, str]:
    texts = {"app/__init__.py": "", "app/main.py": source(APP) + source(route)}
    return {**texts, "pyproject.toml": f"[project]\nname = 'x'\nversion = '1'\n{declared}\n"}


def to_add(steps: Sequence[str]) -> list[str]:
    asked = "add the dependency "
    return [step.removeprefix(asked) for step in steps if step.startswith(asked)]


@pytest.mark.parametrize("hazard", TO_ADD)
def test_what_must_be_installed_is_told(hazard: str) -> None:
    route, declared, expected = TO_ADD[hazard]
    found = to_add(migrate(project(route, declared)).report.next_steps)
    assert len(found) == len(expected)
    assert all(step.startswith(start) for step, start in zip(found, expected, strict=True))


@pytest.mark.parametrize("route", [HTTP_ROUTE, MAIL_ROUTE])
def test_what_an_earlier_run_needs_is_told_again(route: str) -> None:
    done = migrate(project(route, "dependencies = ['fastapi']"))
    again = migrate(done.texts)
    assert again.is_unchanged
    assert to_add(again.report.next_steps) == to_add(done.report.next_steps)


def test_a_broker_of_the_users_is_their_business() -> None:
    theirs = "from taskiq_redis import RedisStreamBroker\n\nbroker = RedisStreamBroker('redis://x')\n"
    done = migrate({**project(MAIL_ROUTE, "dependencies = ['fastapi']"), "app/tkq.py": theirs})
    assert "send_join_email_task.kiq(to)" in done.texts["app/main.py"]
    assert not to_add(done.report.next_steps)
