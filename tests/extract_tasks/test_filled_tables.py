"""Tables of the process: what handlers put into them is not there in a worker, and what modules register is
there only if it loads these modules. A mail that is looked up there would be lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import handler, source

SEND = "\n    with smtplib.SMTP('localhost') as smtp:\n        smtp.sendmail('a@x', {}, 'text')\n"
STORE = source(
    """
    import smtplib

    TICKETS: dict[int, str] = {1: "ann@example.com"}
    PEOPLE = []
    LANGUAGES = {"de": "Hallo"}
    LANGUAGES["fr"] = "Salut"


    def send_ticket(number: int) -> None:
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@x", TICKETS[number], "text")


    def send_below(number: int) -> None:
        send_ticket(number)


    def tell_all(text: str) -> None:
        for each in PEOPLE:
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@x", each, text)


    class Box:
        def __init__(self):
            self.mails = {}

        def add(self, number: int, to: str) -> None:
            self.mails[number] = to

        def send(self, number: int) -> None:
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@x", self.mails[number], "text")


    box = Box()


    class Counted:
        counts: dict[str, int] = {}
        words = {"a": "b"}

        def __init__(self):
            self.own = {}

        def send(self, to: str) -> None:
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@x", to, str(self.counts[to]))

        def send_words(self, to: str) -> None:
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@x", to, str(self.words["a"]))

        def send_own(self, to: str) -> None:
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@x", to, str(self.own))


    def greet(to: str, language: str) -> None:
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@x", to, LANGUAGES[language])
    """
)
ROUTES = """
from app import store
from app.store import Counted, PEOPLE, TICKETS, box, greet, send_below, send_ticket, tell_all


@router.post("/tickets/{{number}}")
def create(number: int, to: str):
    {fills}
    return {{}}


@router.post("/send")
def h(number: int, to: str):
    {sends}
    return {{}}
"""
LOST = {
    "a helper looks it up": ("TICKETS[number] = to", "send_ticket(number)", "TICKETS"),
    "one below it looks it up": ("TICKETS[number] = to", "send_below(number)", "TICKETS"),
    "through its module": (
        "store.TICKETS[number] = to",
        SEND.format("store.TICKETS[number]").strip(),
        "store.TICKETS",
    ),
    "a list grows": ("PEOPLE.append(to)", "tell_all(to)", "PEOPLE"),
    "an object holds it": ("box.mails[number] = to", "box.send(number)", "self.mails"),
    "an object adds it itself": ("box.add(number, to)", "box.send(number)", "self.mails"),
    "what an object holds is looked up": (
        "box.add(number, to)",
        SEND.format("box.mails[number]").strip(),
        "box.mails",
    ),
    "it is reckoned on": ("TICKETS[number] += to", "send_ticket(number)", "TICKETS"),
    "one of several": ("TICKETS[number], rest = to.split()", "send_ticket(number)", "TICKETS"),
    "a class holds it": ("Counted.counts[to] = number", "Counted().send(to)", "self.counts"),
    "a method adds": ("TICKETS.setdefault(number, to)", "send_ticket(number)", "TICKETS"),
}


@pytest.mark.parametrize("name", LOST)
def test_what_handlers_put_into_a_table_is_not_there_in_a_worker(tmp_path: Path, name: str) -> None:
    fills, sends, table = LOST[name]
    done = handler(tmp_path, ROUTES.format(fills=fills, sends=sends), store=STORE)
    assert not done.tasks
    assert f"{table}, which the application changes at run time; a worker does not have it" in " ".join(
        done.stays
    )


def test_what_the_handler_looks_up_in_it_is_sent(tmp_path: Path) -> None:
    sends = SEND.format("TICKETS[number]").strip()
    done = handler(tmp_path, ROUTES.format(fills="TICKETS[number] = to", sends=sends), store=STORE)
    assert "await send_h_email_task.kiq(TICKETS[number])\n" in done.body("h")
    assert "TICKETS" not in done.tasks


@pytest.mark.parametrize("sends", ["send_ticket(number)", "greet(to, 'de')"])
def test_a_table_that_only_its_own_module_fills_is_there(tmp_path: Path, sends: str) -> None:
    done = handler(tmp_path, ROUTES.format(fills="pass", sends=sends), store=STORE)
    assert sends.partition("(")[0] in done.tasks


@pytest.mark.parametrize(
    ("made", "fills"),
    [
        ("import redis\n\ncache = redis.Redis()", "append(str(number), to)"),
        ("import unseen\n\ncache = unseen.Base()", "put(str(number), to)"),
    ],
)
def test_what_a_client_puts_elsewhere_is_not_in_this_process(tmp_path: Path, made: str, fills: str) -> None:
    sends = """
    def send_cached(number: int) -> None:
        to = cache.get(str(number))
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@x", str(to), "text")
    """
    store = f"{STORE}\n\n{made}\n\n\n{source(sends)}"
    routes = ROUTES.format(fills=f"store.cache.{fills}", sends="store.send_cached(number)")
    assert "send_cached(number)" in handler(tmp_path, routes, store=store).tasks


def test_a_table_that_only_tests_fill_is_there(tmp_path: Path) -> None:
    test = "from app.store import TICKETS\n\n\ndef test_it():\n    TICKETS[2] = 'bob'\n"
    routes = ROUTES.format(fills="pass", sends="send_ticket(number)")
    assert "send_ticket(number)" in handler(tmp_path, routes, store=STORE, test_store=test).tasks


BUS = """\
class Bus:
    def __init__(self):
        self._handlers = {}

    def on(self, event):
        def register(handler):
            self._handlers.setdefault(event, []).append(handler)
            return handler

        return register

    def emit(self, event: str, to: str) -> None:
        for handler in self._handlers.get(event, []):
            handler(to)


bus = Bus()
HOOKS = []
WAYS = {}


def hook(function):
    HOOKS.append(function)
    return function


def way(name):
    def register(function):
        WAYS[name] = function
        return function

    return register


def fire(to: str) -> None:
    for each in HOOKS:
        each(to)


def by_name(name: str, to: str) -> None:
    WAYS[name](to)
"""
MAIL = source(
    """
    import smtplib

    from app.bus import bus, hook, way


    @bus.on("created")
    @hook
    @way("mail")
    def mail(to: str) -> None:
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@x", to, "text")
    """
)
CALLS = ['bus.emit("created", to)', "fire(to)", 'by_name("mail", to)']
EMITS = """
from app import {imported}
from app.bus import bus, by_name, fire


@router.post("/emit")
def h(to: str):
    {call}
    return {{}}
"""


@pytest.mark.parametrize("call", CALLS)
def test_what_registers_in_a_module_that_no_worker_loads_is_not_there(tmp_path: Path, call: str) -> None:
    routes = EMITS.format(imported="subscribers", call=call)
    done = handler(tmp_path, routes, bus=BUS, subscribers=MAIL)
    assert not done.tasks
    assert "which app.subscribers changes when it is loaded; a worker does not have it" in " ".join(
        done.stays
    )


@pytest.mark.parametrize("call", CALLS)
def test_what_registers_in_a_module_that_its_own_loads_is_there(tmp_path: Path, call: str) -> None:
    """As packages do, whose `__init__` imports all channels."""
    package = "from app.ways import subscribers\n"
    subscribers = MAIL.replace("app.bus", "app.ways.bus")
    routes = EMITS.replace("app.bus", "app.ways.bus").format(imported="ways", call=call)
    files = {"ways/__init__": package, "ways/bus": BUS, "ways/subscribers": subscribers}
    done = handler(tmp_path, routes, **files)
    assert call.partition("(")[0] in done.tasks


def test_what_a_function_of_the_application_registers_is_not_there(tmp_path: Path) -> None:
    late = MAIL.replace('@bus.on("created")\n@hook\n@way("mail")\n', "")
    late += "\n\ndef start() -> None:\n    hook(mail)\n"
    routes = EMITS.format(imported="subscribers", call="fire(to)")
    routes += '\n\n@router.on_event("startup")\ndef started():\n    subscribers.start()\n'
    done = handler(tmp_path, routes, bus=BUS, subscribers=late)
    assert not done.tasks
    assert "HOOKS, which the application changes at run time" in " ".join(done.stays)


def test_what_an_object_of_one_piece_of_work_collects_goes_along(tmp_path: Path) -> None:
    letter = source(
        """
        import smtplib


        class Letter:
            def __init__(self):
                self.lines = []

            def add(self, line: str) -> None:
                self.lines.append(line)

            def send(self, to: str) -> None:
                with smtplib.SMTP("localhost") as smtp:
                    smtp.sendmail("a@x", to, str(self.lines))


        def post(to: str) -> None:
            letter = Letter()
            letter.add("hello")
            letter.send(to)
        """
    )
    text = """
    from app.letter import post


    @router.post("/letter")
    def h(to: str):
        post(to)
        return {}
    """
    done = handler(tmp_path, text, letter=letter)
    assert not done.stays
    assert "    post(to)\n" in done.tasks


PROCESS = source(
    """
    import itertools
    import queue
    import smtplib
    import threading

    numbers = itertools.count(1)
    jobs: queue.Queue = queue.Queue()
    TICKETS: dict[int, str] = {}


    def post(to: str, text: str) -> None:
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@x", to, text)


    def numbered(to: str) -> None:
        post(to, f"invoice {next(numbers)}")


    def numbered_at_once(to: str) -> None:
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@x", to, f"invoice {next(numbers)}")


    def and_queue(to: str) -> None:
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@x", to, "text")
        jobs.put(to)


    def looked_up(number: int) -> None:
        post(TICKETS[number], "text")


    def own_queue(to: str) -> None:
        parts = queue.Queue()
        parts.put(to)
        post(parts.get(), "text")


    class Sender(threading.Thread):
        def __init__(self):
            super().__init__(daemon=True)
            self.inbox: queue.Queue = queue.Queue()

        def add(self, to: str) -> None:
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@x", to, "text")
            self.inbox.put(to)


    sender = Sender()
    """
)
USES = """
import smtplib
from app.process import TICKETS, and_queue, looked_up, numbered, numbered_at_once, numbers, own_queue, sender


@router.post("/tickets/{{number}}")
def create(number: int, to: str):
    TICKETS[number] = to
    return {{}}


@router.post("/send")
def h(number: int, to: str):
    {sends}
    return {{}}
"""
STAYS = {
    "a counter of the module": ("numbered_at_once(to)", "changes numbers, and a worker would change its own"),
    "a counter in a block": (
        SEND.format("to").strip().replace("'text'", "str(next(numbers))"),
        "next() changes an object of this process",
    ),
    "a queue": ("and_queue(to)", "jobs, which hands on to others in this process"),
    "a queue of an object": ("sender.add(to)", "self.inbox, which hands on to others in this process"),
}


@pytest.mark.parametrize("name", STAYS)
def test_what_others_in_this_process_take_or_count_stays(tmp_path: Path, name: str) -> None:
    sends, reason = STAYS[name]
    done = handler(tmp_path, USES.format(sends=sends), process=PROCESS)
    assert not done.tasks
    assert reason in " ".join(done.stays)


@pytest.mark.parametrize(
    ("function", "queued"),
    [("numbered(to)", 'to, f"invoice {next(numbers)}"'), ("looked_up(number)", 'TICKETS[number], "text"')],
)
def test_what_the_process_has_is_read_before_the_mail_is_queued(
    tmp_path: Path, function: str, queued: str
) -> None:
    done = handler(tmp_path, USES.format(sends=function), process=PROCESS)
    name = function.partition("(")[0]
    assert f"    await post_email_task.kiq({queued})\n" in done.body(name, "app/process.py")
    assert f"    await {function}\n" in done.body("h")


def test_a_queue_of_its_own_goes_along(tmp_path: Path) -> None:
    done = handler(tmp_path, USES.format(sends="own_queue(to)"), process=PROCESS)
    assert "own_queue(to)" in done.tasks


@pytest.mark.parametrize("sends", ["Counted().send_words(to)", "Counted().send_own(to)"])
def test_what_nobody_fills_and_what_each_object_has_moves(tmp_path: Path, sends: str) -> None:
    fills = "Counted().own[to] = number\n    Counted.counts[to] = number"
    done = handler(tmp_path, ROUTES.format(fills=fills, sends=sends), store=STORE)
    assert ".kiq(to)" in done.body("h"), done.stays
