"""Methods that only texts and dates have stay on the loop, whatever they are called on."""

from __future__ import annotations

import pytest
from small_projects import APP, migrate

ROUTE = "\n\n@app.get('/')\ndef show():\n    return nobody.found.{call}\n"


def waits(call: str, more: str = "") -> bool:
    text = f"import nobody\n{more}{APP}{ROUTE.format(call=call)}"
    done = migrate({"app/__init__.py": "", "app/main.py": text})
    assert "async def show()" in done.texts["app/main.py"]
    return "run_in_threadpool" in done.texts["app/main.py"]


WORD = "import nobody\n\nword = nobody.find()\n"


@pytest.mark.parametrize(
    "call",
    [
        "lower()",
        "strip(' ')",
        "startswith('a')",
        "splitlines()",
        "isoformat()",
        "total_seconds()",
        "split(',')",
    ],
)
def test_what_only_texts_and_dates_have(call: str) -> None:
    text = f"{WORD}{APP}\n\n@app.get('/')\ndef show():\n    return word.{call}\n"
    done = migrate({"app/__init__.py": "", "app/main.py": text})
    assert "run_in_threadpool" not in done.texts["app/main.py"]


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("get('a')", ""),
        ("items()", ""),
        ("replace('a', 'b')", ""),
        ("run()", ""),
        ("lower()", "\n\nclass Crane:\n    def lower(self):\n        self.rope.wait()\n"),
        ("lower()", "\n\ndef fit(crane):\n    crane.lower = input\n"),
    ],
)
def test_what_other_things_have_as_well(call: str, more: str) -> None:
    text = f"{WORD}{APP}{more}\n\n@app.get('/')\ndef show():\n    return word.{call}\n"
    done = migrate({"app/__init__.py": "", "app/main.py": text})
    assert "run_in_threadpool" in done.texts["app/main.py"]


def test_a_function_of_a_library_is_no_method_of_a_text() -> None:
    assert waits("lower()")
