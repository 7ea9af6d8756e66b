"""What `from typing import *` brings: not the built-in functions, though all of the library is fast."""

from __future__ import annotations

import pytest
from small_projects import APP, migrate

STEPS = """

class Steps:
    def __iter__(self):
        return self

    def __next__(self):
        time.sleep(1)
        raise StopIteration


@app.get("/")
def show():
    return {call}
"""


def migrated(library: str, call: str) -> str:
    text = f"import time\nfrom {library} import *\n{APP}{STEPS.replace('{call}', call)}"
    return migrate({"app/__init__.py": "", "app/main.py": text}).texts["app/main.py"]


@pytest.mark.parametrize("library", ["typing", "math", "os", "enum"])
@pytest.mark.parametrize("name", ["list", "sorted", "max"])
def test_a_built_in_function_is_none_of_a_library_that_is_fast(library: str, name: str) -> None:
    assert f"await run_in_threadpool({name}, Steps())" in migrated(library, f"{name}(Steps())")


def test_a_function_of_that_name_that_the_library_has_is_meant() -> None:
    assert "run_in_threadpool" not in migrated("math", "pow(2, 3)").partition("async def show")[2]


@pytest.mark.parametrize("last", ["from pydantic import *", "from fastapi import *"])
def test_what_a_library_names_is_not_of_another_that_is_fast_as_a_whole(last: str) -> None:
    """All of pydantic is fast, so that it might have had a FastAPI; the client is closed by its lifespan."""
    text = f"""import requests as rq
from fastapi import *
from pydantic import *
{last}

app = FastAPI(); s = rq.Session(); s.headers.update({{"X-Key": "1"}})


class Item(BaseModel):
    id: int


@app.post("/")
def show(item: Item):
    return s.get("http://x.test/").json()
"""
    new = migrate({"app/__init__.py": "", "app/main.py": text}).texts["app/main.py"]
    assert "return (await s().get(" in new
    assert "lifespan=lifespan" in new
    assert '    client.headers.update({"X-Key": "1"})\n    return client' in new, (
        "it stood behind a semicolon"
    )
