"""Methods of Stripe's own classes, which have their async forms beside them: same requests, results, errors."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import asyncio
import inspect
import json
import logging
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from client_programs import changed, migrate
from made_up import arguments, awaited, defaults, outcome_of
from mapped_calls import catalogue, is_mapped
from recording_server import Recorder, recording_server
from running import run
from sdk_server import SdkHandler
from servers import http_server

RESOURCE = "stripe.Resource"
KINDS = {RESOURCE, "stripe.Part", "stripe.Unasked"}
OWN_TABLES = ("stripe.File", "stripe.Source", "stripe.Subscription")
HEAD = """
import stripe
from fastapi import APIRouter
from stripe.checkout import Session

router = APIRouter()
stripe.api_key = "k"
stripe.api_base = "URL"


"""
CARD = 'stripe.PaymentIntent.create(amount=1, currency="CARD", idempotency_key="i")'
CALLS = {
    "what is made": 'customer = stripe.Customer.create(email="a@b.c", metadata={"n": "1"}, idempotency_key="i")\nreturn [customer.id, customer.email, customer["object"]]',
    "what is asked for": 'return [stripe.Subscription.retrieve("s", expand=["customer"]).email, stripe.Price.retrieve(id="p").id]',
    "what is changed, and told by itself": 'intent = stripe.PaymentIntent.retrieve("p")\nfound = intent.confirm(payment_method="c", idempotency_key="i")\nreturn [intent.email, found.email, stripe.Refund.create(payment_intent=intent.id).object]',
    "what is changed by its number": 'return [stripe.Customer.modify("c", name="n", idempotency_key="i").email, stripe.Subscription.cancel("s", idempotency_key="i").email, stripe.PaymentMethod.attach("m", customer="c", idempotency_key="i").email, stripe.Customer.delete("c").id]',
    "a session": 'return [Session.create(mode="payment", line_items=[{"price": "p", "quantity": 1}], idempotency_key="i").email, stripe.checkout.Session.retrieve("s").id, stripe.billing_portal.Session.create(customer="c", idempotency_key="i").email]',
    "an account for each call": 'return stripe.Charge.retrieve("c", stripe_account="acct", api_key="other").email',
    "a list": 'found = stripe.Customer.list(limit=2)\nreturn [[each.id for each in found], [each.id for each in found.data], found["has_more"], len(found.data)]',
    "all pages": 'ids = []\nfor each in stripe.Customer.list(limit=2).auto_paging_iter():\n    ids.append(each.id)\nreturn ids',
    "all pages of a list that is kept": 'page = stripe.Customer.list(limit=2)\nreturn [[each.id for each in page.auto_paging_iter()], page.has_more]',
    "all pages at once": 'return [each.id for each in sorted(stripe.Customer.list(limit=2).auto_paging_iter(), key=repr)]',
    "all that is found": 'return [each.id for each in stripe.Customer.search(query="email:a").auto_paging_iter()]',
    "one page after the other": 'page = stripe.Customer.list(limit=2)\nfollowing = page.next_page()\nreturn [[each.id for each in following.data], following.previous_page().data[0].id]',
    **{f"a card that is {card}": f'try:\n    return {CARD.replace("CARD", card)}.id\nexcept stripe.error.CardError as error:\n    return ["card", error.code]\nexcept stripe.StripeError as error:\n    return [type(error).__name__, error.http_status, error.code, str(error)]' for card in ("busy", "unknown", "forbidden", "declined")},
    "no key": 'stripe.api_key = None\ntry:\n    return stripe.Balance.retrieve().id\nexcept stripe.AuthenticationError as error:\n    return [type(error).__name__, str(error)[:20]]\nfinally:\n    stripe.api_key = "k"',
}  # fmt: skip


class Customers(SdkHandler):
    """Five of them, two on a page."""

    def do_GET(self) -> None:  # noqa: N802
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        if address.path == "/v1/customers" and "ending_before" not in query:
            first = int(query.get("starting_after", ["cus_0"])[0][4:]) + 1
            self._give(address.path, range(first, min(first + 2, 6)), {"has_more": first + 2 < 6})
        elif address.path == "/v1/customers":
            self._give(address.path, range(1, 3), {"has_more": False})
        elif address.path == "/v1/customers/search":
            page = int(query.get("page", ["0"])[0])
            more = {"has_more": page < 2, "next_page": str(page + 1) if page < 2 else None}
            self._give(address.path, range(page, page + 1), more, "search_result")
        else:
            self._answer()

    def _give(self, url: str, numbers: range, more: dict[str, Any], kind: str = "list") -> None:
        data = [{"id": f"cus_{number}", "object": "customer"} for number in numbers]
        self._send(200, json.dumps({"object": kind, "url": url, "data": data, **more}))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    pytest.importorskip("stripe")
    with http_server(Customers) as found:
        yield found


def program(*bodies: str, url: str = "http://127.0.0.1:9") -> str:
    names = [f"case_{number}()" for number in range(len(bodies))]
    text = f'@router.get("/")\ndef call():\n    return [{", ".join(names)}]\n'
    for name, body in zip(names, bodies, strict=True):
        text += f"\n\ndef {name}:\n{textwrap.indent(body, '    ')}\n"
    return (HEAD + text).replace("URL", url)


@pytest.mark.filterwarnings("ignore")  # of httpx, and of connections that are left open, inside of stripe
def test_calls_give_and_raise_the_same(url: str, tmp_path: Path) -> None:
    """On a second event loop, too: the library sends a request again where its connection is of the first."""
    outcome = migrate({"app/routes.py": program(*CALLS.values(), url=url)})
    assert "run_in_threadpool" not in outcome.text, outcome.reasons
    assert "async for each in (await stripe.Customer.list_async(limit=2)).auto_paging_iter():" in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", loops=2)
    assert run(tmp_path / "new", outcome.texts, "call", loops=2) == old
    assert old[0][7] == [f"cus_{number}" for number in range(1, 6)]


def test_what_must_be_known_of_it_is_told() -> None:
    outcome = migrate({"app/routes.py": program(CALLS["what is made"])})
    assert any("sent again, half a second later" in note.text for note in outcome.notes)


def resources() -> Iterator[str]:
    yield from OWN_TABLES
    for owner in catalogue().owners_of("stripe"):
        yield from (f"{owner.name}.{word}" for word, base in owner.subclasses.items() if base in KINDS)


@pytest.fixture(scope="module")
def server() -> Iterator[Recorder]:
    stripe = pytest.importorskip("stripe")
    logging.disable(logging.CRITICAL)
    with recording_server() as found, pytest.MonkeyPatch.context() as patch:
        patch.setattr(stripe, "api_key", "k")
        patch.setattr(stripe, "max_network_retries", 0)
        for base in ("api_base", "upload_api_base", "meter_events_api_base"):
            patch.setattr(stripe, base, found.url)
        yield found
    logging.disable(logging.NOTSET)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("status", [200, 404])
def test_every_method_sends_and_gives_the_same(status: int, server: Recorder) -> None:
    server.status = status
    tried, differing = asyncio.run(_compared(server))
    assert differing == {}
    words = catalogue().owner(RESOURCE)
    assert words is not None
    mapped = {word for word in words.calls if is_mapped(catalogue().find(f"{RESOURCE}.{word}"))}
    assert mapped - {name.rpartition(".")[2] for name in tried} == {"refresh"}, "methods of no class"


async def _compared(server: Recorder) -> tuple[list[str], dict[str, Any]]:
    """Each method on the first class that has it; the async one is there on all."""
    import stripe

    stripe.default_http_client = None
    tried: list[str] = []
    differing: dict[str, Any] = {}
    for name in resources():
        cls: Any = stripe
        for part in name.split(".")[1:]:
            cls = getattr(cls, part)
        for word in dir(cls):
            if word == "refresh" or not is_mapped(catalogue().find(f"{name}.{word}")):
                continue
            twin = getattr(cls, f"{word}_async")
            if any(each.endswith(f".{word}") for each in tried):
                continue
            found = await _both(server, word, getattr(cls, word), twin)
            tried.append(f"{name}.{word}")
            if found[0] != found[1]:
                differing[tried[-1]] = found
    await stripe.default_http_client.close_async()
    stripe.default_http_client = None
    return tried, differing


async def _both(server: Recorder, word: str, call: Any, twin: Any) -> list[Any]:
    given, keywords = arguments(call, optional=False)
    if word == "search":
        keywords = {"query": "email:a"}
    elif not given:
        given = ["x"] * ("args" in inspect.signature(call).parameters)
    found = []
    for each in (call, twin):
        if each is call:
            outcome = await asyncio.to_thread(outcome_of, partial(each, *given, **keywords))
        else:
            outcome = await awaited("await", partial(each, *given, **keywords))
        found.append([defaults(each), outcome, server.taken()])
    return found


STAYS = {
    "a file that is sent": ('return stripe.File.create(purpose="p", file=open("a", "rb")).id', ""),
    "a page after a page by hand": ('return stripe.Quote.pdf("q")', ""),
    "pages that are handed on": ("return dict.fromkeys(stripe.Customer.list().auto_paging_iter())", "a Pages, is handed on"),
    "pages step by step": ("return next(stripe.Customer.list().auto_paging_iter()).id", ""),
    "pages of an inner function": ("pages = stripe.Customer.list().auto_paging_iter()\ndef read():\n    return list(pages)\nreturn read()", "a Pages, is handed on"),
    "a method under another name": ("create = stripe.Customer.create\nreturn create(email='a').id", "it is not called as a method of one class"),
}  # fmt: skip


@pytest.mark.parametrize("what", STAYS)
def test_what_has_no_equal_runs_in_a_thread(what: str) -> None:
    body, reason = STAYS[what]
    outcome = migrate({"app/routes.py": program(body)})
    assert "_async(" not in outcome.text
    assert "run_in_threadpool" in outcome.text
    assert not reason or any(reason in each for each in outcome.reasons), outcome.reasons


SETTINGS = {
    "a proxy": 'import stripe\n\nstripe.proxy = "http://proxy"\n',
    "a client of its own": "import stripe\n\nstripe.default_http_client = stripe.RequestsClient()\n",
    "no second try": "import stripe\n\nstripe.max_network_retries = 0\n",
}


@pytest.mark.parametrize("what", SETTINGS)
def test_settings_that_async_calls_do_not_know_keep_them(what: str) -> None:
    outcome = migrate(
        {"app/routes.py": program(CALLS["what is made"]), "app/settings.py": SETTINGS[what]},
    )
    assert "_async(" not in outcome.text
    assert any("app/settings.py names " in each for each in outcome.reasons), outcome.reasons


PATCHED = {
    "the method": "stripe.Customer.create",
    "the class where it is used": "app.routes.stripe.Customer",
    "the library where it is used": "app.routes.stripe",
    "what lies below it": "stripe._api_requestor._APIRequestor.request",
}


@pytest.mark.parametrize("what", PATCHED)
def test_what_tests_replace_is_still_called(what: str) -> None:
    test = f"from unittest.mock import patch\n\n\ndef test_it():\n    with patch('{PATCHED[what]}'):\n        pass\n"
    outcome = migrate({"app/routes.py": program(CALLS["what is made"]), "tests/test_it.py": test})
    assert "_async(" not in outcome.text
    assert any("tests replace" in each for each in outcome.reasons), outcome.reasons


def test_a_version_without_async_calls_keeps_them() -> None:
    outcome = migrate({"app/routes.py": program(CALLS["what is made"])}, declared="stripe==7.4.0\n")
    assert "_async(" not in outcome.text
    assert any("needs 11 or later" in each for each in outcome.reasons), outcome.reasons


OWN = """
class Customer:
    def create(self, email):
        return email


class stripe:
    Customer = Customer()
"""


def test_a_class_of_the_project_with_that_name_is_no_class_of_stripe() -> None:
    text = program('return stripe.Customer.create(email="a")').replace(
        "import stripe\n", "from app.own import stripe\n"
    )
    outcome = migrate({"app/routes.py": text, "app/own.py": changed(OWN)})
    assert "_async" not in outcome.text
