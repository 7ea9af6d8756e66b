"""The text of a URL names another driver only where the engine alone reads it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from async_fix.codemods.engine.settings.config import Config
from db_programs import DATABASE, HEADER, MODELS, convert, squeezed

POSTGRES = 'URL = "postgresql://h/x"\n' + DATABASE.replace('"sqlite:///./app.db"', "URL").replace(
    ', connect_args={"check_same_thread": False}', ""
)
USES = "\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    return db.get(User, 1).name\n"
WRITTEN = 'URL = "postgresql+psycopg://h/x"\n'
AT_THE_ENGINE = 'create_async_engine(make_url(URL).set(drivername="postgresql+psycopg"))'


def database(folder: Path, more: str, other: str) -> str:
    files = {"app/__init__.py": "", "app/db.py": POSTGRES + more, "app/models.py": MODELS}
    done = convert(
        folder,
        {
            **files,
            "app/other.py": other,
            "app/again.py": "from app.db import URL\n",
            "app/api.py": HEADER + USES,
        },
        "fastapi\nsqlalchemy>=2\npsycopg2\n",
    )
    assert done.obstacles == []
    assert "app/other.py" not in done.texts
    return done.texts["app/db.py"]


@pytest.mark.parametrize(
    ("more", "other"),
    [
        ("", ""),
        ("IS_LOCAL = URL.startswith('postgresql://localhost')\n", ""),
        ("", "URL = 'https://example.com'\nprint(URL)\n"),
        ("", "def read(URL):\n    return URL\n"),
    ],
)
def test_a_url_that_the_engine_alone_reads(tmp_path: Path, more: str, other: str) -> None:
    assert WRITTEN in database(tmp_path, more, other)


@pytest.mark.parametrize(
    ("more", "other"),
    [
        ("print(URL)\n", ""),
        ("SHOWN = URL.replace('x', 'y')\n", ""),
        ("SHOWN = f'{URL}?a=1'\n", ""),
        ("", "from app.db import URL\n\nprint(URL)\n"),
        ("", "from app.db import URL\n\nSHOWN = URL.upper()\n"),
        ("", "from app.db import URL as SHOWN\n\nprint(SHOWN)\n"),
        ("", "from app.db import *\n\nprint(URL)\n"),
        ("", "from app.again import URL\n\nprint(URL)\n"),
        ("", "from app import db\n\nprint(db.URL)\n"),
        ("", "from app import db\n\nSHOWN = db.URL.lower()\n"),
        ("", "def show():\n    from app.db import URL\n\n    print(URL)\n"),
    ],
)
def test_a_url_that_somebody_else_reads_stays_as_it_is(tmp_path: Path, more: str, other: str) -> None:
    text = database(tmp_path, more, other)
    assert 'URL = "postgresql://h/x"\n' in text
    assert AT_THE_ENGINE in text


@pytest.mark.parametrize(
    "url",
    [
        "field(default_factory=lambda: os.getenv('URL', 'sqlite:///app.db'))",
        "os.getenv('URL', 'sqlite:///app.db')",
        "field(default='sqlite:///app.db')",
    ],
)
def test_a_url_that_is_the_default_of_a_dataclass(tmp_path: Path, url: str) -> None:
    head = "import os\nfrom dataclasses import dataclass, field\n\n\n@dataclass\nclass Settings:\n"
    settings = f"{head}    url: str = {url}\n\n\nsettings = Settings()\n"
    made = DATABASE.replace('"sqlite:///./app.db"', "settings.url")
    files = {"app/__init__.py": "", "app/settings.py": settings, "app/models.py": MODELS}
    text = "from app.settings import settings\n" + made
    done = convert(tmp_path, {**files, "app/db.py": text, "app/api.py": HEADER + USES})
    assert done.obstacles == []
    assert 'make_url(settings.url).set(drivername="sqlite+aiosqlite")' in done.texts["app/db.py"]


SETTINGS = "class Settings:\n    {}\n\n\nsettings = Settings()\n"
SPELLED = {
    "a name": ("URL = 'sqlite:///app.db'\n", "URL"),
    "a name with a type": ("URL: str = 'sqlite:///app.db'\n", "URL"),
    "one of two names": (
        "import os\n\nif os.getenv('TEST'):\n    URL = 'sqlite:///test.db'\nelse:\n    URL = 'sqlite:///app.db'\n",
        "URL",
    ),
    "a URL that is made": (
        "from sqlalchemy import make_url\n\nURL = make_url('sqlite:///app.db')\n",
        "URL",
    ),
    "its parts": (
        "from sqlalchemy import URL as Url\n\nURL = Url.create('sqlite', database='app.db')\n",
        "URL",
    ),
    "its parts by name": (
        "from sqlalchemy import URL as Url\n\nURL = Url.create(drivername='sqlite', database='app.db')\n",
        "URL",
    ),
    "an attribute": (SETTINGS.format("url = 'sqlite:///app.db'"), "settings.url"),
    "the text of an attribute": (SETTINGS.format("url: str = 'sqlite:///app.db'"), "str(settings.url)"),
}


@pytest.mark.parametrize("name", SPELLED)
def test_a_url_of_another_module_has_an_async_driver(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, spelled = SPELLED[name]
    imported = spelled.removeprefix("str(").partition(".")[0]
    files = {"app/__init__.py": "", "app/settings.py": settings, "app/models.py": MODELS}
    text = f"from app.settings import {imported}\n" + DATABASE.replace('"sqlite:///./app.db"', spelled)
    done = convert(tmp_path, {**files, "app/db.py": text, "app/api.py": HEADER + USES})
    assert done.obstacles == []
    texts = {**files, **done.texts}
    for is_test in ("", "1"):
        monkeypatch.setenv("TEST", is_test)
        for module in ("app", "app.settings"):
            monkeypatch.setitem(sys.modules, module, ModuleType(module))
        exec(texts["app/settings.py"], vars(sys.modules["app.settings"]))
        found: dict[str, Any] = {}
        exec(texts["app/db.py"], found)
        assert found["engine"].driver == "aiosqlite"


OWNER = """
class Database:
    def __init__(self, url: str, *, echo: bool = False):
        self.url = url
        self.engine = create_engine({at})
        self.sessions = sessionmaker(bind=self.engine)


database = Database({given})


def get_db():
    with database.sessions() as db:
        yield db
"""


def owned(folder: Path, at: str, given: str, settings: str, test: str = "") -> str:
    head = DATABASE[: DATABASE.index("engine = ")] + "from app.settings import url_of, Settings\n"
    base = "\n\nclass Base(DeclarativeBase):\n    pass\n\n"
    files = {
        "app/__init__.py": "",
        "app/settings.py": settings,
        "app/db.py": head + base + OWNER.format(at=at, given=given),
        "app/models.py": MODELS,
        "app/api.py": HEADER.replace("SessionLocal, engine, ", "") + USES,
    }
    if test:
        files["tests/test_db.py"] = test
    done = convert(folder, files, "fastapi\nsqlalchemy>=2\n")
    assert done.obstacles == []
    return done.texts["app/db.py"]


SETTINGS = """
class Settings:
    path = "app.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"


def url_of(settings: Settings) -> str:
    if settings.path:
        return settings.url
    return "sqlite://"
"""


@pytest.mark.parametrize("at", ["url", "self.url", "url=url"])
@pytest.mark.parametrize(
    "given", ["url_of(Settings())", "Settings().url", "echo=True, url=url_of(Settings())"]
)
def test_a_url_that_an_owner_of_the_engine_is_given(tmp_path: Path, at: str, given: str) -> None:
    name = at.partition("=")[2] or at
    assert f'make_url({name}).set(drivername="sqlite+aiosqlite")' in owned(tmp_path, at, given, SETTINGS)


def test_a_url_that_tests_give_for_another_database(tmp_path: Path) -> None:
    """The driver is picked when the program runs."""
    settings = SETTINGS.replace("sqlite:///{self.path}", "postgresql://h/{self.path}").replace(
        "sqlite://", "postgresql://h/x"
    )
    test = "from app.db import Database\n\nDatabase('sqlite:///test.db')\n"
    text = owned(tmp_path, "url", "Settings().url", settings, test)
    assert "create_async_engine(_async_url(url))" in text
    assert '"sqlite": "sqlite+aiosqlite",' in text
    assert '"postgresql": "postgresql+psycopg",' in text


@pytest.mark.parametrize("given", ["input()", "Settings().path", "len"])
def test_a_url_that_nothing_writes_down_stays_unknown(tmp_path: Path, given: str) -> None:
    with pytest.raises(AssertionError, match="cannot be told from the URL"):
        owned(tmp_path, "url", given, SETTINGS)


SPOKEN = {
    "a type of the dialect": (
        "os.environ['URL']",
        "from sqlalchemy.dialects.postgresql import JSONB",
        "postgresql+psycopg",
    ),
    "a scheme that is put right": (
        "os.environ['URL'].replace('postgres://', 'postgresql://', 1)",
        "",
        "postgresql+psycopg",
    ),
    "a scheme that is looked for": (
        "os.environ['URL']",
        "IS_IT = os.environ['URL'].startswith('mysql://')",
        "mysql+aiomysql",
    ),
    "a driver beside its dialect": (
        "os.environ['URL']",
        "BY = {'postgresql': 'postgresql+asyncpg'}",
        "postgresql+asyncpg",
    ),
}


@pytest.mark.parametrize("name", SPOKEN)
def test_the_code_speaks_of_one_database(tmp_path: Path, name: str) -> None:
    url, said, driver = SPOKEN[name]
    expected = f"create_async_engine(make_url({url}).set(drivername='{driver}'))"
    assert squeezed(expected) in squeezed(spoken(tmp_path, url, said))


def test_a_url_that_is_given_a_driver_for_both_ways_stays(tmp_path: Path) -> None:
    url = "os.environ['URL'].replace('postgresql', 'postgresql+psycopg')"
    assert f"create_async_engine({url})" in spoken(tmp_path, url, "")


@pytest.mark.parametrize(
    "said",
    [
        "from sqlalchemy.dialects.postgresql import JSONB\nfrom sqlalchemy.dialects.mysql import TINYINT",
        "WORDS = ['postgresqls', 'my sqlite', 'mysql-like']",
        "from sqlalchemy.dialects import oracle",
        "IS_IT = os.environ['URL'].startswith('sqlite')",
    ],
    ids=["two", "other words", "one without a driver", "what many speak of"],
)
def test_a_database_that_the_code_does_not_tell_stays_unknown(tmp_path: Path, said: str) -> None:
    with pytest.raises(AssertionError, match="cannot be told from the URL"):
        spoken(tmp_path, "os.environ['URL']", said)


AROUND = {
    "of settings": (".env", "URL=postgresql://h/x", "postgresql+psycopg"),
    "of a container, with its driver": (
        "compose.yml",
        "image: mysql\nURL: mysql+asyncmy://h/x",
        "mysql+asyncmy",
    ),
    "of settings for SQLite": (".env.example", "URL=sqlite:///app.db", "sqlite+aiosqlite"),
}


@pytest.mark.parametrize("name", AROUND)
def test_a_database_that_only_the_files_around_name(tmp_path: Path, name: str) -> None:
    path, text, driver = AROUND[name]
    (tmp_path / path).write_text(text)
    expected = f"create_async_engine(make_url(os.environ['URL']).set(drivername='{driver}'))"
    assert squeezed(expected) in squeezed(spoken(tmp_path, "os.environ['URL']", ""))


def test_settings_for_sqlite_beside_a_server_let_the_program_choose(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text("URL=sqlite:///app.db\n# URL=postgresql://h/x\n")
    text = squeezed(spoken(tmp_path, "os.environ['URL']", ""))
    assert squeezed("{'postgresql': 'postgresql+psycopg', 'sqlite': 'sqlite+aiosqlite',}") in text


def test_a_driver_that_the_config_chooses_tells_the_database(tmp_path: Path) -> None:
    text = spoken(tmp_path, "os.environ['URL']", "", Config(database_driver="aiosqlite"))
    assert squeezed("make_url(os.environ['URL']).set(drivername='sqlite+aiosqlite')") in squeezed(text)


def test_two_servers_in_the_files_around_tell_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text("URL=mysql://h/x\n# URL=postgresql://h/x\n")
    with pytest.raises(AssertionError, match="cannot be told from the URL"):
        spoken(tmp_path, "os.environ['URL']", "")


def spoken(folder: Path, url: str, said: str, config: Config | None = None) -> str:
    line = next(line for line in DATABASE.split("\n") if line.startswith("engine = "))
    files = {
        "app/__init__.py": "",
        "app/db.py": f"import os\n{said}\n" + DATABASE.replace(line, f"engine = create_engine({url})"),
        "app/models.py": MODELS,
        "app/api.py": HEADER + USES,
    }
    done = convert(folder, files, "fastapi\nsqlalchemy>=2\n", config)
    assert done.obstacles == []
    return done.texts["app/db.py"]


MADE = """
def run(make):
    return make({given})


def made(url: str = "postgresql://h/d"):
    return create_engine(url)


engine = {engine}
"""


@pytest.mark.parametrize(
    ("engine", "given"),
    [("made()", ""), ("run(made)", "input()"), ("made(*[input()])", "")],
    ids=["default", "called by another", "spread"],
)
def test_a_url_of_tests_is_not_that_of_calls_which_do_not_write_it_down(
    tmp_path: Path, engine: str, given: str
) -> None:
    line = next(line for line in DATABASE.split("\n") if line.startswith("engine = "))
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE.replace(line, MADE.format(engine=engine, given=given)),
        "app/models.py": MODELS,
        "app/api.py": HEADER + USES,
        "tests/test_db.py": "from app.db import made\n\nmade('sqlite:///test.db')\n",
    }
    done = convert(tmp_path, files, "fastapi\nsqlalchemy>=2\npsycopg2\n")
    assert done.obstacles == []
    assert "create_async_engine(_async_url(url))" in done.texts["app/db.py"]
    assert '"postgresql": "postgresql+psycopg",' in done.texts["app/db.py"]


BUILT = {
    "built": "return PostgresDsn.build(scheme='postgresql', host='h', path='x')",
    "of several hosts": "return MultiHostUrl.build(scheme='postgresql', host='h', path='x')",
    "checked": "return PostgresDsn('postgresql://h/x')",
    "as text": "return str(PostgresDsn.build(scheme='postgresql', host='h', path='x'))",
    "of SQLAlchemy": "return URL.create('postgresql', host='h', database='x')",
    "of SQLAlchemy, by name": "return URL.create(drivername='postgresql', host='h', database='x')",
}


@pytest.mark.parametrize("given", ["settings.url", "str(settings.url)", "settings.url.unicode_string()"])
@pytest.mark.parametrize("body", BUILT.values(), ids=[*BUILT])
def test_a_url_that_the_settings_build(tmp_path: Path, body: str, given: str) -> None:
    settings = (
        "from pydantic import PostgresDsn, computed_field\nfrom pydantic_core import MultiHostUrl\n"
        "from pydantic_settings import BaseSettings\nfrom sqlalchemy.engine import URL\n\n\n"
        "class Settings(BaseSettings):\n    @computed_field\n    @property\n    def url(self):\n"
        f"        {body}\n\n\nsettings = Settings()\n"
    )
    made = DATABASE.replace('"sqlite:///./app.db", connect_args={"check_same_thread": False}', given)
    files = {"app/__init__.py": "", "app/settings.py": settings, "app/models.py": MODELS}
    text = "from app.settings import settings\n" + made
    api = HEADER + USES
    done = convert(tmp_path, {**files, "app/db.py": text, "app/api.py": api}, "fastapi\nsqlalchemy>=2\n")
    assert done.obstacles == []
    assert f'make_url({given}).set(drivername="postgresql+psycopg")' in done.texts["app/db.py"]


DEFAULT = """
def url_of():
    if url := os.getenv("DATABASE_URL"):
        return url
    return "postgresql://h/x"


"""
BOTH = '        "postgresql": "postgresql+psycopg",\n        "sqlite": "sqlite+aiosqlite",\n'


def by_default(folder: Path, test: str, arguments: str = "") -> str:
    """The database of a project whose environment may name another one than PostgreSQL."""
    made = DATABASE.replace(
        '"sqlite:///./app.db", connect_args={"check_same_thread": False}', f"url_of(){arguments}"
    )
    files = {
        "app/__init__.py": "",
        "app/db.py": "import os\n" + made.replace("engine = ", DEFAULT + "engine = ", 1),
        "app/models.py": MODELS,
        "app/api.py": HEADER + USES,
        "tests/conftest.py": test,
    }
    done = convert(folder, files, "fastapi\nsqlalchemy>=2\npsycopg2\n")
    assert done.obstacles == []
    return done.texts["app/db.py"]


@pytest.mark.parametrize(
    "test",
    [
        "import os\n\nos.environ['DATABASE_URL'] = 'sqlite:///test.db'\n",
        "import os\n\nos.environ.setdefault('DATABASE_URL', 'sqlite://')\n",
        "import os\n\nURL = 'sqlite:///test.db'\nos.environ['DATABASE_URL'] = URL\n",
        "import os\n\nos.environ.update({'DATABASE_URL': 'sqlite://'})\n",
        "def test_it(monkeypatch, tmp_path):\n    monkeypatch.setenv('DATABASE_URL', f'sqlite:///{tmp_path}/x.db')\n",
    ],
)
def test_tests_that_put_another_database_in_the_environment(tmp_path: Path, test: str) -> None:
    """The driver of the default one would be handed their URL."""
    assert BOTH in by_default(tmp_path, test)


@pytest.mark.parametrize(
    "test",
    [
        "",
        "import os\n\nos.environ['DATABASE_URL'] = 'postgresql://h/test'\n",
        "import os\n\nos.environ['KEY'] = 'x'\nOTHER = 'sqlite:///test.db'\n",
        "import os\n\nKEY = os.environ['KEY']\nprint('sqlite:///test.db')\n",
    ],
)
def test_tests_that_leave_the_environment_alone_change_no_driver(tmp_path: Path, test: str) -> None:
    assert 'make_url(url_of()).set(drivername="postgresql+psycopg")' in by_default(tmp_path, test)


def test_code_that_is_prepared_for_another_database(tmp_path: Path) -> None:
    arguments = ", connect_args={'check_same_thread': False} if url_of().startswith('sqlite') else {}"
    assert BOTH in by_default(tmp_path, "", arguments)


def test_arguments_that_one_database_alone_takes_tell_which_it_is(tmp_path: Path) -> None:
    made = "import os\n" + DATABASE.replace('"sqlite:///./app.db"', 'os.environ["URL"]')
    files = {"app/__init__.py": "", "app/db.py": made, "app/models.py": MODELS, "app/api.py": HEADER + USES}
    done = convert(tmp_path, files, "fastapi\nsqlalchemy>=2\n")
    assert done.obstacles == []
    assert 'make_url(os.environ["URL"]).set(drivername="sqlite+aiosqlite")' in done.texts["app/db.py"]


def test_two_engines_of_one_file_share_what_picks_their_driver(tmp_path: Path) -> None:
    made = "import os\n" + DATABASE.replace('"sqlite:///./app.db"', 'os.environ["URL"]')
    other = 'os.getenv("LATER", "postgresql://h/x")'
    more = f"\nlater = create_engine({other})\nLaterSession = sessionmaker(bind=later)\n"
    files = {"app/__init__.py": "", "app/db.py": made + more, "app/models.py": MODELS}
    test = "import os\n\nos.environ['URL'] = 'sqlite://'\n"
    done = convert(
        tmp_path,
        {**files, "app/api.py": HEADER + USES, "tests/conftest.py": test},
        "fastapi\nsqlalchemy>=2\npsycopg2\n",
    )
    assert done.obstacles == []
    text = done.texts["app/db.py"]
    assert text.count("def _async_url(") == 1
    assert BOTH in text
    assert 'create_async_engine(_async_url(os.environ["URL"])' in text
    assert f"create_async_engine(_async_url({other}))" in text
    assert text.index("def _async_url(") < text.index("engine = ")


@pytest.mark.parametrize("drivers", ["psycopg2-binary\nPyMySQL", "mysqlclient\nasyncpg"])
def test_one_of_several_declared_drivers_is_picked_by_what_the_environment_says(
    tmp_path: Path, drivers: str
) -> None:
    made = DATABASE.replace(
        '"sqlite:///./app.db", connect_args={"check_same_thread": False}', 'os.environ["URL"]'
    )
    files = {"app/__init__.py": "", "app/db.py": "import os\n" + made, "app/models.py": MODELS}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + USES}, f"fastapi\nsqlalchemy>=2\n{drivers}\n")
    assert done.obstacles == []
    text = done.texts["app/db.py"]
    postgresql = "asyncpg" if "asyncpg" in drivers else "psycopg"
    assert (
        f'        "mysql": "mysql+aiomysql",\n        "postgresql": "postgresql+{postgresql}",\n    }}'
        in text
    )
    assert 'create_async_engine(_async_url(os.environ["URL"]))' in text


@pytest.mark.parametrize(
    ("declared", "scheme"),
    [
        ("psycopg2_binary==2.9.9", "postgresql+psycopg"),
        ("Psycopg2.Binary", "postgresql+psycopg"),
        ("mysql_connector_python", "mysql+aiomysql"),
    ],
)
def test_the_name_of_a_driver_may_be_spelled_otherwise(tmp_path: Path, declared: str, scheme: str) -> None:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    made = DATABASE.replace(
        '"sqlite:///./app.db", connect_args={"check_same_thread": False}', 'os.environ["URL"]'
    )
    files = {"app/__init__.py": "", "app/db.py": "import os\n" + made, "app/models.py": MODELS}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + USES}, f"fastapi\nsqlalchemy>=2\n{declared}\n")
    assert done.obstacles == []
    assert f'drivername="{scheme}"' in done.texts["app/db.py"]


DRIVER_OF_ITS_OWN = """import os


class Settings:
    driver: str = "mysql+pymysql"
    name: str = "app"

    @property
    def url(self) -> str:
        return f"{self.driver}://db/{self.name}"


URL = Settings().url
print(Settings().driver)
"""


def test_a_driver_that_is_a_word_of_its_own(tmp_path: Path) -> None:
    text = DATABASE.replace('"sqlite:///./app.db"', "URL")
    files = {"app/__init__.py": "", "app/db.py": DRIVER_OF_ITS_OWN + text, "app/models.py": MODELS}
    done = convert(tmp_path, {**files, "app/api.py": HEADER + USES}, "fastapi\nsqlalchemy>=2\n")
    assert done.obstacles == []
    assert 'driver: str = "mysql+pymysql"\n' in done.texts["app/db.py"]
    assert '"mysql": "mysql+aiomysql"' in done.texts["app/db.py"]
    assert "create_async_engine(_async_url(URL)" in squeezed(done.texts["app/db.py"])
