"""What scripts, containers, pipelines and settings tell of the code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from async_fix.codemods.engine.read.requests_settings import set_in
from async_fix.codemods.engine.read.surroundings import surroundings
from small_projects import migrate


def notebook(*sources: str | list[str], kind: str = "code") -> str:
    cells = [
        {"cell_type": kind, "source": source, "outputs": [{"text": "x" * 300_000}]} for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4})


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        ("clean.sh", 'python -c "from app.cache import read, clean; clean()"', "app.cache.clean"),
        ("Dockerfile", 'CMD ["uvicorn", "app.main:create_app", "--factory"]', "app.main.create_app"),
        ("deploy/crontab", "0 3 * * * rq enqueue app.cache.clean", "app.cache.clean"),
        (".github/workflows/x.yml", "run: python -m flask app.cache:clean", "app.cache.clean"),
        ("Procfile", "release: python -m app.cache clean", "app.cache"),
        ("start.ps1", 'python -c "import app.cache; app.cache.clean()"', "app.cache.clean"),
        ("lambda.tf", 'handler = "app.cache.clean"', "app.cache.clean"),
        ("a.ipynb", notebook(["import os\n", "from app.cache import (\n", " clean)"]), "app.cache.clean"),
        ("a.ipynb", notebook("1", "from app.cache import clean"), "app.cache.clean"),
    ],
)
def test_what_a_file_may_run(tmp_path: Path, name: str, text: str, path: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert surroundings(tmp_path, ()).names[path] == name


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        ("RUN pip install fastapi[all] SQLAlchemy==1.3.24", {"fastapi[all]", "SQLAlchemy==1.3.24"}),
        ("RUN pip3 install -U \\\n  fastapi \\\n  'redis>=5' && rm -rf x", {"fastapi", "redis>=5"}),
        ("RUN python -m pip install fastapi; echo done", {"fastapi"}),
        ("RUN pip install -r requirements/base.txt", set()),
        ("RUN pip install . ./dist/app.whl dist/app.whl -e $HERE", set()),
        ("RUN apt install -y libpq-dev", set()),
        ("RUN pip install fastapi  # the newest one\n# RUN pip install flask", {"fastapi"}),
        ("RUN pip install -i https://me:secret@pypi.example.com/simple fastapi", {"fastapi"}),
        ("RUN pip install git+https://me:secret@git.example.com/app.git app@https://x/y", set()),
    ],
)
def test_what_a_container_installs(tmp_path: Path, text: str, requirements: set[str]) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    (tmp_path / "ci.yml").write_text("run: pip install ruff")
    (tmp_path / "a.ipynb").write_text(notebook("!pip install pandas"))
    assert surroundings(tmp_path, ()).installed == requirements


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.async-fix.functions]\n"app.cache:clean" = "async"'),
        ("notes.md", "app.cache.clean"),
        ("node_modules/x.yml", "app.cache.clean"),
        ("data.yml", "app.cache.clean\n" + "x" * 200_000),
        ("x.yml", "clean the app"),
        ("a.ipynb", notebook("from app.cache import clean", kind="markdown")),
        ("a.ipynb", '{"cells": [{"source": ["app.cache.clean"'),
        ("a.ipynb", '{"cells": {"source": "app.cache.clean"}}'),
        ("a.ipynb", ""),
    ],
)
def test_what_runs_nothing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert not surroundings(tmp_path, ()).names


@pytest.mark.parametrize(
    ("name", "text", "database"),
    [
        (".env.example", "DATABASE_URL=postgresql+psycopg2://me:secret@h/app", "postgresql+psycopg2"),
        ("api/.env.sample", 'DATABASE_URL="sqlite:///app.db"', "sqlite"),
        ("alembic.ini", "sqlalchemy.url = mysql+pymysql://h/app", "mysql+pymysql"),
        ("docker-compose.yml", "  db:\n    image: postgres:16-alpine\n", "postgres"),
        ("compose.yaml", "  db:\n    image: docker.io/library/mysql\n", "mysql"),
        ("README.md", "Set `DATABASE_URL` to postgres://user:password@host/name", "postgres"),
    ],
)
def test_a_database_that_a_file_names(tmp_path: Path, name: str, text: str, database: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert surroundings(tmp_path, ()).databases == {database}


def test_settings_that_git_ignores_are_read_where_the_program_lies(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(".env\n")
    for folder in ("api", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ".env").write_text(f"URL={'sqlite' if folder == 'api' else 'mysql'}:///x")
    assert surroundings(tmp_path, [tmp_path, tmp_path / "api"]).databases == {"sqlite"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "It works with PostgreSQL, mysql or sqlite."),
        ("compose.yml", "image: me/postgres-backup\nimage: postgresql_exporter\n# postgres"),
        (".env", "URL=oracle://h/x\nOTHER=mypostgresql://h/x"),
        ("app.json", "postgresql://h/x"),
    ],
)
def test_what_names_no_database(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert surroundings(tmp_path, ()).databases == frozenset()


@pytest.mark.parametrize(
    ("name", "text", "of_requests"),
    [
        ("Dockerfile", "FROM python\nENV REQUESTS_CA_BUNDLE /etc/own.pem", "REQUESTS_CA_BUNDLE"),
        ("deploy/compose.yml", "environment:\n  - CURL_CA_BUNDLE=/etc/own.pem", "CURL_CA_BUNDLE"),
        ("docker-compose.yaml", "volumes:\n  - ~/.netrc:/home/app/.netrc:ro", ".netrc"),
        (".env", "export NETRC=/run/netrc", "NETRC"),
        ("start.sh", 'curl --cacert "$REQUESTS_CA_BUNDLE" https://x', ""),
        ("run.sh", "# REQUESTS_CA_BUNDLE=/etc/own.pem\necho ${CURL_CA_BUNDLE:-none}", ""),
        ("Dockerfile", "RUN --mount=type=secret,id=netrc,target=/home/app/.netrc pip install .", ""),
        (".github/workflows/x.yml", "env:\n  REQUESTS_CA_BUNDLE: /etc/own.pem", ""),
        ("README.md", "Set REQUESTS_CA_BUNDLE=/etc/own.pem where you like.", ""),
    ],
)
def test_what_is_set_for_requests(tmp_path: Path, name: str, text: str, of_requests: str) -> None:
    """httpx would not read it: a service with a certificate of its own, or a password, would refuse."""
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert surroundings(tmp_path, ()).of_requests == ({name: of_requests} if of_requests else {})


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ('os.environ["REQUESTS_CA_BUNDLE"] = certifi.where()', "REQUESTS_CA_BUNDLE"),
        ("os.environ.setdefault('CURL_CA_BUNDLE', path)", "CURL_CA_BUNDLE"),
        ('os.environ.update({"NETRC": path})', "NETRC"),
        ('session.verify = os.environ["REQUESTS_CA_BUNDLE"]', ""),
        ('if os.environ["REQUESTS_CA_BUNDLE"] == path: pass', ""),
        ('path = os.environ.get("REQUESTS_CA_BUNDLE", certifi.where())', ""),
    ],
)
def test_code_that_sets_it(code: str, name: str) -> None:
    assert set_in(code) == name


def test_calls_of_requests_stay_where_the_container_has_certificates_of_its_own() -> None:
    main = """
    import httpx
    import requests
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/a")
    def of_requests(url: str):
        return requests.get(url, timeout=3).text

    @app.get("/b")
    def of_a_session(url: str):
        with requests.Session() as session:
            return session.get(url, timeout=3).text

    @app.get("/c")
    def of_httpx(url: str):
        return httpx.get(url).text
    """
    done = migrate({"app/main.py": main, "Dockerfile": "ENV REQUESTS_CA_BUNDLE=/etc/own.pem"})
    text = done.texts["app/main.py"]
    assert "run_in_threadpool(requests.get, url, timeout=3)" in text
    assert "session.get(url, timeout=3).text" in text
    assert "await plain_http_client().get(url)" in text
    (why,) = {each.remedy_text for each in done.report.findings if "requests.get" in each.message}
    assert "because REQUESTS_CA_BUNDLE is set in Dockerfile, which httpx does not read" in why


def test_what_only_tests_set_and_what_the_code_reads_keeps_no_call() -> None:
    main = """
    import os
    import requests
    from fastapi import FastAPI

    app = FastAPI()
    print("certificates:", os.environ.get("REQUESTS_CA_BUNDLE"))

    @app.get("/a")
    def show(url: str):
        return requests.get(url, timeout=3).text
    """
    tests = 'import os\n\nos.environ["REQUESTS_CA_BUNDLE"] = "own.pem"\n'
    done = migrate({"app/__init__.py": "", "app/main.py": main, "tests/conftest.py": tests})
    assert "await http_client().get(url, timeout=3)" in done.texts["app/main.py"]
