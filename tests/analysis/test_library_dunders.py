"""Objects of libraries that wait when they are indexed, counted or tested: `found[0]`, `if not found`."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate_main

HEAD = """
import requests
from celery.result import AsyncResult
from mongoengine import Document, ListField, ReferenceField, StringField
from pymongo import MongoClient
from redis import Redis

cache = Redis()
shop = MongoClient()["shop"]


class Event(Document):
    name = StringField()

    def publish(self):
        requests.post("http://hook", json={"name": self.name}, verify=self.name).raise_for_status()


class Step(Document):
    label = StringField()
    event = ReferenceField(Event)
    others = ListField(ReferenceField(Event))
    words = ListField(StringField())


@app.get("/steps")
"""


def handler(*lines: str, how: str = "def") -> Migrated:
    body = "".join(f"    {line}\n" for line in lines)
    return migrate_main(f"{HEAD}{how} steps(name: str):\n{body}")


def goes_to_a_thread(done: Migrated) -> bool:
    return "await run_in_threadpool(" in done.function("app/main.py", "steps")


WAITS = {
    "an item": ["found = Step.objects(label=name)", "return found[0].label"],
    "the length": ["return len(Step.objects)"],
    "whether there is one": ["found = Step.objects(label=name)", "if not found:", "    return 1", "return 2"],
    "a test that nothing can be put around": ["if Step.objects(label=name):", "    return 1", "return 2"],
    "one of two": ["found = Step.objects(label=name)", "return found or None"],
    "a text of all": ["found = Step.objects(label=name)", "return found.to_json()"],
    "an item of a slice": ["return Step.objects(label=name)[:3][0].label"],
    "a loop over a slice": ["return [each.label for each in Step.objects[:3]]"],
    "a method of the class": ["step = Event.objects.get(name=name)", "step.publish()"],
    "a method of an item": ["for each in Event.objects(name=name):", "    each.publish()"],
    "a reference": ["step = Step.objects.first()", "return step.event.name"],
    "references": ["step = Step.objects.first()", "return len(step.others)"],
    "an item that is set": ["cache['k'] = name", "return name"],
    "an item that is read": ["return cache[name]"],
    "an item that goes": ["del cache[name]", "return name"],
    "whether there is an item": ["return name in cache"],
    "an item of a cursor": ["return str(shop.steps.find({'label': name})[0])"],
    "the state of a task": ["return AsyncResult(name).status"],
}


@pytest.mark.parametrize("case", WAITS)
@pytest.mark.parametrize("how", ["def", "async def"])
def test_what_waits_is_found(case: str, how: str) -> None:
    done = handler(*WAITS[case], how=how)
    assert any(found.code.startswith("AF2") for found in done.report.findings)
    if how == "def":
        assert goes_to_a_thread(done)


UNKNOWN = {
    "an item that is set": ["store[name] = 1", "return name"],
    "an item that is read": ["return store[name]"],
    "an item that goes": ["del store[name]", "return name"],
    "whether there is an item": ["return name in store"],
    "a loop": ["for each in store:", "    print(each)", "return name"],
    "a with": ["with store:", "    return name"],
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_objects_of_libraries_do_that_nobody_knows_stays_in_a_thread(case: str) -> None:
    body = "".join(f"    {line}\n" for line in UNKNOWN[case])
    store = 'from unheard_of import Store\n\nstore = Store("folder")\n\n\n@app.get("/steps")\n'
    assert goes_to_a_thread(migrate_main(f"{store}def steps(name: str):\n{body}"))
    body = body.replace("store", "own")
    own = migrate_main(f"{store}def steps(name: str):\n    own = {{}}\n{body}")
    assert case == "a with" or not goes_to_a_thread(own)


def test_nothing_that_waits_is_left_on_the_loop() -> None:
    done = handler("found = Step.objects(label=name)", "if found:", "    return found[0].label", "return ''")
    steps = done.function("app/main.py", "steps")
    assert "found" not in steps
    assert "return await run_in_threadpool(_steps, name)" in steps


QUIET = {
    "items of a dictionary": [
        "found = {name: 1}",
        "found['b'] = 2",
        "del found[name]",
        "return name in found",
    ],
    "a query": ["found = Step.objects(label=name).order_by('-label')", "return str(found._query)"],
    "a slice": ["found = Step.objects(label=name)[:3]", "return found is None"],
    "a new object": ["step = Step(label=name)", "return step.label if step else None"],
    "a field of its own": ["step = Step(label=name)", "return len(step.words)"],
    "a list": ["found = [name]", "return found[0] if found else len(found)"],
    "a cursor": ["found = shop.steps.find({'label': name})[:3]", "return found is None"],
}


@pytest.mark.parametrize("case", QUIET)
def test_what_does_not_wait_is_quiet(case: str) -> None:
    done = handler(*QUIET[case], how="async def")
    assert not [found for found in done.report.findings if found.code.startswith("AF2")]
    assert done.is_unchanged


def pickled(line: str) -> Migrated:
    head = 'import pickle\n\nwith open("model.pkl", "rb") as file:\n    bundle = pickle.load(file)\n'
    return migrate_main(
        f'{head}model = bundle["model"]\n\n\n@app.get("/p")\ndef p(x: str):\n    return {line}\n'
    )


@pytest.mark.parametrize(
    "line", ["model.predict([x])", 'bundle["scaler"].transform([x])', "bundle.predict(x)"]
)
def test_a_model_out_of_a_pickle_is_slow(line: str) -> None:
    assert "await run_in_threadpool(" in pickled(line).function("app/main.py", "p")


@pytest.mark.parametrize("line", ["model.lookup(x)", 'bundle["engine"].search(x)', "bundle.get(x)"])
def test_what_else_a_pickle_can_do_is_unknown(line: str) -> None:
    assert "await run_in_threadpool(" in pickled(line).function("app/main.py", "p")


@pytest.mark.parametrize("line", ['bundle["names"]', 'bundle["names"][0].upper()', "model is None"])
def test_what_lies_in_a_pickle_is_read_at_once(line: str) -> None:
    assert "await" not in pickled(line).function("app/main.py", "p")
