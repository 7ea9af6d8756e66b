"""Entries that cannot be used are refused, with the file and the key."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from async_fix.codemods.catalogue import CallForm, CatalogueError, Effect, load
from async_fix.codemods.catalogue.loader import read_file, read_library

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def table(text: str) -> Mapping[str, object]:
    return tomllib.loads(text)


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("[acme]\nblocks = 'get'", "[acme] blocks", "unknown key"),
        ("['acme.A']\nfast = 'x'\nreads = 'y'", "[acme.A] reads", "names what is in no list of calls"),
        ("[acme]\ncategory = 'web'", "[acme] category", "'web' must be one of"),
        ("[acme]\nblocking = 'get'", "[acme] category", "is missing"),
        ("[acme]\nfast = 'get'\nawait = 'get'", "[acme] await", "get stands in two lists"),
        ("[acme]\nfast = 'get get'", "[acme] fast", "get stands there twice"),
        ("[acme]\nfast = 'get.it'", "[acme] fast", "'get.it' is not a name"),
        ("[acme]\nunlike = 'urllib.error'", "[acme] unlike", "needs a note"),
        ("[acme]\nfast = 'get'\ndiffers.put = 'a'", "[acme] differs", "put is in none of the lists of calls"),
        ("[acme]\nfast = 'get'\ndiffers.get = 'a.b'", "[acme] differs.get", "'a.b' is not a name"),
        ("[acme]\nfast = 'get'\ndiffers = 'get'", "[acme] differs", "must be a table"),
        ("[acme]\nfast = 'get'\nplain.put = 'a'", "[acme] plain", "put is in none of the lists of calls"),
        ("[acme]\nfast = 'get'\nplain.get = 'a.b'", "[acme] plain.get", "'a.b' is not a name"),
        (
            "[acme]\nfast = 'get'\nhands.'acme.A' = 'put'",
            "[acme] hands",
            "put is in none of the lists of calls",
        ),
        ("['acme.A']\nmade-by = 'a b.'", "[acme.A] made-by", "'b.' is not a name"),
        ("[acme]\nfast = 3", "[acme] fast", "must be names with spaces between them"),
        (
            "[acme]\nfast = 'get'\nreturns.str = 'put'",
            "[acme] returns",
            "put is in none of the lists of calls",
        ),
        (
            "[acme]\nfast = 'get'\nreturns.str = 'get'\nreturns.int = 'get'",
            "[acme] returns.int",
            "has a value already",
        ),
        ("[acme]\nfast = 'get'\nreturns.'a b' = 'get'", "[acme] returns.a b", "must be a dotted name"),
        ("[acme]\nmanual = 'get'", "[acme] manual", "get is in none of the lists of calls"),
        ("[acme]\nfast = 'get'\ncheap = 'put'", "[acme] cheap", "put is in none of the lists of calls"),
        (
            "[acme]\nfast = 'get'\ninstant.'wait=3' = 'get'",
            "[acme] instant.wait=3",
            "must be an argument such as",
        ),
        (
            "[acme]\nfast = 'get'\ninstant.'wait=False' = 'put'",
            "[acme] instant",
            "put is in none of the lists of calls",
        ),
        ("[acme]\nmirror = true", "[acme] mirror", "needs a twin"),
        ("[acme]\nmirror = 'yes'", "[acme] mirror", "must be true or false"),
        ("[acme]\nnew = 'blocking'", "[acme] new", "belongs to the table of a class"),
        ("['acme.Client']\nclasses = 'Other'", "[acme.Client] classes", "belongs to the table of a module"),
        ("['acme.Client']\ntwin = 'not a name'", "[acme.Client] twin", "is not a dotted name"),
        ("[acme]\nsource = 3", "[acme] source", "is not a text"),
        ("['not a name']\nfast = 'get'", "[not a name]", "is not a dotted name"),
        ("acme = 'fast'", "[acme]", "must be a table"),
        ("aliases = 'acme'", "aliases", "must be a table"),
        ("[aliases]\n'acme.get' = 3", "aliases.acme.get", "must be names with spaces between them"),
        (
            "[aliases]\n'acme.get' = 'acme.a'\n'acme.put' = 'acme.a'",
            "aliases.acme.put",
            "acme.a stands there already",
        ),
        ("distribution = 3", "distribution", "must be a text"),
        ("roots = 'other'\n[acme]\nfast = 'get'", "roots", "acme is missing: acme is in the file"),
    ],
)
def test_refused(text: str, key: str, message: str) -> None:
    with pytest.raises(CatalogueError) as error:
        read_library(table(text), "acme.toml")
    assert error.value.file == "acme.toml"
    assert error.value.key == key
    assert message in error.value.message
    assert str(error.value).startswith(f"acme.toml: {key}: ")


def test_a_file_says_first_what_it_speaks_of(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text("[acme]\nfast = 'get'\n")
    with pytest.raises(CatalogueError, match=r"acme\.toml: roots: must be the first line"):
        read_file(path)


def test_broken_toml_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text("roots = 'acme'\n[acme\n")
    with pytest.raises(CatalogueError, match=r"acme\.toml: "):
        read_file(path)


USERS = """
[acme]
distribution = 'acme-sdk'
category = 'sdk'
fast = 'connect'
blocking = 'fetch'
note.fetch = 'asks the server'
returns.'acme.Client' = 'connect'

['acme.Client']
twin = 'acme.aio.Client'
mirror = true
category = 'sdk'
fast = 'url'
blocking = '*'
"""


def test_users_add_libraries_in_the_same_form() -> None:
    catalogue = load([table(USERS)])
    assert catalogue.knows_root("acme")
    fetch = catalogue.find("acme.fetch")
    assert fetch is not None
    assert (fetch.effect, fetch.call_form, fetch.note) == (
        Effect.BLOCKING,
        CallForm.THREAD,
        "asks the server",
    )
    assert fetch.distribution == "acme-sdk"
    send = catalogue.find("acme.Client.send")
    assert send is not None
    assert (send.call_form, send.twin) == (CallForm.AWAIT, "acme.aio.Client.send")
    mirrored = catalogue.find("acme.aio.Client.send")
    assert mirrored is not None
    assert (mirrored.effect, mirrored.call_form) == (Effect.ASYNC, CallForm.AWAIT)


def test_users_entries_win_over_the_bundled_ones_call_by_call() -> None:
    catalogue = load([table("[requests]\ncategory = 'http'\nfast = 'get'")])
    get, post = catalogue.find("requests.get"), catalogue.find("requests.post")
    assert get is not None
    assert get.effect is Effect.FAST
    assert post is not None
    assert post.effect is Effect.BLOCKING


def test_a_bundled_table_stands_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text("roots = 'acme'\n\n[acme]\nfast = 'get'\n")
    monkeypatch.setattr("async_fix.codemods.catalogue.loader.FOLDER", tmp_path)
    with pytest.raises(CatalogueError, match=r"two\.toml: \[acme\]: stands in one\.toml already"):
        load().find("acme.get")


def test_users_entries_refer_to_what_is_there() -> None:
    with pytest.raises(CatalogueError, match=r"requests\.Nothing is not in the catalogue"):
        load([table("[acme]\nfast = 'get'\nreturns.'requests.Nothing' = 'get'")])


def test_a_star_gives_the_type_of_everything_else() -> None:
    text = "['acme.Query']\nfast = '*'\nreturns.'acme.Query' = '*'\nreturns.int = 'count'"
    catalogue = load([table(text)])
    where, count = catalogue.find("acme.Query.where"), catalogue.find("acme.Query.count")
    assert where is not None
    assert where.returns == "acme.Query"
    assert count is not None
    assert count.returns == "builtins.int"


def test_an_argument_says_whether_a_call_waits_and_another_what_it_gives() -> None:
    text = (
        "[acme]\ncategory = 'http'\nblocking = 'fetch'\nclasses = 'Stream'\n"
        "instant.'wait@1=False' = 'fetch'\nstreamed.'acme.Stream' = 'fetch'"
    )
    fetch = load([table(text)]).find("acme.fetch")
    assert fetch is not None
    assert fetch.instant == ("wait", 1, "False")
    assert fetch.streamed == "acme.Stream"


def test_a_file_of_several_libraries_names_their_distributions() -> None:
    text = (
        "distribution = 'rest'\n[distributions]\nacme-sdk = 'acme'\n[acme]\nfast = 'a'\n[other]\nfast = 'a'"
    )
    owners = {owner.name: owner for owner in read_library(table(text), "acme.toml").owners}
    assert owners["acme"].distribution == "acme-sdk"
    assert owners["other"].distribution == "rest"
