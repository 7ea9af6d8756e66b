"""What a service keeps from its constructor: a task makes it anew where all services get one of the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import PACKAGES, Migrated, handler, migrate, source

MAILER = """\
from fastapi import Depends, Request

from app.mail import send_welcome


class Mailer:
    lang = "en"

    def welcome(self, to: str) -> None:
        send_welcome(to, "Ann", lang=self.lang)


class Outbox:
    def __init__(self) -> None:
        self.waiting: list[str] = []

    def add(self, to: str) -> None:
        self.waiting.append(to)

    def flush(self) -> None:
        for to in self.waiting:
            send_welcome(to, "Ann")


def get_outbox() -> Outbox:
    return Outbox()


class Loud(Mailer):
    lang = "de"


class Post(Mailer):
    _only: "Post | None" = None

    @classmethod
    def only(cls) -> "Post":
        if cls._only is None:
            cls._only = cls()
        return cls._only

    @staticmethod
    def plain() -> "Post":
        return Post()

    def same(self) -> "Post":
        return self


class Settings:
    host = "smtp"


settings = Settings()


class Sender(Mailer):
    def __init__(self, host: str, lang: str = "en") -> None:
        self.host = host
        self.lang = lang


def get_settings() -> Settings:
    return settings


def get_sender(own: Settings = Depends(get_settings)) -> Sender:
    return Sender(own.host)


async def new_sender() -> Sender:
    '''FastAPI awaits it.'''
    return Sender(settings.host, lang="de")


def get_mailer() -> Mailer:
    return Mailer()


def mailer_of(request: Request) -> Mailer:
    return Mailer()
"""
SERVICE = """\
from app.mailer import Loud, Mailer


class Service:
    def __init__(self, lang: str, mailer: Mailer) -> None:
        self.lang = lang
        self.mailer = mailer

    def join(self, to: str) -> dict[str, str]:
        self.mailer.welcome(to)
        return {"to": to}
"""
ROUTE = """
from fastapi import Depends
from app.mailer import Loud, Mailer, get_mailer, mailer_of
from app.service import Service


def get_service(mailer: Mailer = Depends(get_mailer)) -> Service:
    return Service("en", mailer)


@router.post("/h")
def h(to: str, service: Service = Depends(get_service)):
    return service.join(to)
"""
TEST = "from app.mailer import Loud\nfrom app.service import Service\n\n\ndef test_it(monkeypatch):\n"


def project(folder: Path, service: str = SERVICE, route: str = ROUTE, test: str = "") -> Migrated:
    if test:
        path = folder / "tests/test_it.py"
        path.parent.mkdir(parents=True)
        path.write_text(test)
    return handler(folder, route, service=service, mailer=MAILER)


def test_a_task_makes_what_each_service_is_given(tmp_path: Path) -> None:
    done = project(tmp_path)
    assert "    await welcome_task.kiq(to)\n" in done.body("join", "app/service.py")
    assert "from app.mailer import get_mailer\n" in done.imports
    assert done.tasks == source(
        """
        @broker.task
        def welcome_task(to: str) -> None:
            get_mailer().welcome(to)
        """
    )


def test_the_task_sends_the_mail(tmp_path: Path) -> None:
    done = project(tmp_path)
    assert done.tasks
    printed = done.runs(
        """
        from fastapi.testclient import TestClient

        import app.mailer
        from app.main import app as application

        sent = []
        app.mailer.send_welcome = lambda *given, **named: sent.append((given, named))
        with TestClient(application) as client:
            print(client.post("/h", params={"to": "ann@example.com"}).json(), sent)
        """,
        TASKIQ_IN_PLACE="1",
    )
    assert printed == "{'to': 'ann@example.com'} [(('ann@example.com', 'Ann'), {'lang': 'en'})]\n"


TRIES = """\
        for each in (to, "bob@example.com"):
            try:
                self.mailer.welcome(each)
            except OSError:
                print("no mail")
"""


def test_a_task_makes_what_its_statements_read_of_the_service(tmp_path: Path) -> None:
    done = project(tmp_path, SERVICE.replace("        self.mailer.welcome(to)\n", TRIES))
    body = done.body("join", "app/service.py")
    assert '    for each in (to, "bob@example.com"):\n        await welcome_task.kiq(each)\n' in body
    assert done.tasks == source(
        """
        @broker.task
        def welcome_task(each: str) -> None:
            mailer = get_mailer()
            try:
                mailer.welcome(each)
            except OSError:
                print("no mail")
        """
    )


def test_what_all_services_are_given_beside_it_is_made_too(tmp_path: Path) -> None:
    tries = TRIES.replace('print("no mail")', "print(self.lang)")
    done = project(tmp_path, SERVICE.replace("        self.mailer.welcome(to)\n", tries))
    assert '    mailer = get_mailer()\n    lang = "en"\n    try:\n' in done.tasks
    assert "        print(lang)\n" in done.tasks


KEEPS = "        self.mailer = mailer\n"
SENDS = "        self.mailer.welcome(to)\n"
ANSWERS = '        return {"to": to}\n'
SERVICES = {
    "what is kept is made in place of nothing": (KEEPS, "        self.mailer = mailer or Loud()\n"),
    "the constructor changes what it is given": (KEEPS, "        mailer = Loud()\n" + KEEPS),
    "the constructor keeps it only at times": (KEEPS, "        self.mailer = mailer if lang else Loud()\n"),
    "another method replaces it": (
        ANSWERS,
        ANSWERS + "\n    def shout(self) -> None:\n        self.mailer = Loud()\n",
    ),
    "it is told something first": (SENDS, "        self.mailer.lang = self.lang\n" + SENDS),
    "a class below makes its own": (
        ANSWERS,
        ANSWERS + "\n\nclass Shouting(Service):\n    def __init__(self) -> None:\n"
        "        super().__init__('en', Loud())\n",
    ),
    "the method has no object of its own": (
        SENDS,
        "        return self.later(self, to)\n\n    @staticmethod\n"
        "    def later(other: 'Service', to: str) -> dict[str, str]:\n        other.mailer.welcome(to)\n",
    ),
}
ROUTES = {
    "what gives it asks for the request": ("Depends(get_mailer)", "Depends(mailer_of)"),
    "it is another before it is given": (
        '    return Service("en", mailer)',
        '    mailer = Loud()\n    return Service("en", mailer)',
    ),
    "another service gets another one": (
        '@router.post("/h")',
        'loud = Service("en", Loud())\n\n\n@router.post("/h")',
    ),
    "the arguments are not named": ('Service("en", mailer)', 'Service(*["en", mailer])'),
    "the application overrides what gives it": (
        '@router.post("/h")',
        'def override(app) -> None:\n    app.dependency_overrides[get_mailer] = Loud\n\n\n@router.post("/h")',
    ),
    "the class is handed on": (
        '    return Service("en", mailer)',
        '    made = map(Service, ["en"], [Loud()])\n'
        '    return next(made) if mailer.lang else Service("en", mailer)',
    ),
}
TESTS = {
    "a test makes a service of its own": TEST + '    Service("en", Loud()).join("x")\n',
    "a test puts another one there": TEST
    + '    service = Service("en", None)\n    service.mailer = Loud()\n',
    "a test replaces it": TEST + '    monkeypatch.setattr(Service, "mailer", Loud(), raising=False)\n',
    "a test overrides what gives it": "from app.mailer import Loud, get_mailer\nfrom app.main import app\n\n"
    "app.dependency_overrides[get_mailer] = Loud\n",
}


@pytest.mark.parametrize("hazard", [*SERVICES, *ROUTES, *TESTS])
def test_what_a_task_could_not_make_stays(tmp_path: Path, hazard: str) -> None:
    service, route = SERVICE, ROUTE
    if hazard in SERVICES:
        assert SERVICES[hazard][0] in service
        service = service.replace(*SERVICES[hazard])
    elif hazard in ROUTES:
        assert ROUTES[hazard][0] in route
        route = route.replace(*ROUTES[hazard])
    done = project(tmp_path, service, route, TESTS.get(hazard, ""))
    assert done.tasks == ""
    assert "kiq" not in done.body("join", "app/service.py")


STATEMENTS = [name for name, (old, _) in SERVICES.items() if old != SENDS]


@pytest.mark.parametrize("hazard", [*STATEMENTS, *ROUTES, *TESTS])
def test_statements_with_what_a_task_could_not_make_stay(tmp_path: Path, hazard: str) -> None:
    service = SERVICE.replace(SENDS, TRIES).replace(*SERVICES.get(hazard, ("", "")))
    route = ROUTE.replace(*ROUTES.get(hazard, ("", "")))
    done = project(tmp_path, service, route, TESTS.get(hazard, ""))
    assert done.tasks == ""
    assert "kiq" not in done.body("join", "app/service.py")


TELLS = SERVICE.replace(
    "        self.mailer.welcome(to)\n",
    "        self._tell(to)\n",
)
TELLS += """
    def _tell(self, to: str) -> None:
        print(self.lang)
        self.mailer.welcome(to)
"""


def test_a_task_makes_the_service_whose_method_does_the_work(tmp_path: Path) -> None:
    done = project(tmp_path, TELLS)
    assert "    await tell_task.kiq(to)\n" in done.body("join", "app/service.py")
    assert 'Service("en", get_mailer())._tell(to)\n' in done.tasks
    assert "await service.join(to)" in done.body("h")


CHANGES = {
    "it is changed between": (
        "        self._tell(to)\n",
        '        self.lang = "de"\n        self._tell(to)\n',
    ),
    "it counts": ("        print(self.lang)\n", "        self.count = getattr(self, 'count', 0) + 1\n"),
}


OF_THE_CONSTRUCTOR = ("what is kept is made in place of nothing", "the constructor keeps it only at times")


@pytest.mark.parametrize("kept", OF_THE_CONSTRUCTOR)
def test_a_task_runs_the_constructor_as_the_request_does(tmp_path: Path, kept: str) -> None:
    done = project(tmp_path, TELLS.replace(*SERVICES[kept]))
    assert 'Service("en", get_mailer())._tell(to)\n' in done.tasks


OTHERS = [each for each in STATEMENTS if each not in OF_THE_CONSTRUCTOR]


@pytest.mark.parametrize("hazard", [*OTHERS, *ROUTES, *TESTS, *CHANGES])
def test_a_service_that_would_be_another_one_does_its_work_itself(tmp_path: Path, hazard: str) -> None:
    old, new = SERVICES.get(hazard, CHANGES.get(hazard, ("", "")))
    assert old in TELLS
    service, route = TELLS.replace(old, new), ROUTE.replace(*ROUTES.get(hazard, ("", "")))
    done = project(tmp_path, service, route, TESTS.get(hazard, ""))
    assert "Service(" not in done.tasks


GIVEN = """
from fastapi import Depends
from app.mailer import Mailer, Outbox, get_mailer, get_outbox


@router.post("/h")
def h(to: str, mailer: Mailer = Depends(get_mailer), outbox: Outbox = Depends(get_outbox)):
    {line}
    return {{"to": to}}
"""


def test_a_task_makes_what_the_handler_is_given(tmp_path: Path) -> None:
    assert "await welcome_task.kiq(to)\n" in project(
        tmp_path, route=GIVEN.format(line="mailer.welcome(to)")
    ).body("h")


@pytest.mark.parametrize(
    "line", ["outbox.add(to); outbox.flush()", "outbox.flush()", "mailer.lang = 'de'; mailer.welcome(to)"]
)
def test_what_somebody_has_changed_since_it_was_made_stays(tmp_path: Path, line: str) -> None:
    """A new one would have nothing to send, or send it otherwise."""
    done = project(tmp_path, route=GIVEN.format(line=line.replace("; ", "\n    ")))
    assert done.tasks == ""
    assert "kiq" not in done.body("h")


def test_what_another_function_changes_stays(tmp_path: Path) -> None:
    more = "\n\ndef loud(mailer: Mailer) -> None:\n    mailer.lang = 'de'\n"
    done = project(tmp_path, route=GIVEN.format(line="loud(mailer)\n    mailer.welcome(to)") + more)
    assert done.tasks == ""


MADE = """
from fastapi import Depends
from app.mailer import Sender, get_sender, new_sender, settings

first: list[Sender] = []


def for_a_request(lang: str) -> Sender:
    return Sender(settings.host, lang)


async def started() -> Sender:
    return first[0]


async def closed():
    yield Sender(settings.host)


async def settled(host: str = "smtp") -> Sender:
    return Sender(host)


async def counted() -> Sender:
    first.append(Sender(settings.host))
    return Sender(settings.host)


"""
GIVEN_ONE = """
@router.post("/h{number}")
def h{number}(to: str, sender: Sender = {given}):
    sender.welcome(to)
    return {{"to": to}}


"""
MADE_OF_SETTINGS = {
    "Depends(get_sender)": "get_sender(get_settings())",
    "Depends(new_sender)": 'Sender(settings.host, lang="de")',
}


def given_one(folder: Path, *given: str, more: str = "") -> Migrated:
    handlers = [GIVEN_ONE.format(number=number, given=each) for number, each in enumerate(given)]
    return project(folder, route="".join([MADE, more, *handlers]))


def test_a_task_makes_what_is_made_of_settings(tmp_path: Path) -> None:
    done = given_one(tmp_path, *MADE_OF_SETTINGS)
    for call in MADE_OF_SETTINGS.values():
        assert f"    {call}.welcome(to)\n" in done.tasks
    assert "from app.mailer import Sender, get_sender, get_settings, settings\n" in done.imports


def test_what_only_the_request_or_the_application_has_stays(tmp_path: Path) -> None:
    own = [f"Depends({name})" for name in ("for_a_request", "started", "closed", "settled", "counted")]
    assert given_one(tmp_path, *own, "Depends()", "Sender('smtp')").tasks == ""


def test_what_is_made_of_settings_that_change_stays(tmp_path: Path) -> None:
    told = "def tell() -> None:\n    settings.host = 'other'\n\n"
    assert given_one(tmp_path, *MADE_OF_SETTINGS, more=told).tasks == ""


OWN = SERVICE.replace("lang: str, mailer: Mailer", "lang: str = 'en'").replace(
    "self.mailer = mailer", "self.mailer = Sender(settings.host)"
)
INJECTED = """
from fastapi import Depends
from app.mailer import Mailer, get_mailer


class Joining:
    def __init__(self, mailer: Mailer = Depends(get_mailer)):
        self.mailer = mailer

    def join(self, to: str) -> dict[str, str]:
        self.mailer.welcome(to)
        return {"to": to}


@router.post("/h")
def h(to: str, joining: Joining = Depends()):
    return joining.join(to)
"""
DIRECT = """
from app.mailer import Post, Sender, get_mailer, settings
from app.service import Service


@router.post("/h")
def h(to: str):
    return Service("en", {given}).join(to)
"""


def test_a_task_makes_what_the_constructor_makes(tmp_path: Path) -> None:
    service = OWN.replace("import Loud, Mailer", "import Sender, settings")
    done = project(tmp_path, service, DIRECT.replace(", {given}", ""))
    assert "    Sender(settings.host).welcome(to)\n" in done.tasks


def test_a_task_makes_what_fastapi_gives_the_constructor(tmp_path: Path) -> None:
    assert "    get_mailer().welcome(to)\n" in project(tmp_path, route=INJECTED).tasks


def test_a_task_makes_what_the_constructor_of_an_annotated_service_gets(tmp_path: Path) -> None:
    """`JoiningDep = Annotated[Joining, Depends()]` reads the class, and only FastAPI makes one of it."""
    route = INJECTED.replace("joining: Joining = Depends()", "joining: JoiningDep").replace(
        '@router.post("/h")', 'JoiningDep = Annotated[Joining, Depends()]\n\n\n@router.post("/h")'
    )
    route = "from typing import Annotated\n" + route
    assert "    get_mailer().welcome(to)\n" in project(tmp_path, route=route).tasks
    other = route.replace("Annotated[Joining, Depends()]", "Annotated[Joining, Depends()]\nMADE = [Joining]")
    assert "get_mailer()" not in project(tmp_path / "other", route=other).tasks


@pytest.mark.parametrize("given", ["Sender(settings.host)", "get_mailer()", "Post.only()", "Post.plain()"])
def test_a_task_makes_what_the_handler_makes(tmp_path: Path, given: str) -> None:
    assert f"    {given}.welcome(to)\n" in project(tmp_path, route=DIRECT.format(given=given)).tasks


def test_what_is_made_of_the_request_stays(tmp_path: Path) -> None:
    assert project(tmp_path, route=DIRECT.format(given="Sender(settings.host, to)")).tasks == ""


def test_one_that_fastapi_and_others_make_differently_stays(tmp_path: Path) -> None:
    others = INJECTED.replace("@router", "loud = Joining(Mailer())\n\n\n@router")
    assert project(tmp_path, route=others).tasks == ""


ASKING = """
from app.mailer import Loud, Mailer, Sender, get_mailer, mailer_of, settings
from fastapi import HTTPException, Request


def read_mailer() -> Mailer:
    with open("mailer.txt") as file:
        print(file.read())
    return Mailer()


def strict_mailer() -> Mailer:
    if not settings.host:
        raise HTTPException(503)
    return Mailer()


def shared_mailer() -> Mailer:
    return SHARED


SHARED = Mailer()


@router.post("/h")
def h(to: str, request: Request):
    {body}
    return {{"to": to}}
"""
OF_A_FACTORY = {
    "at once": ("get_mailer().welcome(to)", "    get_mailer().welcome(to)\n"),
    "of a class": ("Sender(settings.host).welcome(to)", "    Sender(settings.host).welcome(to)\n"),
    "under a name": (
        "mailer = get_mailer()\n    mailer.welcome(to)",
        "    mailer = get_mailer()\n    mailer.welcome(to)\n",
    ),
}


@pytest.mark.parametrize("name", OF_A_FACTORY)
def test_a_task_asks_the_factory_that_the_handler_asked(tmp_path: Path, name: str) -> None:
    body, moved = OF_A_FACTORY[name]
    done = project(tmp_path, route=ASKING.format(body=body))
    assert moved in done.tasks
    assert "mailer" not in done.body("h").replace("app.mailer", "")


OF_THE_REQUEST = {
    "it may refuse": "strict_mailer().welcome(to)",
    "it may refuse, under a name": "mailer = strict_mailer()\n    mailer.welcome(to)",
    "it is given the request": "mailer_of(request).welcome(to)",
    "it reads a file": "mailer = read_mailer()\n    mailer.welcome(to)",
    "others have what is changed": "mailer = shared_mailer()\n    mailer.lang = to\n    mailer.welcome(to)",
    "it is asked again": "mailer = get_mailer()\n    mailer.welcome(to)\n    to = mailer.lang",
}


@pytest.mark.parametrize("name", OF_THE_REQUEST)
def test_what_a_factory_makes_for_the_request_stays(tmp_path: Path, name: str) -> None:
    assert project(tmp_path, route=ASKING.format(body=OF_THE_REQUEST[name])).tasks == ""


def test_what_only_makes_an_object_is_called_by_the_task_that_changes_it(tmp_path: Path) -> None:
    body = "mailer = get_mailer()\n    mailer.lang = to\n    mailer.welcome(to)"
    done = project(tmp_path, route=ASKING.format(body=body))
    assert "    mailer = get_mailer()\n    mailer.lang = to\n    mailer.welcome(to)\n" in done.tasks


HIDDEN = """
from app import mailer as mails
from app.mailer import Mailer, Sender, settings


class Shop(Mailer):
    def __init__(self, host: str) -> None:
        self.host = host

    def remind(self, to: str, settings: str) -> None:
        self.welcome(to + settings)


@router.post("/h")
def h(to: str):
    mailer = mails.get_mailer()
    mailer.welcome(to)
    return {"to": to}


@router.post("/each")
def each(mailer: list[str]):
    sender = mails.get_mailer()
    for to in mailer:
        sender.welcome(to)
    return {"to": mailer}


@router.post("/given")
def given(to: str, name: str):
    Shop(settings.host).remind(to, name)
    return {"to": to}
"""


def test_a_name_of_the_task_would_hide_what_it_imports(tmp_path: Path) -> None:
    done = project(tmp_path, route=HIDDEN)
    assert "kiq" not in done.body("h") + done.body("each")
    assert len(done.stays) == 2
    assert "    Shop(settings.host).remind(to, name)\n" in done.tasks


MORE_THAN_MADE = """
from app.mailer import Mailer, Sender, settings
from fastapi import HTTPException
from app.mail import send_welcome


def refuse() -> None:
    raise HTTPException(503)


def strict_mailer() -> Mailer:
    if not settings.host:
        refuse()
    return Mailer()


def noted_mailer() -> Mailer:
    with open("asked.txt", "a") as notes:
        notes.write("once more")
    return Mailer()


def next_number() -> str:
    with open("number.txt", "a") as numbers:
        return str(numbers.write("x"))


def strict_host() -> str:
    if not settings.host:
        refuse()
    return settings.host


@router.post("/h")
def h(to: str):
    strict_mailer().welcome(to)
    return {"to": to}


@router.post("/noted")
def noted(to: str):
    mailer = noted_mailer()
    mailer.welcome(to)
    return {"to": to}


@router.post("/numbered")
def numbered(to: str):
    send_welcome(to, next_number())
    return {"to": to}


@router.post("/given")
def given(to: str):
    Sender(strict_host()).welcome(to)
    return {"to": to}
"""


def test_a_function_that_refuses_far_below_or_leaves_something_behind_is_no_factory(tmp_path: Path) -> None:
    done = project(tmp_path, route=MORE_THAN_MADE)
    assert done.tasks.count("@broker.task") == 1
    assert "    send_welcome(to, name, lang=lang)\n" in done.tasks
    assert "kiq(to, await run_in_threadpool(next_number))" in done.body("numbered")


def test_a_factory_that_tests_replace_stays(tmp_path: Path) -> None:
    test = TEST + "    monkeypatch.setattr('app.api.routes.get_mailer', Loud)\n"
    assert project(tmp_path, route=ASKING.format(body="get_mailer().welcome(to)"), test=test).tasks == ""


DOORS = """\
from taskiq import InMemoryBroker

broker = InMemoryBroker()


class Door:
    async def tell(self, to: str) -> None:
        print(to)


def get_door() -> Door:
    return Door()


@broker.task
async def tell_task(to: str) -> None:
    door = get_door()
    await door.tell(to)
"""


def test_a_dependency_that_a_task_calls_stays_plain(tmp_path: Path) -> None:
    """It had turned in the second run, with the task of the first one, and the whole change was dropped."""
    route = """\
    from app.doors import Door, get_door, tell_task


    @router.post("/h")
    async def h(to: str, door: Door = Depends(get_door)):
        await door.tell(to)
        await tell_task.kiq(to)
        return {"to": to}
    """
    routes = "from fastapi import APIRouter, Depends\n\nrouter = APIRouter()\n" + source(route)
    done = migrate(tmp_path, {**PACKAGES, "app/api/routes.py": routes, "app/doors.py": DOORS}, "app")
    assert not done.after
