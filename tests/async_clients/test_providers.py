"""Objects that the providers of dependency_injector give, and those that tests put in their place."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run
from servers import http_server

APP = """
    import requests
    from dependency_injector import containers, providers
    from dependency_injector.wiring import Provide, inject
    from fastapi import Depends, FastAPI
    from fastapi.testclient import TestClient


    class Api:
        def __init__(self, base):
            self.base = base

        def get(self, path):
            return requests.get(f"{self.base}/{path}").json()


    class Service:
        def __init__(self, api: Api):
            self.api = api

        def load(self, path):
            return self.api.get(path)["path"]


    class Container(containers.DeclarativeContainer):
        api = providers.Singleton(Api, base="URL")
        service = providers.Factory(Service, api=api)


    container = Container()
    app = FastAPI()


    @app.get("/called")
    def called():
        return container.service().load("echo")


    @app.get("/injected")
    @inject
    def injected(service: Service = Depends(Provide[Container.service])):
        return service.load("echo")


    def call():
        container.wire(modules=[__name__])
        with TestClient(app) as client:
            return [client.get(path).json() for path in ("/called", "/injected")]
"""


def test_what_a_provider_gives_is_awaited(tmp_path: Path) -> None:
    pytest.importorskip("dependency_injector")
    with http_server() as url:
        outcome = migrate({"app/routes.py": changed(APP).replace("URL", url)})
        assert "    return await container.service().load(" in outcome.text
        assert "    return await service.load(" in outcome.text
        (old,) = run(tmp_path / "old", outcome.before, "call")
        assert run(tmp_path / "new", outcome.texts, "call") == [old]
        assert old == ["/echo", "/echo"]


INJECTED = {
    "by default": "service: Service = Depends(Provide[Container.service])",
    "by a text": 'service: Service = Depends(Provide["service"])',
    "by its annotation": "service: Annotated[Service, Depends(Provide[Container.service])]",
}


@pytest.mark.parametrize("name", INJECTED)
def test_what_a_marker_injects_is_what_the_annotation_says(name: str) -> None:
    """The marker had counted as the object, and the call on it was not awaited."""
    text = APP.replace(INJECTED["by default"], INJECTED[name])
    text = text.replace("import requests", "from typing import Annotated\n\n    import requests", 1)
    assert "    return await service.load(" in migrate({"app/routes.py": changed(text)}).text


def test_what_a_marker_injects_without_an_annotation_keeps_its_service() -> None:
    text = APP.replace("service: Service = Depends", "service=Depends")
    outcome = migrate({"app/routes.py": changed(text)})
    assert "async def load" not in outcome.text or "await service.load(" in outcome.text


@pytest.mark.parametrize(
    ("test", "turns"),
    [
        ("def test(client):\n    with client.app.container.service.override(dict()):\n        pass\n", False),
        ("def test():\n    container.override_providers(api=dict)\n", False),
        ("def test():\n    Container.api.override(providers.Factory(dict))\n", False),
        ("def test(settings):\n    settings.other.override(1)\n", True),
        ("def test():\n    override('service')\n", True),
    ],
)  # fmt: skip
def test_what_tests_override_stays_synchronous(test: str, turns: bool) -> None:
    test = f"from dependency_injector import providers\nfrom app.routes import Container, container\n\n{test}"
    text = migrate({"app/routes.py": changed(APP), "tests/test_it.py": test}).text
    assert ("    async def get(self, path):" in text) is turns
    assert ("await run_in_threadpool(container.service().load, " in text) is not turns
