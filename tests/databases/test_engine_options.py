"""Options of an engine that stand in a dictionary: all of them are known, or the engine stays as it is."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MODELS, Outcome, convert

USES = "\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    return db.get(User, 1).name\n"
SQLITE = 'create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})'
OPTIONS = "create_engine('postgresql://h/x', **options)"
CALLED = "create_engine('postgresql://h/x', **options())"


def converted(folder: Path, engine: str, above: str) -> Outcome:
    database = "import os\n" + DATABASE.replace(SQLITE, engine).replace("\nengine", f"\n{above}\nengine")
    files = {"app/__init__.py": "", "app/db.py": database, "app/models.py": MODELS}
    return convert(folder, {**files, "app/api.py": HEADER + USES}, "fastapi\nsqlalchemy>=2\npsycopg2\n")


@pytest.mark.parametrize(
    ("engine", "above"),
    [
        (OPTIONS, "options = {'echo': True}\noptions.update(pool_size=5)"),
        (OPTIONS, "options = {'echo': True}\nprint(options['echo'])"),
        (CALLED, "def options():\n    return {'echo': True, **({'pool_size': 5} if os.environ else {})}\n"),
        ("create_engine('postgresql://h/x', **({'echo': True} | {'pool_size': 5}))", ""),
    ],
)
def test_options_that_are_all_written_down(tmp_path: Path, engine: str, above: str) -> None:
    done = converted(tmp_path, engine, above)
    assert done.obstacles == []
    written = engine.replace("create_engine('postgresql:", "create_async_engine('postgresql+psycopg:")
    assert f"engine = {written}\n" in done.texts["app/db.py"]


@pytest.mark.parametrize(
    ("engine", "above"),
    [
        (OPTIONS, "KEY = 'poolclass'\noptions = {KEY: None}"),
        (OPTIONS, "options = {'echo': True}\noptions.setdefault('creator', print)"),
        (OPTIONS, "options = {'echo': True}\ndel options['echo']"),
        (OPTIONS, "KEY = 'connect_args'\noptions = {'echo': True}\noptions[KEY]['timeout'] = 5"),
        (OPTIONS, "options = {'connect_args': {'timeout': 1}}\noptions['connect_args']['timeout'] += 5"),
        (OPTIONS, "options = {'echo': True}\nfor options in [{}, {'creator': print}]:\n    pass"),
        (CALLED, "def options():\n    return options()\n"),
        (CALLED, "def options():\n    if os.environ:\n        return\n    return {'echo': True}\n"),
        (CALLED, "def options():\n    pass\n"),
        ("create_engine('postgresql://h/x', **(os.environ | {'echo': True}))", ""),
    ],
)
def test_an_option_that_cannot_be_told_keeps_the_engine_sync(tmp_path: Path, engine: str, above: str) -> None:
    done = converted(tmp_path, engine, above)
    place = "an engine with `**` arguments that are not written down here"
    assert [place in text for text in done.obstacles] == [True]
    assert done.texts == {}


def test_an_engine_whose_url_stands_among_its_options(tmp_path: Path) -> None:
    done = converted(tmp_path, "create_engine(**options)", "options = {'url': 'postgresql://h/x'}")
    assert any("an engine without a URL that can be read" in text for text in done.obstacles)
    assert done.texts == {}


AT_THE_ENGINE = "create_async_engine(make_url({}).set(drivername="


@pytest.mark.parametrize(
    ("url", "above"),
    [
        ("URL.create(os.environ['DIALECT'], host='h')", "from sqlalchemy.engine import URL"),
        ("URL.create('postgresql', host='h')", "from sqlalchemy.engine import URL"),
        ("['postgresql://h/x'][0]", ""),
        ("os.environ.data", ""),
        ("first()", "def first():\n    return second()\n\n\ndef second():\n    return first()\n"),
        ("settings.url()", "class Settings:\n    def url(self):\n        return 'postgresql://h/x'\n\n\nsettings = Settings()"),
    ],
)  # fmt: skip
def test_a_url_without_a_text_of_its_own_is_told_the_driver_at_the_engine(
    tmp_path: Path, url: str, above: str
) -> None:
    done = converted(tmp_path, f"create_engine({url})", above)
    assert done.obstacles == []
    assert f"engine = {AT_THE_ENGINE.format(url)}" in done.texts["app/db.py"]


@pytest.mark.parametrize(
    ("engine", "above", "becomes"),
    [
        ("create_engine('postgresql://' + os.environ['HOST'])", "", "create_async_engine('postgresql+psycopg://' + os.environ['HOST'])"),
        ("make()", "def make():\n    url = 'postgresql://h/x'\n    return create_engine(url)\n", "return " + AT_THE_ENGINE.format("url")),
        (
            "make('postgresql://h/x')",
            "class Own:\n    def make(self, url): ...\n\n\nOwn().make('sqlite://')\nprint(Own().make)\n\n\ndef make(url):\n    return create_engine(url)\n",
            "return " + AT_THE_ENGINE.format("url"),
        ),
    ],
)  # fmt: skip
def test_a_url_in_parts_or_in_a_function(tmp_path: Path, engine: str, above: str, becomes: str) -> None:
    """A method of the same name, called with another URL, says nothing about the function."""
    done = converted(tmp_path, engine, above)
    assert done.obstacles == []
    assert becomes in done.texts["app/db.py"]
