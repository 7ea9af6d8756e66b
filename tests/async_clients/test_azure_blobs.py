"""A client of Azure Storage with the containers, blobs and downloads that it gives, and their twins."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest
from async_fix.codemods.catalogue import load
from blob_server import blob_server
from client_programs import Outcome, migrate
from running import run

CLASSES = ("BlobServiceClient", "ContainerClient", "BlobClient", "StorageStreamDownloader")

HEAD = """
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContentSettings
from fastapi import APIRouter, HTTPException

from app.storage import storage, uploaded

router = APIRouter()


@router.get("/")
def call():
"""
HELPER = """

def uploaded(name: str, data: bytes):
    blob = storage.get_blob_client("docs", name)
    blob.upload_blob(data, overwrite=True)
    return blob.url.rpartition("/")[2]
"""
MADE = {
    "a connection string": """
        from azure.storage.blob import BlobServiceClient

        storage = BlobServiceClient.from_connection_string("CONNECTION")
    """,
    "a keyword": """
        from azure.storage.blob import BlobServiceClient

        storage: BlobServiceClient = BlobServiceClient.from_connection_string(conn_str="CONNECTION")
    """,
}

CASES = {
    "uploads and downloads": """
        storage.get_container_client("docs").create_container()
        found = [uploaded("one", b"1"), uploaded("two", b""), uploaded("three", bytes(3))]
        for name in ("one", "two", "three"):
            found += [storage.get_blob_client("docs", name).download_blob().readall()]
        download = storage.get_blob_client("docs", "one").download_blob(encoding="utf-8")
        return [*found, download.readall(), download.size, download.name]
    """,
    "containers": """
        container = storage.get_container_client("docs")
        found = [container.exists(), container.create_container()["etag"], container.exists()]
        container.set_container_metadata({"a": "1"})
        found += [container.get_container_properties().etag]
        container.upload_blob("a", b"aa")
        container.upload_blob(name="b", data="text", metadata={"k": "v"})
        found += [container.get_blob_client("b").download_blob().readall()]
        found += [container.download_blob("a").readall()]
        container.delete_blob("a")
        found += [blob.name for blob in container.list_blobs()]
        container.delete_container()
        return [*found, container.exists()]
    """,
    "listings of several pages": """
        container = storage.get_container_client("docs")
        container.create_container()
        for name in ("a1", "a2", "a3", "b1", "b2"):
            uploaded(name, name.encode())
        found = []
        for blob in container.list_blobs(name_starts_with="a"):
            found.append((blob.name, blob.size))
        found += [name for name in container.list_blob_names()]
        found += [each.name for each in storage.list_containers()]
        return found
    """,
    "what is done with a blob": """
        storage.get_container_client("docs").create_container()
        blob = storage.get_blob_client(container="docs", blob="one")
        found = [blob.exists(), uploaded("one", b"12345"), blob.exists()]
        properties = blob.get_blob_properties()
        found += [properties.size, properties.metadata, blob.container_name, blob.blob_name]
        blob.set_blob_metadata({"a": "2"})
        blob.set_http_headers(ContentSettings(content_type="text/plain"))
        blob.set_blob_tags({"a": "1"})
        found += [blob.get_blob_tags(), blob.undelete_blob()]
        copied = storage.get_blob_client("docs", "copy")
        found += [copied.start_copy_from_url(blob.url)["copy_status"]]
        found += [copied.download_blob(offset=1, length=2).readall()]
        blob.delete_blob()
        found += [blob.exists()]
        blob.close()
        return found
    """,
    "the account": """
        found = [storage.get_account_information()["sku_name"], len(storage.get_service_properties())]
        storage.get_container_client("docs").create_container()
        storage.delete_container("docs")
        container = storage.get_container_client("docs")
        found += [container.exists()]
        container.close()
        return found
    """,
    "errors": """
        found = []
        container = storage.get_container_client("docs")
        try:
            container.get_blob_client("x").download_blob()
        except ResourceNotFoundError as error:
            found += [error.status_code, error.error_code]
        container.create_container()
        try:
            container.create_container()
        except ResourceExistsError as error:
            found += [error.status_code, error.error_code, str(error).partition("RequestId")[0]]
        container.upload_blob("x", b"1")
        try:
            container.upload_blob("x", b"2")
        except ResourceExistsError as error:
            found += [error.error_code]
        try:
            storage.get_blob_client("docs", "missing").delete_blob()
        except HttpResponseError as error:
            found += [type(error).__name__, error.reason]
        return found
    """,
    "an error that is not caught": """
        return storage.get_blob_client("docs", "missing").download_blob().readall()
    """,
}


def _program(body: str, made: str) -> dict[str, str]:
    text = HEAD.lstrip("\n") + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"
    storage = textwrap.dedent(made).strip() + "\n" + HELPER
    return {"app/storage.py": storage, "app/routes.py": text}


def _migrated(body: str, connection: str = "UseDevelopmentStorage=true") -> Outcome:
    return migrate(_program(body, MADE["a connection string"].replace("CONNECTION", connection)))


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("case", CASES)
def test_the_outcome_is_the_same(case: str, made: str, tmp_path: Path) -> None:
    pytest.importorskip("azure.storage.blob")
    pytest.importorskip("aiohttp")
    results = []
    for side in ("old", "new"):
        with blob_server() as connection:
            outcome = migrate(_program(CASES[case], MADE[made].replace("CONNECTION", connection)))
            assert "aio.BlobServiceClient" in outcome.texts["app/storage.py"], outcome.reasons
            assert "run_in_threadpool" not in outcome.text
            texts = outcome.before if side == "old" else outcome.texts
            results += run(tmp_path / side, texts, "call", times=1)
    old, new = results
    assert new == old


def test_every_call_that_is_mapped_is_tried() -> None:
    written = HELPER + "".join(CASES.values())
    exact = {
        name
        for cls in CLASSES
        if (owner := load().owner(f"azure.storage.blob.{cls}"))
        for name in owner.exact
    }
    assert len(exact) > 20
    assert sorted(name for name in exact if f".{name}(" not in written) == []


@pytest.mark.parametrize(
    ("made", "text"),
    [
        ('BlobServiceClient("https://a.blob", "key")', 'aio.BlobServiceClient("https://a.blob", "key")'),
        (
            'BlobServiceClient(account_url=os.environ["URL"], credential=os.environ["KEY"])',
            'aio.BlobServiceClient(account_url=os.environ["URL"], credential=os.environ["KEY"])',
        ),
        (
            "BlobServiceClient.from_connection_string(settings.url, credential=settings.key)",
            "aio.BlobServiceClient.from_connection_string(settings.url, credential=settings.key)",
        ),
    ],
)
def test_a_key_is_no_object_that_waits(made: str, text: str) -> None:
    storage = (
        "import os\nfrom azure.storage.blob import BlobServiceClient\n\n\n"
        f"class Settings:\n    url = ''\n    key: str = 'k'\n\n\nsettings = Settings()\nstorage = {made}\n"
    )
    outcome = migrate(_program('return storage.get_blob_client("c", "b").exists()', storage))
    written = ast.unparse(ast.parse(outcome.texts["app/storage.py"]))
    assert f"return {ast.unparse(ast.parse(text))}\n" in written, outcome.reasons


STAYS = {
    "a file is read by the client": (
        'with open("f", "rb") as file:\n    storage.get_blob_client("c", "b").upload_blob(file)',
        "may be a file",
    ),
    "nobody knows what is sent": (
        'import app.other\nstorage.get_blob_client("c", "b").upload_blob(app.other.data)',
        "may be a file",
    ),
    "arguments that are not written out": (
        'given = {"data": b""}\nstorage.get_blob_client("c", "b").upload_blob(**given)',
        "may be a file",
    ),
    "a lease": (
        'return storage.get_blob_client("c", "b").acquire_lease().id',
        "acquire_lease has no exact twin",
    ),
    "chunks": (
        'return [len(c) for c in storage.get_blob_client("c", "b").download_blob().chunks()]',
        "chunks has no exact twin",
    ),
    "pages": ("return [list(p) for p in storage.list_containers().by_page()]", "by_page"),
    "a listing that is handed on": (
        'return str(storage.get_container_client("c").list_blobs())',
        "handed on",
    ),
    "a blob that is handed on": (
        'blob = storage.get_blob_client("c", "b")\nprint(blob)\nreturn blob.exists()',
        "handed on",
    ),
    "an error that the twin does not raise": (
        "import azure.core.exceptions as errors\ntry:\n    return uploaded('c', b'')\n"
        "except errors.ServiceResponseError:\n    return None",
        "raises no azure.core.exceptions.ServiceResponseError",
    ),
}


@pytest.mark.parametrize("case", STAYS)
def test_what_is_not_the_same_stays_with_the_client(case: str) -> None:
    body, why = STAYS[case]
    outcome = _migrated(body)
    assert "aio" not in outcome.texts["app/storage.py"]
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize(
    "made",
    [
        'BlobServiceClient("https://a.blob.core.windows.net", credential=DefaultAzureCredential())',
        'BlobServiceClient("https://a.blob.core.windows.net", key())',
        'BlobServiceClient.from_connection_string("c", credential=key())',
        'BlobServiceClient.from_connection_string("c", retry_policy=key())',
    ],
)
def test_a_client_with_other_options_stays(made: str) -> None:
    storage = (
        "from azure.identity import DefaultAzureCredential\n"
        "from azure.storage.blob import BlobServiceClient\n\n"
        f"from app.keys import key\n\nstorage = {made}\n"
    )
    outcome = migrate(_program('return storage.get_blob_client("c", "b").exists()', storage))
    assert outcome.texts["app/storage.py"] == outcome.before["app/storage.py"]
    assert any("may take differently" in reason for reason in outcome.reasons), outcome.reasons


def test_an_old_version_stays() -> None:
    body = 'return storage.get_blob_client("c", "b").exists()'
    outcome = migrate(_program(body, MADE["a keyword"]), declared="azure-storage-blob==12.3.0\n")
    assert "aio" not in outcome.texts["app/storage.py"]
