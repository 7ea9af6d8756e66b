"""Where an import goes, what it is called when its name is taken, which imports an edit leaves unused."""

from __future__ import annotations

import ast
import textwrap

import pytest
from async_fix.codemods.engine.text.imports import (
    ImportNeed,
    bound_names,
    place_imports,
    remove_unused_imports,
)

RUN = ImportNeed("fastapi.concurrency", "run_in_threadpool")
RUN_LINE = "from fastapi.concurrency import run_in_threadpool"
ASYNCIO = ImportNeed("asyncio")
CLIENT = ImportNeed("app.http_client", "http_client")


def dedent(text: str) -> str:
    return textwrap.dedent(text).removeprefix("\n")


def place(
    source: str,
    *needs: ImportNeed,
    limit: int | None = 88,
    module: str = "",
    star_names: frozenset[str] = frozenset(),
) -> str:
    first_party = frozenset({"app", "domain"})
    placed = place_imports(
        source, needs, first_party=first_party, line_length=limit, module=module, star_names=star_names
    )
    again = place_imports(
        placed, needs, first_party=first_party, line_length=limit, module=module, star_names=star_names
    )
    assert again == placed
    ast.parse(placed.removeprefix("\ufeff"))
    return placed


@pytest.mark.parametrize(
    "source",
    [
        "from fastapi.concurrency import run_in_threadpool\n",
        "from fastapi.concurrency import run_in_threadpool as in_thread\n",
        "from starlette.concurrency import run_in_threadpool\n",
        "from fastapi.concurrency import (\n    iterate_in_threadpool,\n    run_in_threadpool,  # x\n)\n",
        "import sys\nsys.path.insert(0, '.')\nfrom fastapi.concurrency import run_in_threadpool\n",
        "import os; from fastapi.concurrency import run_in_threadpool\n",
    ],
)
def test_what_is_imported_already_is_not_imported_again(source: str) -> None:
    assert place(source, RUN) == source


@pytest.mark.parametrize(
    ("source", "need"),
    [
        ("import asyncio\n", ASYNCIO),
        ("import asyncio as aio\n", ASYNCIO),
        ("import asyncio.subprocess\n", ASYNCIO),
        ("import os.path\n", ImportNeed("os.path")),
        ("from os import path\n", ImportNeed("os.path")),
        ("import app.http_client as hc\n", ImportNeed("app.http_client")),
        ("from typing import Any, AsyncIterator\n", ImportNeed("collections.abc", "AsyncIterator")),
        ("http_client = object()\n", ImportNeed("app.http_client", "http_client")),
    ],
)
def test_modules_that_are_there_under_any_name_are_reused(source: str, need: ImportNeed) -> None:
    assert place(source, need, module="app.http_client" if "object" in source else "") == source


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"{RUN_LINE}\n"),
        ('"""Docs."""; import os\n', f'"""Docs."""; import os\n\n{RUN_LINE}\n'),
        ('"""Docs."""\n', f'"""Docs."""\n\n{RUN_LINE}\n'),
        ('"""Docs."""', f'"""Docs."""\n\n{RUN_LINE}\n'),
        ('"""Docs."""\nx = 1\n', f'"""Docs."""\n\n{RUN_LINE}\n\nx = 1\n'),
        ('"""Docs."""\n\n\ndef f(): ...\n', f'"""Docs."""\n\n{RUN_LINE}\n\n\ndef f(): ...\n'),
        ("x = 1\n", f"{RUN_LINE}\n\nx = 1\n"),
        ("@a\ndef f(): ...\n", f"{RUN_LINE}\n\n\n@a\ndef f(): ...\n"),
        ("# only a comment\n", f"# only a comment\n\n{RUN_LINE}\n"),
        (
            "#!/usr/bin/python\n# coding: utf-8\n\nx = 1\n",
            f"#!/usr/bin/python\n# coding: utf-8\n\n{RUN_LINE}\n\nx = 1\n",
        ),
        ("# licence\n\n# the app\napp = 1\n", f"# licence\n\n{RUN_LINE}\n\n# the app\napp = 1\n"),
        (
            "# licence\nimport os\n",
            f"# licence\nimport os\n\n{RUN_LINE}\n",
        ),
        (
            "from __future__ import annotations\n\n__all__ = ['f']\n\nimport os\n",
            f"from __future__ import annotations\n\n__all__ = ['f']\n\nimport os\n\n{RUN_LINE}\n",
        ),
        (
            "from __future__ import annotations\n\nx = 1\n",
            f"from __future__ import annotations\n\n{RUN_LINE}\n\nx = 1\n",
        ),
        (
            "from __future__ import annotations\nimport os\nfrom app import x\n",
            f"from __future__ import annotations\nimport os\n{RUN_LINE}\nfrom app import x\n",
        ),
        ("try:\n    import orjson\nexcept ImportError:\n    orjson = None\n", None),
        ("if TYPE_CHECKING:\n    from fastapi.concurrency import run_in_threadpool\n", None),
    ],
)
def test_files_without_an_import_to_stand_beside(before: str, after: str | None) -> None:
    assert place(before, RUN) == (f"{RUN_LINE}\n\n{before}" if after is None else after)


@pytest.mark.parametrize(
    ("before", "need", "after"),
    [
        # its own group, between the others
        ("import os\n\nfrom app import x\n", RUN, f"import os\n\n{RUN_LINE}\n\nfrom app import x\n"),
        ("from fastapi import FastAPI\n", ASYNCIO, "import asyncio\n\nfrom fastapi import FastAPI\n"),
        (
            "import os\n\nfrom . import x\n",
            CLIENT,
            "import os\n\nfrom app.http_client import http_client\n\nfrom . import x\n",
        ),
        # what opens the file stays on top, and so does what belongs to the import
        ("# app.py\nimport os\n", ASYNCIO, "# app.py\nimport asyncio\nimport os\n"),
        ("#!/usr/bin/python\nimport os\n", ASYNCIO, "#!/usr/bin/python\nimport asyncio\nimport os\n"),
        ("import abc\n# is\nimport os\n", ASYNCIO, "import abc\nimport asyncio\n# is\nimport os\n"),
        ("x = 1\n# is\nimport os\n", ASYNCIO, "x = 1\nimport asyncio\n# is\nimport os\n"),
        # in order, `import` before `from` or by module, as the group has it
        ("import os\nfrom abc import ABC\n", ASYNCIO, "import asyncio\nimport os\nfrom abc import ABC\n"),
        ("from abc import ABC\nimport os\n", ASYNCIO, "from abc import ABC\nimport asyncio\nimport os\n"),
        ("import sys\nimport os\n", ASYNCIO, "import sys\nimport os\nimport asyncio\n"),
        (
            "from fastapi import FastAPI\nfrom sqlalchemy import x\n",
            RUN,
            f"from fastapi import FastAPI\n{RUN_LINE}\nfrom sqlalchemy import x\n",
        ),
        ("import z2\nimport z10\n", ImportNeed("z9"), "import z2\nimport z9\nimport z10\n"),
        # `import a` and `from a import b` kept apart
        (
            "import os\n\nfrom abc import ABC\n\nx = 1\n",
            ImportNeed("asyncio", "gather"),
            "import os\n\nfrom abc import ABC\nfrom asyncio import gather\n\nx = 1\n",
        ),
        # comments: a heading stays on top, any other stays with its import
        (
            "# third party\nimport fastapi\n",
            ImportNeed("anyio"),
            "# third party\nimport anyio\nimport fastapi\n",
        ),
        (
            "import aiofiles\n# needs os\nimport sqlalchemy\n",
            ImportNeed("httpx"),
            "import aiofiles\nimport httpx\n# needs os\nimport sqlalchemy\n",
        ),
        # the comment above a single import is about it, unless it is a heading
        (
            "from app.db import get\n\n# registers all providers\nfrom app.workflows import Store\n",
            CLIENT,
            "from app.db import get\nfrom app.http_client import http_client\n\n# registers all providers\n"
            "from app.workflows import Store\n",
        ),
        (
            "import os\n\n# registers all providers\nfrom app.workflows import Store\n",
            CLIENT,
            "import os\n\nfrom app.http_client import http_client\n# registers all providers\n"
            "from app.workflows import Store\n",
        ),
        (
            "# Local modules\nfrom app.workflows import Store\n",
            CLIENT,
            "# Local modules\nfrom app.http_client import http_client\nfrom app.workflows import Store\n",
        ),
        # without an order, or between packages of two kinds, beside the same package
        (
            "from fastapi import FastAPI\nfrom pydantic import Field\nfrom loguru import log\n",
            RUN,
            f"from fastapi import FastAPI\n{RUN_LINE}\nfrom pydantic import Field\nfrom loguru import log\n",
        ),
        (
            "from fastapi import FastAPI\nfrom app.db import get\nfrom pydantic import Field\n",
            RUN,
            f"from fastapi import FastAPI\n{RUN_LINE}\nfrom app.db import get\nfrom pydantic import Field\n",
        ),
        (
            "from m import aa\nfrom m import cc\nfrom k import b\nfrom m.n import b\nfrom a import c\n",
            ImportNeed("m", "bb"),
            "from m import aa\nfrom m import cc\nfrom m import bb\nfrom k import b\nfrom m.n import b\n"
            "from a import c\n",
        ),
        (
            "import fastapi\nimport requests\nfrom starlette import status\n",
            RUN,
            f"import fastapi\nimport requests\n{RUN_LINE}\nfrom starlette import status\n",
        ),
        # no blank lines between the sections
        (
            "import os\nimport fastapi\nimport app\n",
            ASYNCIO,
            "import asyncio\nimport os\nimport fastapi\nimport app\n",
        ),
        ("import os; import sys\nx = 1\n", ASYNCIO, "import asyncio\nimport os; import sys\nx = 1\n"),
        ("import zlib; x = [\n1]\n", ASYNCIO, "import asyncio\n\nimport zlib; x = [\n1]\n"),
        ("import zlib", ImportNeed("fastapi"), "import zlib\n\nimport fastapi\n"),
    ],
)
def test_group_and_order_are_those_of_the_file(before: str, need: ImportNeed, after: str) -> None:
    assert place(before, need) == after


def test_import_joins_sections_that_no_blank_line_parts() -> None:
    before = "import asyncio\nfrom typing import Any\nfrom app.core import logger\nfrom app.db import get\n"
    after = before.replace("Any\n", f"Any\n{RUN_LINE}\n")
    assert place(before, RUN) == after


def test_project_import_stays_below_the_set_up_of_sys_path() -> None:
    before = dedent(
        """
        import sys
        from pathlib import Path

        sys.path.insert(0, str(Path(__file__).parent))

        from app.config import settings

        from fastapi import FastAPI
        """
    )
    after = place(before, CLIENT, ASYNCIO, RUN)
    assert after == dedent(
        """
        import asyncio
        import sys
        from pathlib import Path

        sys.path.insert(0, str(Path(__file__).parent))

        from app.config import settings
        from app.http_client import http_client

        from fastapi import FastAPI
        from fastapi.concurrency import run_in_threadpool
        """
    )


def test_import_at_the_bottom_of_the_file_does_not_draw_others_down() -> None:
    before = "import os\n\n\ndef f(): ...\n\n\nfrom fastapi import Request\n"
    assert (
        place(before, RUN) == f"import os\n\n{RUN_LINE}\n\n\ndef f(): ...\n\n\nfrom fastapi import Request\n"
    )


LATE = "import os\n\nADDED\nDEFINED\n\n\nfrom app.late import other\nBELOW"


@pytest.mark.parametrize(
    "defined",
    [
        "@once\ndef client():\n    return os",
        "client = once(os)",
        "client = \uff4fnce(os)",  # the same name, for Python
        "class Service:\n    client = once(os)",
        "def client(make=once): ...",
        "def client() -> once: ...",
    ],
)
def test_name_that_is_read_when_the_module_is_loaded_is_imported_above_that(defined: str) -> None:
    before = LATE.replace("DEFINED", defined).replace("BELOW", "")
    after = before.replace("ADDED", "from app.clients import once\n\n")
    need = ImportNeed("app.clients", "once")
    assert place(before.replace("ADDED\n", "\n"), need) == after
    below = f"{before}from app.clients import once\n"
    assert place(below.replace("ADDED\n", "\n"), need) == f"{after}from app.clients import once\n"


def test_others_of_the_same_module_join_what_must_stand_high() -> None:
    below = "\n\ndef stop():\n    return close()\n"
    before = LATE.replace("DEFINED", "@once\ndef client(): ...").replace("BELOW", below)
    needs = ImportNeed("app.clients", "close"), ImportNeed("app.clients", "once")
    after = before.replace("ADDED", "from app.clients import close, once\n\n")
    assert place(before.replace("ADDED\n", "\n"), *needs) == after


@pytest.mark.parametrize("defined", ["def client():\n    return once", "make = lambda: once"])
def test_name_that_is_read_when_a_function_runs_stands_with_the_others(defined: str) -> None:
    before = LATE.replace("DEFINED", defined).replace("ADDED\n", "").replace("BELOW", "")
    after = before.replace("from app.late", "from app.clients import once\nfrom app.late")
    assert place(before, ImportNeed("app.clients", "once")) == after


NEED_B = ImportNeed("m", "bb")
_PATCHED = "import m.inner\n\n\ndef patch(): ...\n\n\nm.inner.match = patch\n"


def test_name_joins_an_import_below_a_function_where_all_that_uses_it_stands_lower_still() -> None:
    before = f"{_PATCHED}\nfrom m import aa\n\n\ndef make() -> bb: ...\n"
    assert place(before, NEED_B) == before.replace("import aa", "import aa, bb")


@pytest.mark.parametrize(
    "rest",
    [
        "def early() -> bb: ...\n\n\nfrom m import aa\n\n\ndef make() -> bb: ...\n",
        "class Early:\n    kind = bb\n\n\nfrom m import aa\n",
        "from m import aa\n",
        "if early:\n    from m import aa\n\n\ndef make() -> bb: ...\n",
    ],
)
def test_name_that_is_used_above_a_late_import_or_not_at_all_stands_at_the_top(rest: str) -> None:
    before = f"{_PATCHED}\n{rest}"
    assert place(before, NEED_B) == before.replace("m.inner\n", "m.inner\nfrom m import bb\n", 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from m import aa, cc\n", "from m import aa, bb, cc\n"),
        ("from m import AA, Bb, aa, cc\n", "from m import AA, Bb, aa, bb, cc\n"),
        ("from m import cc, aa\n", "from m import cc, aa, bb\n"),
        ("from m import aa  # noqa: F401\n", "from m import aa, bb  # noqa: F401\n"),
        ("from m import aa;\n", "from m import aa, bb;\n"),
        ("from m import (aa)\n", "from m import (aa, bb)\n"),
        ("from m import (aa,)\n", "from m import (aa, bb,)\n"),
        ("from m import (\n    aa,\n    cc,\n)\n", "from m import (\n    aa,\n    bb,\n    cc,\n)\n"),
        ("from m import (\n\taa,\n)\n", "from m import (\n\taa,\n\tbb,\n)\n"),
        ("from m import (\n  # the first\n  cc,\n)\n", "from m import (\n  bb,\n  # the first\n  cc,\n)\n"),
        (
            "from m import (\n  aa,  # one\n  cc,  # two\n)\n",
            "from m import (\n  aa,  # one\n  bb,\n  cc,  # two\n)\n",
        ),
        ("from m import (\n  aa  # one\n)\n", "from m import (\n  aa,  # one\n  bb\n)\n"),
        ("from m import (\n  aa)  # one\n", "from m import (\n  aa,\n  bb)  # one\n"),
        ("from m import (\n  aa,)\n", "from m import (\n  aa,\n  bb,)\n"),
        ("from m import (aa,\n               cc)\n", "from m import (aa,\n               bb, cc)\n"),
        ("from m import aa, \\\n    cc\n", "from m import aa, \\\n    bb, cc\n"),
        (
            "from m import (\n    aa\n    , cc\n)\n",
            "from m import (\n    aa\n    , cc\n)\nfrom m import bb\n",
        ),
        ("from m import aa; from n import cc\n", "from m import aa; from n import cc\nfrom m import bb\n"),
        ("from m import aa as x\n", "from m import aa as x\nfrom m import bb\n"),
        ("from m import aa as x, cc\n", "from m import aa as x, bb, cc\n"),
        ("from m import *\n", "from m import *\nfrom m import bb\n"),
        (
            "from k import a\nfrom k import b\nfrom m import aa\n",
            "from k import a\nfrom k import b\nfrom m import aa\nfrom m import bb\n",
        ),
        ("from .m import aa\n", "from m import bb\n\nfrom .m import aa\n"),
    ],
)
def test_name_joins_the_import_of_its_module(before: str, after: str) -> None:
    assert place(before, NEED_B) == after


def test_import_that_gets_too_long_takes_one_name_a_line() -> None:
    names = "a" * 40 + ", " + "c" * 30
    assert place(f"from m import {names}  # why\n", NEED_B) == (
        f"from m import (  # why\n    {'a' * 40},\n    bb,\n    {'c' * 30},\n)\n"
    )
    assert place(f"from m import {'a' * 72}", NEED_B) == f"from m import (\n    {'a' * 72},\n    bb,\n)"
    packed = f"from m import ({'a' * 60},\n               {'c' * 70})\n"
    assert place(packed, NEED_B) == f"from m import (\n    {'a' * 60},\n    bb,\n    {'c' * 70},\n)\n"


@pytest.mark.parametrize(("other", "indent"), [("  a,\n", "  "), ("a,\n", "    ")])
def test_import_that_takes_one_name_a_line_is_indented_as_others_are(other: str, indent: str) -> None:
    source = f"from k import (\n{other})\nfrom m import {'a' * 72}\n"
    assert place(source, NEED_B).endswith(f"from m import (\n{indent}{'a' * 72},\n{indent}bb,\n)\n")


@pytest.mark.parametrize(
    "source",
    [
        f"from m import ({'a' * 60},  # the first\n               {'c' * 72})\n",
        f"from m import {'a' * 70}; x = 1\n",
    ],
)
def test_import_that_gets_too_long_and_stands_with_something_else_is_left_alone(source: str) -> None:
    placed = place(source, NEED_B)
    assert placed.replace("from m import bb\n", "").strip("\n") == source.strip("\n")


def test_without_a_limit_an_import_may_be_as_long_as_the_longest_there() -> None:
    long = f"from k import {'k' * 90}\n"
    assert (
        place(f"{long}from m import {'a' * 80}\n", NEED_B, limit=None)
        == f"{long}from m import {'a' * 80}, bb\n"
    )
    assert "(\n" in place(f"from m import {'a' * 74}\n", NEED_B, limit=None)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
@pytest.mark.parametrize(
    "before", ['"""Docs."""\nimport os\nx = 1\n', "from m import (\n    aa,\n)\n", "x = 1\n", ""]
)
def test_line_ends_stay_what_they_are(before: str, newline: str) -> None:
    expected = place(before, NEED_B).replace("\n", newline if before else "\n")
    assert place(before.replace("\n", newline), NEED_B) == expected


def test_byte_order_mark_and_form_feed_stay_where_they_are() -> None:
    assert place("\ufeffimport os\n", ASYNCIO) == "\ufeffimport asyncio\nimport os\n"
    assert place("\ufeff", ASYNCIO) == "\ufeffimport asyncio\n"
    assert (
        place("import os\n\f\nx = '\u2028\x1c'\n", RUN) == f"import os\n\n{RUN_LINE}\n\f\nx = '\u2028\x1c'\n"
    )


TAKEN = [
    "run_in_threadpool = 1\n",
    "def run_in_threadpool(): ...\n",
    "from app.pool import run_in_threadpool\n",
    "from app import pool as run_in_threadpool\n",
    "def f(run_in_threadpool): ...\n",
    "def f():\n    for run_in_threadpool in (): ...\n",
    "f = lambda *run_in_threadpool: 1\n",
    "x = [1 for run_in_threadpool in ()]\n",
    "def f():\n    with g() as run_in_threadpool: ...\n",
    "try: ...\nexcept E as run_in_threadpool: ...\n",
    "match x:\n    case {'a': run_in_threadpool}: ...\n",
    "match x:\n    case {**run_in_threadpool}: ...\n",
    "match x:\n    case [*run_in_threadpool]: ...\n",
    "class A:\n    run_in_threadpool = None\n",
    "if (run_in_threadpool := g()): ...\n",
    "def f():\n    del run_in_threadpool\n",
    "def f():\n    g()\n    from fastapi.concurrency import run_in_threadpool\n",
    "try:\n    from fastapi.concurrency import run_in_threadpool\nexcept E:\n    run_in_threadpool = None\n",
]


@pytest.mark.parametrize("source", TAKEN)
def test_taken_name_is_never_rebound(source: str) -> None:
    assert bound_names(source, [RUN]) == {RUN: "concurrency.run_in_threadpool"}
    placed = place(source, RUN)
    assert "from fastapi import concurrency\n" in placed
    assert "from fastapi.concurrency import run_in_threadpool\n" not in placed.replace(source, "")


@pytest.mark.parametrize(
    ("source", "need", "spelling", "line"),
    [
        (
            "import fastapi.concurrency\nrun_in_threadpool = 1\n",
            RUN,
            "fastapi.concurrency.run_in_threadpool",
            "",
        ),
        ("from fastapi import concurrency as c\nrun_in_threadpool = 1\n", RUN, "c.run_in_threadpool", ""),
        (
            "run_in_threadpool = concurrency = 1\n",
            RUN,
            "concurrency_run_in_threadpool",
            "from fastapi.concurrency import run_in_threadpool as concurrency_run_in_threadpool",
        ),
        ("asyncio = 1\n", ASYNCIO, "asyncio_module", "import asyncio as asyncio_module"),
        ("def f(app): ...\n", ImportNeed("app.http_client"), "http_client", "from app import http_client"),
        # the package may hold the client itself under the name of its module
        (
            "http_client = 1\n",
            CLIENT,
            "app_http_client",
            "from app.http_client import http_client as app_http_client",
        ),
        ("run = 1\n", ImportNeed("anyio", "run"), "anyio.run", "import anyio"),
        ("", ImportNeed("aiofiles", "open"), "aiofiles.open", "import aiofiles"),
    ],
)
def test_taken_name_is_reached_another_way(source: str, need: ImportNeed, spelling: str, line: str) -> None:
    assert bound_names(source, [need]) == {need: spelling}
    placed = place(source, need)
    assert (line in placed.splitlines()) if line else placed == source


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    import asyncio\n    return asyncio\n\n\nprint(asyncio)\n",
        'def f():\n    """Docs."""\n    import os\n    import asyncio\n',
        "if TYPE_CHECKING:\n    import asyncio\n",
        "try:\n    import asyncio\nexcept ImportError:\n    raise\n",
        "obj.asyncio = 1\nf(asyncio=2)\n",
    ],
)
def test_name_that_means_the_same_elsewhere_is_not_taken(source: str) -> None:
    assert bound_names(source, [ASYNCIO]) == {ASYNCIO: "asyncio"}
    assert "import asyncio\n" in place(source, ASYNCIO).replace(source, "")


def test_method_takes_no_name_from_the_functions() -> None:
    need = ImportNeed("sqlalchemy", "delete")
    method = "class Notes:\n    def delete(self):\n        pass\n"
    assert bound_names(method, [need]) == {need: "delete"}
    assert bound_names(f"{method}\n\ndef delete():\n    pass\n", [need]) == {need: "sqlalchemy.delete"}


LOCAL = """\
def f():
    \"\"\"Docs.\"\"\"
    import asyncio

    def inner():
        return asyncio.sleep(1)

    return inner
"""


def test_what_only_a_function_reads_that_imports_it_itself_is_not_imported_again() -> None:
    """The import of the module would be unused, and the function's redefine it."""
    assert place(LOCAL, ASYNCIO) == LOCAL
    for more in ("\n\nasyncio.run(f())\n", "\n\ndef g():\n    return asyncio.sleep(1)\n"):
        assert place(LOCAL + more, ASYNCIO).startswith("import asyncio\n")
    annotated = LOCAL.replace("def f()", 'def f(lock: "asyncio.Lock")')
    assert place(annotated, ASYNCIO).startswith("import asyncio\n")
    as_default = LOCAL.replace("def f()", "def f(sleep=asyncio.sleep)")
    assert place(as_default, ASYNCIO).startswith("import asyncio\n")


def test_two_needs_of_one_name_do_not_meet() -> None:
    needs = [ImportNeed("a", "client"), ImportNeed("b", "client")]
    assert bound_names("", needs) == {needs[0]: "client", needs[1]: "b.client"}
    assert place("", *needs) == "import b\nfrom a import client\n"


def test_names_known_to_come_from_a_star_import_are_taken() -> None:
    source = "from app.config import *\n"
    assert bound_names(source, [RUN]) == {RUN: "run_in_threadpool"}
    brought = frozenset({"run_in_threadpool"})
    assert bound_names(source, [RUN], star_names=brought) == {RUN: "concurrency.run_in_threadpool"}
    assert "from fastapi import concurrency" in place(source, RUN, star_names=brought)


def test_decisions_made_on_the_text_before_the_edit_hold_after_it() -> None:
    original = "def f(run_in_threadpool): ...\n"
    edited = "def f(): ...\n"
    placed = place_imports(edited, [RUN], first_party=frozenset(), line_length=88, original=original)
    assert placed.startswith("from fastapi import concurrency\n")


@pytest.mark.parametrize(
    ("source", "module", "is_package", "line"),
    [
        ("from .models import User\n", "app.routes", False, "from .http_client import http_client"),
        ("from ..models import User\n", "app.api.routes", False, "from ..http_client import http_client"),
        (
            "from .models import User\n",
            "app",
            True,
            "from .http_client import http_client as app_http_client",
        ),
        (
            "from .models import User\nimport app.config\n",
            "app.routes",
            False,
            "from app.http_client import http_client",
        ),
        ("from .models import User\n", "other.routes", False, "from app.http_client import http_client"),
        ("from .models import User\n", "", False, "from app.http_client import http_client"),
        ("import os\n", "app.routes", False, "from app.http_client import http_client"),
    ],
)
def test_package_that_imports_itself_relatively_goes_on_so(
    source: str, module: str, is_package: bool, line: str
) -> None:
    placed = place_imports(
        source, [CLIENT], first_party=frozenset({"app"}), line_length=88, module=module, is_package=is_package
    )
    assert line in placed.splitlines()


def test_relative_import_of_the_same_thing_is_reused() -> None:
    source = "from .http_client import http_client as client\n"
    assert bound_names(source, [CLIENT], module="app.routes") == {CLIENT: "client"}
    assert place(source, CLIENT, module="app.routes") == source


def test_relative_module_is_imported_by_its_last_name() -> None:
    need = ImportNeed("app.http_client")
    assert bound_names("from . import x\n", [need], module="app.routes") == {need: "http_client"}
    assert place("from . import x\n", need, module="app.routes") == "from . import http_client, x\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # used still, in places that are easy to miss
        ("import a\n\na()\n", "import a\n\nx: 'a.B' = 1\n"),
        ("import a\n\na()\n", "import a\n\ndef f(x: 'list[a.B]') -> 'a.C': ...\n"),
        ("import a\n\na()\n", "import a\n\ncast('a.B', x)\n"),
        ("import a\n\na()\n", "import a\n\nx = Optional['a']\n"),
        ("import a\n\na()\n", "import a\n\n__all__ = ['a']\n"),
        ("import a\n\na()\n", "import a\n\n__all__ += ['a']\n"),
        ("import a\n\na()\n", "import a\n\nx = []  # type: list[a.B]\n"),
        ("import a\n\na()\n", "import a\n\ntry: ...\nexcept a.E: ...\n"),
        ("import a\n\na()\n", "import a\n\nmock.patch('app.mod.a.get')\n"),
        ("import a\n\na()\n", "import a\n\nglobals()[name]()\n"),
        ("import a\n\na()\n", "import a\n\nx = vars()\n"),
        ("import a\n\na()\n", "import a\n\ndel a\n"),
        ("import a.b\nimport a.c\n\na.b()\na.c()\n", "import a.b\nimport a.c\n\na.b()\n"),
        # unused before the edit
        ("import a\n\nx = 1\n", "import a\n\nx = 2\n"),
        ("from __future__ import annotations\n\nx = 1\n", "from __future__ import annotations\n\nx = 2\n"),
        # not imported before the edit
        ("a = 1\n", "import a\n\nx = 2\n"),
        ("from b import a\n\na()\n", "from c import a\n\nx = 2\n"),
        # kept on purpose
        ("import a  # noqa: F401\n\na()\n", "import a  # noqa: F401\n\nx = 1\n"),
        (
            "import a  # pylint: disable=unused-import\n\na()\n",
            "import a  # pylint: disable=unused-import\n\nx = 1\n",
        ),
        ("from m import (  # noqa\n    a,\n)\n\na()\n", "from m import (  # noqa\n    a,\n)\n\nx = 1\n"),
        (
            "try:\n    import a\nexcept ImportError:\n    a = None\na()\n",
            "try:\n    import a\nexcept ImportError: ...\n",
        ),
        ("if DEBUG:\n    import a\na()\n", "if DEBUG:\n    import a\nx = 1\n"),
        (
            "if TYPE_CHECKING:\n    import a\nelse:\n    a = None\na()\n",
            "if TYPE_CHECKING:\n    import a\nelse:\n    a = None\n",
        ),
        (
            "if TYPE_CHECKING:\n    import a\n\nx: a.B\n",
            "if TYPE_CHECKING:\n    import a\n\nx: list['a.C']\n",
        ),
        ("if TYPE_CHECKING:\n    import a\n\nx = 1\n", "if TYPE_CHECKING:\n    import a\n\nx = 2\n"),
        ("class A:\n    import a\n    a()\n", "class A:\n    import a\n    x = 1\n"),
        ("from m import *\na()\n", "from m import *\nx = 1\n"),
        # the only statement of its block
        ("def f():\n    import a\n    a()\n", "def f():\n    import a\n"),
        ("def f():\n    if x:\n        import a\n    a()\n", "def f():\n    if x:\n        import a\n"),
        # used elsewhere in the function, or asked for
        (
            "def f():\n    if x:\n        import a\n        a()\n    a()\n",
            "def f():\n    if x:\n        import a\n        b()\n    a()\n",
        ),
        (
            "def f():\n    try:\n        import a\n        a()\n    except ImportError: ...\n",
            "def f():\n    try:\n        import a\n        b()\n    except ImportError: ...\n",
        ),
        (
            "def f():\n    try:\n        import a\n        a()\n    except Exception: ...\n",
            "def f():\n    try:\n        import a\n        b()\n    except Exception: ...\n",
        ),
        (
            "def f():\n    try:\n        import a, b\n        a(b)\n    except Exception: ...\n",
            "def f():\n    try:\n        import a, b\n        b()\n    except Exception: ...\n",
        ),
        (
            "def f():\n    try:\n        import json\n        json.a()\n    except (ImportError, E): ...\n",
            "def f():\n    try:\n        import json\n        b()\n    except (ImportError, E): ...\n",
        ),
    ],
)
def test_imports_that_stay(before: str, after: str) -> None:
    assert remove_unused_imports(before, after) == after


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("    from a import B\n    from c import D\n", "if TYPE_CHECKING:\n    from c import D\n\n"),
        ("    from a import B, D\n", "if TYPE_CHECKING:\n    from a import D\n\n"),
        (
            "    from a import B\n    Alias = dict[str, D]\n",
            "if TYPE_CHECKING:\n    Alias = dict[str, D]\n\n",
        ),
    ],
)
def test_what_only_type_checkers_import_goes(body: str, left: str) -> None:
    head = f"from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n{body}\n"
    text = remove_unused_imports(f"{head}def f(b: B, d: D): ...\n", f"{head}def f(b: C, d: D): ...\n")
    assert text == f"from typing import TYPE_CHECKING\n\n{left}def f(b: C, d: D): ...\n"


def test_a_block_for_type_checkers_goes_with_its_last_import() -> None:
    head = "from typing import TYPE_CHECKING, Any\n\nif TYPE_CHECKING:\n    from a import B\n\n"
    text = remove_unused_imports(f"{head}\ndef f(b: B): ...\n", f"{head}\ndef f(b: Any): ...\n")
    assert text == "from typing import Any\n\n\ndef f(b: Any): ...\n"


def test_what_is_said_in_a_block_for_type_checkers_stays() -> None:
    head = "import m\n\nif m.TYPE_CHECKING:\n    # a circle otherwise\n    from a import B\n\n"
    text = remove_unused_imports(f"{head}\ndef f(b: B): m\n", f"{head}\ndef f(b): m\n")
    assert "# a circle otherwise" in text
    assert "import B" not in text


def test_exported_names_stay() -> None:
    before, after = "import a\nimport b\n\na(b)\n", "import a\nimport b\n\nx = 1\n"
    assert remove_unused_imports(before, after, exported=frozenset({"a"})) == "import a\n\nx = 1\n"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("import a\nimport b\n\na(b)\n", "import a\nimport b\n\nb()\n", "import b\n\nb()\n"),
        (
            "def f():\n    try:\n        from m import a, b\n        a(b)\n    except E: ...\n",
            "def f():\n    try:\n        from m import a, b\n        b()\n    except E: ...\n",
            "def f():\n    try:\n        from m import b\n        b()\n    except E: ...\n",
        ),
        (
            "def f():\n    try:\n        import time\n        time.a()\n    except E: ...\n",
            "def f():\n    try:\n        import time\n        b()\n    except E: ...\n",
            "def f():\n    try:\n        b()\n    except E: ...\n",
        ),
        ("import a\nx = a(vars(b))\n", "import a\nx = vars(b)\n", "x = vars(b)\n"),
        ("import a, b\n\na(b)\n", "import a, b\n\nb()\n", "import b\n\nb()\n"),
        ("import a, b\n\na(b)\n", "import a, b\n\na()\n", "import a\n\na()\n"),
        ("from m import a, b, c\n\na(b, c)\n", "from m import a, b, c\n\na()\n", "from m import a\n\na()\n"),
        ("from m import a, b, c\n\na(b, c)\n", "from m import a, b, c\n\nb()\n", "from m import b\n\nb()\n"),
        ("from m import a, b, c\n\na(b, c)\n", "from m import a, b, c\n\nc()\n", "from m import c\n\nc()\n"),
        ("import a; import b\n\na(b)\n", "import a; import b\n\nb()\n", "import b\n\nb()\n"),
        ("import a; import b\n\na(b)\n", "import a; import b\n\na()\n", "import a\n\na()\n"),
        ("from m import a as x, b\nx(b)\n", "from m import a as x, b\nb()\n", "from m import b\nb()\n"),
        (
            "from m import (\n    a,\n    b,  # two\n    c,\n)\na(b, c)\n",
            "from m import (\n    a,\n    b,  # two\n    c,\n)\na(b)\n",
            "from m import (\n    a,\n    b,  # two\n)\na(b)\n",
        ),
        (
            "from m import (\n    a,\n    # about b\n    b\n)\na(b)\n",
            "from m import (\n    a,\n    # about b\n    b\n)\na()\n",
            "from m import (\n    a,\n    # about b\n)\na()\n",
        ),
        (
            "from m import (a,\n    b)\na(b)\n",
            "from m import (a,\n    b)\na()\n",
            "from m import (a,\n    )\na()\n",
        ),
        (
            "from m import (a,\n    b)\na(b)\n",
            "from m import (a,\n    b)\nb()\n",
            "from m import (\n    b)\nb()\n",
        ),
        (
            "from m import a, \\\n    b\na(b)\n",
            "from m import a, \\\n    b\nb()\n",
            "from m import \\\n    b\nb()\n",
        ),
        # what people are told stays on a line of its own, what tools are told goes
        ("import a  # makes it\n\na()\n", "import a  # makes it\n\nx = 1\n", "# makes it\n\nx = 1\n"),
        (
            "import os\nimport a  # type: ignore[import]\n\nos(a)\n",
            "import os\nimport a  # type: ignore[import]\n\nos()\n",
            "import os\n\nos()\n",
        ),
        (
            "from m import (\n    a,  # one\n    b,  # two\n)\na(b)\n",
            "from m import (\n    a,  # one\n    b,  # two\n)\na()\n",
            "from m import (\n    a,  # one\n    # two\n)\na()\n",
        ),
        (
            "from m import (\n    a,  # one\n    b,\n)\n\nx = a(b)\n",
            "from m import (\n    a,  # one\n    b,\n)\n\nx = 1\n",
            "# one\n\nx = 1\n",
        ),
        (
            "def f():\n    import a  # why\n    return a()\n",
            "def f():\n    import a  # why\n    return 1\n",
            "def f():\n    # why\n    return 1\n",
        ),
        # a comment above stays, blank lines close up
        ("# why\nimport a\n\na()\n", "# why\nimport a\n\nx = 1\n", "# why\n\nx = 1\n"),
        ("import a\n\n\nx = a\n", "import a\n\n\nx = 1\n", "x = 1\n"),
        (
            "import os\n\nimport a\n\nimport app\n\nos(a, app)\n",
            "import os\n\nimport a\n\nimport app\n\nos(app)\n",
            "import os\n\nimport app\n\nos(app)\n",
        ),
        (
            '"""Docs."""\n\nimport a\n\n\ndef f(): a\n',
            '"""Docs."""\n\nimport a\n\n\ndef f(): ...\n',
            '"""Docs."""\n\n\ndef f(): ...\n',
        ),
        (
            "import os\r\nimport a\r\n\r\nos(a)\r\n",
            "import os\r\nimport a\r\n\r\nos()\r\n",
            "import os\r\n\r\nos()\r\n",
        ),
        # inside a function
        (
            "def f():\n    import a\n\n    return a()\n",
            "def f():\n    import a\n\n    return 1\n",
            "def f():\n    return 1\n",
        ),
        (
            "import a\ndef f():\n    import a\n    return a()\na()\n",
            "import a\nasync def f():\n    import a\n    return 1\na()\n",
            "import a\nasync def f():\n    return 1\na()\n",
        ),
        (
            "def f(x):\n    if x:\n        import a\n        a()\n",
            "def f(x):\n    if x:\n        import a\n        b()\n",
            "def f(x):\n    if x:\n        b()\n",
        ),
        (
            "def f(x):\n    for y in x:\n        with y:\n            import a, b\n            a(b)\n",
            "def f(x):\n    for y in x:\n        with y:\n            import a, b\n            b()\n",
            "def f(x):\n    for y in x:\n        with y:\n            import b\n            b()\n",
        ),
    ],
)
def test_imports_that_go(before: str, after: str, expected: str) -> None:
    assert remove_unused_imports(before, after) == expected


def test_import_that_cannot_be_cut_cleanly_stays() -> None:
    before, after = "from m import (a\n    , b)\na(b)\n", "from m import (a\n    , b)\nb()\n"
    assert remove_unused_imports(before, after) == after


def test_names_that_fit_on_one_line_now_do() -> None:
    before = (
        "from app.mail import (\n    send_invoice,\n    send_receipt_with_everything,\n)\n"
        "\nsend_invoice, send_receipt_with_everything\n"
    )
    after = before.replace("send_invoice, send_receipt_with_everything\n", "send_invoice\n")
    assert (
        remove_unused_imports(before, after, limit=60)
        == "from app.mail import send_invoice\n\nsend_invoice\n"
    )


def test_names_that_stood_on_lines_of_their_own_by_choice_stay_so() -> None:
    before = "from app.mail import (\n    a,\n    b,\n    c,\n)\n\na, b, c\n"
    after = before.replace("a, b, c\n", "a, b\n")
    expected = "from app.mail import (\n    a,\n    b,\n)\n\na, b\n"
    assert remove_unused_imports(before, after, limit=60) == expected
