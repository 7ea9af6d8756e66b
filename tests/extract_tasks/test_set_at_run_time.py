"""What a request sets in the memory of the application a worker has as the modules leave it: a mail that
reads it would be written in another language, or to another person, and nobody would see an error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from projects import Migrated, handler, source

STORE = source(
    """
    import os
    import smtplib
    from contextvars import ContextVar

    from fastapi import FastAPI

    language = "en"
    current: ContextVar[str] = ContextVar("current", default="en")
    LANGUAGES = {"now": "en"}


    def speak(word: str) -> None:
        global language
        language = word


    def spoken() -> str:
        return language


    def looked_up() -> str:
        return LANGUAGES["now"]


    server = FastAPI()
    server.state.now = "en"


    def start(app: FastAPI, word: str) -> None:
        app.state.now = word


    def told() -> str:
        return server.state.now


    def fill(table: dict[str, str], word: str) -> None:
        table["now"] = word


    def rename(them: object, word: str) -> None:
        them.now = word


    def empty(table: dict[str, str]) -> None:
        table.clear()


    class Words:
        now = "en"

        @classmethod
        def speak(cls, word: str) -> None:
            cls.now = word

        @classmethod
        def spoken(cls) -> str:
            return cls.now


    class Base:
        def __init__(self) -> None:
            self.now = "en"
            self.table = {"now": "en"}

        def spoken(self) -> str:
            return self.now

        def looked_up(self) -> str:
            return self.table["now"]


    class Settings(Base):
        def speak(self, word: str) -> None:
            self.now = word


    settings = Settings()
    """
)
IMPORTS = """
import operator
import os
import smtplib

from fastapi import Request

from app import store
from app.store import LANGUAGES, Settings, Words, current, empty, fill, rename
from app.store import server, settings, speak, spoken
"""
HELPER = """

def send_{number}(to: str) -> None:
    text = {read}
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@x", to, text)
"""
SENDS = """

@router.post("/helpers/{number}")
def by_helper_{number}(to: str):
    helper.send_{number}(to)
    return {{}}


@router.post("/blocks/{number}")
def by_block_{number}(to: str):
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@x", to, {read})
    return {{}}
"""
WRITES = """

@router.put("/words/{{word}}")
def set_word(word: str, request: Request):
    {write}
    return {{}}
"""
SET = {
    "a name": (
        ["store.language = word", "speak(word)", 'setattr(store, "language", word)'],
        ["store.language", "spoken()", "store.spoken()"],
    ),
    "a context variable": (
        ["current.set(word)", "store.current.set(word)"],
        ["current.get()", "store.current.get()"],
    ),
    "a table": (
        [
            'LANGUAGES["now"] = word',
            "store.LANGUAGES.update(now=word)",
            'table = LANGUAGES\n    table["now"] = word',
            'table = store.LANGUAGES\n    table["now"] = word',
            "fill(LANGUAGES, word)",
            "store.fill(store.LANGUAGES, word)",
            "LANGUAGES.pop(word)",
            "table = store.LANGUAGES\n    table.popitem()",
            "del LANGUAGES[word]",
            "dict.update(LANGUAGES, now=word)",
            'operator.setitem(store.LANGUAGES, "now", word)',
            "empty(LANGUAGES)",
        ],
        ['LANGUAGES["now"]', 'store.LANGUAGES["now"]', "store.looked_up()"],
    ),
    "an attribute of a class": (
        ["Words.now = word", "store.Words.now = word", "Words.speak(word)"],
        ["Words.now", "store.Words.now", "Words.spoken()", "store.Words.spoken()"],
    ),
    "an attribute of an object": (
        [
            "settings.now = word",
            "store.settings.now = word",
            "settings.speak(word)",
            "store.settings.speak(word)",
            'setattr(settings, "now", word)',
            "rename(settings, word)",
            'for name in ("now",):\n        setattr(store.settings, name, word)',
        ],
        ["settings.now", "store.settings.now", "settings.spoken()", "store.settings.spoken()"],
    ),
    "a table of an object": (
        [
            'settings.table["now"] = word',
            'store.settings.table["now"] = word',
            "fill(settings.table, word)",
            "settings.table.clear()",
            "del store.settings.table[word]",
        ],
        ['settings.table["now"]', 'store.settings.table["now"]', "settings.looked_up()"],
    ),
    "the state of the application": (
        [
            "store.server.state.now = word",
            'setattr(store.server.state, "now", word)',
            "request.app.state.now = word",
            "store.start(server, word)",
        ],
        ["store.server.state.now", "server.state.now", "store.told()"],
    ),
    "the environment": (
        [
            'os.environ["WORD"] = word',
            "os.environ.update(WORD=word)",
            'os.environ.setdefault("WORD", word)',
            'os.putenv("WORD", word)',
        ],
        ['os.environ["WORD"]', 'os.environ.get("WORD", "en")', 'os.getenv("WORD")'],
    ),
}


TESTS = """
from app.store import Words, server, settings, speak, start


def test_it():
    speak("de")
    start(server, "de")
    Words.speak("de")
    settings.speak("de")
"""
"""What only tests call sets nothing while the application runs."""


def written(folder: Path, write: str, reads: list[str], store: str = STORE, test: str = TESTS) -> Migrated:
    helpers = "".join(HELPER.format(number=n, read=read) for n, read in enumerate(reads))
    routes = "".join(SENDS.format(number=n, read=read) for n, read in enumerate(reads))
    routes = f"{IMPORTS}from app import helper\n{routes}{WRITES.format(write=write)}"
    return handler(folder, routes, store=store, helper=IMPORTS + helpers, test_it=test)


def moved(done: Migrated) -> list[int]:
    """The helpers that tasks call."""
    return sorted(
        int(number) for number in re.findall(r"^ +(?:helper\.)?send_(\d+)\(to\)$", done.tasks, re.M)
    )


@pytest.mark.parametrize(
    ("write", "reads"), [(write, reads) for writes, reads in SET.values() for write in writes]
)
def test_what_a_request_sets_is_read_by_the_application(tmp_path: Path, write: str, reads: list[str]) -> None:
    """An argument of the task may hold it: that is read before it is queued."""
    done = written(tmp_path, write, reads)
    assert moved(done) == []
    assert not [read for read in reads if read in done.tasks]
    told = re.findall(
        r"send_(\d+)\(\) needs .*, which the application (?:sets|changes)", "\n".join(done.stays)
    )
    assert told == [str(number) for number in range(len(reads))]


def test_what_no_request_sets_a_worker_has(tmp_path: Path) -> None:
    """And what it would not change it may do; context variables are there to be set."""
    reads = [read for what, (_, reads) in SET.items() if what != "a context variable" for read in reads]
    done = written(tmp_path / "read", "print(word)", reads)
    assert moved(done) == [*range(len(reads))]
    assert not [each for each in done.stays if "Words.spoken() as well" not in each]
    done = handler(tmp_path / "written", IMPORTS + CHANGES.format(helper="print(word)", block="print(word)"))
    assert done.stays == ()
    assert done.tasks.count("@broker.task") == 2


OF_OTHERS = source(
    """
    from pydantic import BaseModel, model_validator


    class Checked(BaseModel):
        now: str = ""

        @model_validator(mode="after")
        def fill(self) -> "Checked":
            self.now = self.now or "en"
            self._fill_more()
            return self

        def _fill_more(self) -> None:
            self.now = self.now.lower()


    checked = Checked()


    class Draft:
        def __init__(self) -> None:
            self.now = "en"
            self.table = {"now": "en"}

        def speak(self, word: str) -> None:
            self.now = word


    class Late:
        client: str | None = None

        def get(self) -> str:
            if self.client is None:
                self.client = "en"
            return self.client


    late = Late()


    class Kind:
        now = "en"


    kind = Kind()
    language_of = "en"
    spoken_here = "en"
    tables: dict[str, str] = {}


    def _fill() -> None:
        global language_of
        language_of = "de"
        _fill_table()


    def _fill_table() -> None:
        tables["now"] = "de"


    _fill()


    def for_tests(word: str) -> None:
        global spoken_here
        spoken_here = word
    """
)
READS = {
    "of an object that the request made": 'store.settings.table["now"]',
    "in a table of its own": 'store.LANGUAGES["now"]',
    "another variable of the environment": 'os.environ["WORD"]',
    "made where it is first asked for": "store.late.get()",
    "set by the module itself": "store.language_of",
    "filled by the module itself": 'store.tables["now"]',
    "set while its object is made": "store.checked.now",
    "set by tests": "store.spoken_here",
    "of the class, where an object has its own": "store.Kind.now",
}
WRITE = """draft = store.Draft()
    draft.now = word
    draft.table["now"] = word
    draft.speak(word)
    store.kind.now = word
    LANGUAGES = {"now": "en"}
    LANGUAGES["now"] = word
    fill(LANGUAGES, word)
    fill(dict(LANGUAGES), word)
    os.environ["OTHER"] = word
    language_of = word"""


def test_what_another_module_sets_when_it_is_loaded_a_worker_has_not(tmp_path: Path) -> None:
    store = 'language = "en"\n\n\nclass Words:\n    now = "en"\n'
    main = 'from app import store\n\nstore.language = "de"\nstore.Words.now = "de"\n'
    head = "import smtplib\nfrom app import store\n"
    routes = f"{head}from app import helper\n{SENDS.format(number=0, read='store.language')}"
    helper = head + HELPER.format(number=0, read="store.Words.now")
    done = handler(tmp_path, routes, store=store, helper=helper, main=main)
    assert done.tasks == ""
    assert "store.language, which app.main sets when it is loaded" in " ".join(done.stays)
    assert "store.Words.now, which app.main sets when it is loaded" in " ".join(done.stays)


def test_what_others_set_elsewhere_a_worker_has(tmp_path: Path) -> None:
    store = f"{STORE}\n\n{OF_OTHERS}"
    test = 'from app.store import for_tests\n\n\ndef test_it():\n    for_tests("de")\n'
    done = written(tmp_path, WRITE, [*READS.values()], store, test)
    assert moved(done) == [*range(len(READS))]


FOUND = """
from app.store import Settings, settings


class Draft:
    def __init__(self, now: str) -> None:
        self.now = now


def rename(draft: Draft, word: str) -> None:
    draft.now = word


def drafts(word: str) -> list[Draft]:
    draft = Draft(word)
    rename(draft, word)
    return [draft]
"""
READ_THERE = """
import smtplib

from app.found import Draft, Settings, drafts, settings


def mail(to: str, text: str) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@x", to, text)


def tell_of_made(to: str) -> None:
    own = Settings()
    mail(to, own.now)


def tell_of_found(to: str) -> None:
    for draft in drafts(to):
        mail(to, draft.now)


def tell_of_all(to: str) -> None:
    own = settings
    mail(to, own.now)


@router.put("/words/{word}")
def set_word(word: str):
    settings.now = word
    return {}


@router.post("/all")
def h(to: str):
    tell_of_made(to)
    tell_of_found(to)
    tell_of_all(to)
    return {}
"""


def test_an_object_that_it_makes_or_finds_is_not_the_one_of_all(tmp_path: Path) -> None:
    done = handler(tmp_path, READ_THERE, store=STORE, found=FOUND, test_it=TESTS)
    assert " tell_of_made(to)" in done.tasks
    assert " tell_of_found(to)" in done.tasks
    assert "await send_email_task.kiq(to, own.now)" in done.body("tell_of_all")


CHANGES = """

def send_0(to: str, word: str) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@x", to, word)
    {helper}


@router.post("/helpers")
def by_helper(to: str, word: str):
    send_0(to, word)
    return {{}}


@router.post("/blocks")
def by_block(to: str, word: str):
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@x", to, word)
        {block}
    return {{}}
"""


_TOLD_OF_BLOCK = re.compile(
    r"the block changes (store|LANGUAGES|Words|settings)$|[\w.]+\(\) changes an object of this process"
    r"|the block needs .*, which the application changes|(speak|rename|start)\(\) as well"
    r"|current works between the requests"
)


@pytest.mark.parametrize(
    "write",
    [
        each
        for what, (writes, _) in SET.items()
        for each in writes
        if what != "the environment" and "request" not in each
    ],
)
def test_a_worker_would_change_its_own(tmp_path: Path, write: str) -> None:
    """Variables of the environment are mostly set for the library that is called next."""
    text = CHANGES.format(helper=write, block=write.replace("\n", "\n    "))
    done = handler(tmp_path, IMPORTS + text, store=STORE)
    assert done.tasks == ""
    in_helper, in_block = done.stays
    is_context = "current" in write
    assert ("send_0() needs " if is_context else "send_0() changes ") in in_helper
    assert _TOLD_OF_BLOCK.search(in_block), in_block


OWN_CHANGES = """
def fresh(to: str) -> None:
    draft = Settings()
    draft.speak(to)
    draft.table["now"] = to
    fill(draft.table, to)
    setattr(draft, "now", to)
    {sends}


def of_its_own(to: str) -> None:
    LANGUAGES = {{}}
    LANGUAGES["now"] = to
    table = LANGUAGES
    fill(table, to)
    language = to
    {sends}


def made_once(to: str) -> None:
    global client
    if client is None:
        client = object()
    {sends}


client = None


@router.post("/all")
def h(to: str):
    fresh(to)
    of_its_own(to)
    made_once(to)
    return {{}}
"""


def test_what_it_changes_of_its_own_goes_along(tmp_path: Path) -> None:
    sends = 'smtplib.SMTP("localhost").sendmail("a@x", to, "x")'
    done = handler(tmp_path, IMPORTS + OWN_CHANGES.format(sends=sends), store=STORE)
    assert not done.stays
    assert [name for name in ("fresh", "of_its_own", "made_once") if f" {name}(to)" in done.tasks] == [
        "fresh",
        "of_its_own",
        "made_once",
    ]
