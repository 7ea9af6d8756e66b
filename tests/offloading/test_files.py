"""Open files and uploads: with their block, as async files, or by their own awaitable methods."""

from __future__ import annotations

import pytest
from hop_programs import becomes, is_refused, offload
from small_projects import APP, migrate, migrate_main

UPLOAD = "from fastapi import UploadFile\n\n\n"


def test_a_file_that_is_open_while_something_is_awaited_becomes_an_async_file() -> None:
    becomes(
        """
        async def h(upload, path):
            # keep it
            with open(path, "wb") as f:
                while chunk := await upload.read(1024):
                    f.write(chunk)
            return path
        """,
        """
        async def h(upload, path):
            # keep it
            async with await anyio.open_file(path, "wb") as f:
                while chunk := await upload.read(1024):
                    await f.write(chunk)
            return path
        """,
    )
    becomes(
        """
        async def h(path):
            with path.open("r", encoding="utf-8") as lines:
                for line in lines:
                    await ask(line.strip())
        """,
        """
        async def h(path):
            async with await anyio.open_file(path, "r", encoding="utf-8") as lines:
                async for line in lines:
                    await ask(line.strip())
        """,
    )


def test_the_async_file_is_imported_from_anyio() -> None:
    done = offload("async def h(path):\n    with open(path) as f:\n        await ask(f.read())\n")
    assert done.text.startswith("import anyio\n")
    assert "        await ask(await f.read())\n" in done.text


def test_other_blocking_calls_beside_an_async_file_are_offloaded() -> None:
    becomes(
        """
        async def h(upload, path):
            with open(path, "wb") as f:
                f.write(await upload.read())
                os.unlink(path)
                notify(path)
            return path
        """,
        """
        async def h(upload, path):
            async with await anyio.open_file(path, "wb") as f:
                await f.write(await upload.read())

                def notify_path():
                    os.unlink(path)
                    notify(path)

                await run_in_threadpool(notify_path)
            return path
        """,
    )


@pytest.mark.parametrize(
    "use",
    [
        "json.dump(data, f)",
        "csv.writer(f)",
        "f.buffer.write(data)",
        "keep = f",
        "f = wrap(f)",
        "print(data, file=f)",
    ],
)
def test_a_file_that_must_be_a_plain_one_is_refused_when_it_is_written(use: str) -> None:
    is_refused(
        f"async def h(path):\n    with open(path, 'w') as f:\n        data = await ask(1)\n        {use}\n",
        "what is written to open(path, 'w') would be flushed on the event loop",
    )


@pytest.mark.parametrize("mode", ["mode", "'r+'", "'ab'", "'x'"])
def test_modes_that_may_write(mode: str) -> None:
    is_refused(
        f"async def h(path, mode):\n    with open(path, {mode}) as f:\n        await send(f)\n",
        "would be flushed on the event loop",
    )


@pytest.mark.parametrize("mode", ["'rb'", "mode='r'", ""])
def test_a_file_that_is_only_read_may_be_handed_to_what_is_awaited(mode: str) -> None:
    done = offload(f"async def h(path):\n    with open(path, {mode}) as f:\n        await send(f)\n")
    assert "    with await run_in_threadpool(open, path" in done.text
    assert "        await send(f)\n" in done.text


@pytest.mark.parametrize("call", ["fs.open(path, 'wb', acl='private')", "wave.open(path, 'wb')"])
def test_files_of_other_libraries_are_closed_where_they_are_written(call: str) -> None:
    is_refused(
        f"async def h(path):\n    with {call} as f:\n        f.write(await ask(path))\n",
        f"what is written to {call} would be flushed on the event loop",
        blocking={"fs.open": "fs.open", "wave.open": "wave.open"},
    )


def test_an_operation_that_is_offloaded_already_stays() -> None:
    source = (
        "async def h(path):\n    with open(path, 'rb') as f:\n        await asyncio.to_thread(f.read, 10)\n"
    )
    done = offload(source)
    assert done.functions == source.replace("open(path, 'rb')", "await run_in_threadpool(open, path, 'rb')")


def test_a_file_that_outlives_its_block_is_no_async_file() -> None:
    is_refused(
        "async def h(p):\n    with open(p, 'w') as f:\n        f.write(await ask(1))\n    return f\n",
        "would be flushed on the event loop",
    )


def test_another_file_of_the_same_name_is_another_file() -> None:
    becomes(
        """
        async def h(path, upload):
            with open(path, "wb") as f:
                f.write(await upload.read())
            with open(path) as f:
                for line in f:
                    await ask(line)

            def lines():
                with open(path) as f:
                    yield from f

            return lines()
        """,
        """
        async def h(path, upload):
            async with await anyio.open_file(path, "wb") as f:
                await f.write(await upload.read())
            async with await anyio.open_file(path) as f:
                async for line in f:
                    await ask(line)

            def lines():
                with open(path) as f:
                    yield from f

            return lines()
        """,
    )


@pytest.mark.parametrize(
    "after",
    [
        "    return [f]\n",
        "    def later():\n        return f.name\n    return later\n",
        "    return lambda: f\n",
        "    if path:\n        f = None\n    return f\n",
    ],
)
def test_a_file_whose_name_is_read_later_is_no_async_file(after: str) -> None:
    is_refused(
        f"async def h(path):\n    with open(path, 'w') as f:\n        f.write(await ask(1))\n{after}",
        "would be flushed on the event loop",
    )


def test_a_file_in_a_generator_is_no_async_file() -> None:
    done = offload(
        "async def h(path):\n    with open(path) as f:\n        await ask(sum(f.read(n) for n in range(3)))\n"
    )
    assert "with await run_in_threadpool(open, path) as f:" in done.text


def test_files_kept_in_variables_block_wherever_they_are_used() -> None:
    becomes(
        """
        async def h(path):
            f = open(path)
            data = f.read()
            f.close()
            await ask(data)
        """,
        """
        async def h(path):
            def read_data():
                f = open(path)
                data = f.read()
                f.close()
                return data

            data = await run_in_threadpool(read_data)
            await ask(data)
        """,
        hops=1,
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("data = upload.file.read()", "data = await upload.read()"),
        ("data = upload.file.read(10)", "data = await upload.read(10)"),
        ("upload.file.seek(0)", "await upload.seek(0)"),
        (
            "data = upload.file.read()\n    upload.file.seek(0)",
            "data = await upload.read()\n    await upload.seek(0)",
        ),
        ("store(1, upload.file.read())", "await run_in_threadpool(store, 1, await upload.read())"),
        (
            "data = None if upload is None else store(hex(upload.file.read()), 2)",
            "data = None if upload is None else await run_in_threadpool(store, hex(await upload.read()), 2)",
        ),
        # a second call waits between them, and what is read goes to a thread with it
        (
            "return load(store(upload.file.read()))",
            "return await run_in_threadpool(lambda: load(store(upload.file.read())))",
        ),
        # an upload gives nothing back where its file gives a number
        ("data = upload.file.seek(0)", "data = await run_in_threadpool(upload.file.seek, 0)"),
        ("upload.file.seek(0, 2)", "await run_in_threadpool(upload.file.seek, 0, 2)"),
    ],
)
def test_an_upload_waits_by_itself(line: str, expected: str) -> None:
    text = f"{UPLOAD}def h(upload: UploadFile):\n    {line}\n    return 1\n"
    done = offload(text, line_length=None)
    assert done.functions == f"async def h(upload: UploadFile):\n    {expected}\n    return 1\n"


@pytest.mark.parametrize(
    ("parameters", "loop", "is_upload"),
    [
        (
            "form: dict",
            "for key, upload in form.items():\n        if isinstance(upload, UploadFile):\n",
            True,
        ),
        ("uploads: list[UploadFile]", "for upload in uploads:\n        if upload.filename:\n", True),
        ("uploads: list[File]", "for upload in uploads:\n        if upload.filename:\n", False),
        ("form: dict", "for key, upload in form.items():\n        if isinstance(upload, File):\n", False),
        ("form: dict", "for key, upload in form.items():\n        if isinstance(key, UploadFile):\n", False),
    ],
)
def test_uploads_of_a_form_or_a_list_wait_one_after_the_other(
    parameters: str, loop: str, is_upload: bool
) -> None:
    taken = "            data[upload] = {}.decode()\n"
    done = offload(f"{UPLOAD}def h({parameters}, data):\n    {loop}{taken.format('upload.file.read()')}")
    assert (taken.format("(await upload.read())") in done.text) is is_upload
    assert ("run_in_threadpool(" in done.text) is not is_upload


@pytest.mark.parametrize("annotation", ["UploadFile | None", "Annotated[UploadFile, File()]", "'UploadFile'"])
def test_uploads_by_their_annotation(annotation: str) -> None:
    done = offload(f"{UPLOAD}def h(upload: {annotation}):\n    return upload.file.read()\n")
    assert "return await upload.read()\n" in done.text


@pytest.mark.parametrize("annotation", ["Any", "list[UploadFile]", "Upload"])
def test_what_is_no_upload_goes_to_a_thread(annotation: str) -> None:
    done = offload(f"{UPLOAD}def h(upload: {annotation}):\n    return upload.file.read()\n")
    assert "return await run_in_threadpool(upload.file.read)\n" in done.text


def test_an_upload_beside_other_file_work_stays_in_the_function() -> None:
    becomes(
        UPLOAD
        + "def h(upload: UploadFile, path):\n"
        + '    with open(path, "wb") as f:\n        f.write(upload.file.read())\n    return 1\n',
        """
        async def h(upload: UploadFile, path):
            def write_file():
                with open(path, "wb") as f:
                    f.write(upload.file.read())

            await run_in_threadpool(write_file)
            return 1
        """,
    )


ARCHIVE = """
from app.locks import FileLock
from app.main import app
from zipfile import ZipFile


@app.get("/{name}")
async def h(name: str, request: Request):
    with ZipFile(name, "w") as archive:
        archive.writestr("body", await request.body())
        return {"names": archive.namelist()}
"""
LOCK = """
import os


class FileLock:
    def __init__(self, name, mode): ...
    def __enter__(self): return self
    def __exit__(self, *error): os.remove("lock")
    def writestr(self, name, data): ...
    def namelist(self): ...
"""


def archived(source: str) -> str:
    files = {
        "app/main.py": APP,
        "app/locks.py": LOCK,
        "app/files.py": f"from fastapi import Request\n{source}",
    }
    return migrate(files).function("app/files.py", "h")


def test_what_is_closed_around_something_awaited_is_closed_in_a_thread() -> None:
    text = archived(ARCHIVE)
    made = 'contextmanager_in_threadpool(await run_in_threadpool(ZipFile, name, "w"))'
    assert f"    async with {made} as archive:\n" in text
    assert 'await run_in_threadpool(archive.writestr, "body", await request.body())' in text
    assert 'return {"names": archive.namelist()}' in text


def test_rows_of_a_file_are_written_in_a_thread_and_those_in_memory_are_not() -> None:
    """They had been written on the event loop, and the writer had been made in a thread."""
    done = migrate_main("""
        import csv
        import io
        import tempfile

        from fastapi import Request


        @app.post("/opened")
        async def opened(request: Request):
            with open("rows.csv", "w") as file:
                csv.writer(file).writerows(await request.json())


        @app.post("/named")
        async def named(request: Request):
            with tempfile.NamedTemporaryFile("w") as file:
                writer = csv.DictWriter(file, ["name"])
                writer.writerows([row for row in await request.json()])


        @app.post("/spooled")
        async def spooled(request: Request):
            with tempfile.SpooledTemporaryFile() as file:
                file.write(await request.body())


        def add(writer, rows):
            writer.writerows(rows)


        @app.post("/handed")
        async def handed(request: Request):
            with open("rows.csv", "w") as file:
                add(csv.writer(file), await request.json())


        @app.post("/memory")
        async def memory(request: Request):
            buffer = io.StringIO()
            csv.writer(buffer).writerows(await request.json())
            return buffer.getvalue()
    """)
    text = done.texts["app/main.py"]
    assert "await run_in_threadpool(csv.writer(file).writerows, await request.json())" in text
    assert '        writer = csv.DictWriter(file, ["name"])\n' in text
    assert "await run_in_threadpool(writer.writerows, [row for row in await request.json()])" in text
    assert "await run_in_threadpool(file.write, await request.body())" in text
    assert "await run_in_threadpool(add, csv.writer(file), await request.json())" in text
    assert "    csv.writer(buffer).writerows(await request.json())\n" in text


def test_several_that_one_with_closes_are_closed_in_threads() -> None:
    """All of them had been closed, and what was written flushed, on the event loop."""
    head = "import tempfile\nfrom contextlib import suppress\n\nfrom fastapi import Request\n\n\n"
    done = migrate_main(
        f"""{head}
        @app.post("/both")
        async def both(request: Request):
            with open("a.txt") as a, tempfile.TemporaryDirectory() as folder, open(f"{{folder}}/b", "w") as b:
                b.write(a.read() + str(await request.json()))


        @app.post("/mixed")
        async def mixed(request: Request):
            with suppress(OSError), open("b.txt", "w") as b:
                b.write(str(await request.json()))
    """.replace("\n        ", "\n")
    )
    text = done.texts["app/main.py"]
    opened = (
        '(open, "a.txt")) as a',
        "(tempfile.TemporaryDirectory)) as folder",
        '(open, f"{folder}/b", "w")) as b',
    )
    made = ", ".join(f"contextmanager_in_threadpool(await run_in_threadpool{each}" for each in opened)
    assert f"    async with {made}:\n" in text
    assert "await run_in_threadpool(b.write, await run_in_threadpool(a.read) + " in text
    assert '    with suppress(OSError), await run_in_threadpool(open, "b.txt", "w") as b:\n' in text


PLAIN = """
import asyncio
import json
import shutil
import tempfile

from app.main import app


@app.post("/")
async def h(request: Request):
    with OPENED as file:
        CHANGE
    return {}
"""


@pytest.mark.parametrize(
    ("opened", "made", "change"),
    [
        ("open('a', 'w')", "open, 'a', 'w'", "json.dump(await request.json(), file)"),
        ("tempfile.NamedTemporaryFile()", "tempfile.NamedTemporaryFile", "file.write(await request.body())"),
        ("tempfile.TemporaryDirectory()", "tempfile.TemporaryDirectory", "shutil.copy(await find(), file)"),
    ],
)
def test_what_must_be_a_plain_file_is_flushed_in_a_thread(opened: str, made: str, change: str) -> None:
    """It had been closed on the event loop, which flushes what was written, or removes a folder."""
    text = archived(PLAIN.replace("OPENED", opened).replace("CHANGE", change))
    assert f"    async with contextmanager_in_threadpool(await run_in_threadpool({made})) as file:\n" in text


def test_comments_beside_the_arguments_stay_there() -> None:
    opened = "tempfile.NamedTemporaryFile(\n        delete=False,\n        suffix='x',  # asked for\n    )"
    text = archived(PLAIN.replace("OPENED", opened).replace("CHANGE", "file.write(await request.body())"))
    assert (
        "    async with contextmanager_in_threadpool(await run_in_threadpool(\n"
        "        tempfile.NamedTemporaryFile,\n        delete=False,\n        suffix='x',  # asked for\n"
        "    )) as file:\n"
    ) in text


def test_comments_stay_behind_an_argument_of_the_first_line() -> None:
    opened = "tempfile.NamedTemporaryFile(delete=False,  # kept\n        suffix='x')"
    text = archived(PLAIN.replace("OPENED", opened).replace("CHANGE", "file.write(await request.body())"))
    assert "run_in_threadpool(tempfile.NamedTemporaryFile, delete=False,  # kept\n" in text


@pytest.mark.parametrize("given", ["'a'", "'a', mode='rb'"])
def test_nothing_is_flushed_of_what_was_only_read(given: str) -> None:
    opened = f"await asyncio.to_thread(open, {given})"
    source = PLAIN.replace("OPENED", opened).replace("CHANGE", "await request.body()")
    assert f"    with {opened} as file:\n" in archived(source)


@pytest.mark.parametrize(
    "change",
    ["open('b', 'wb').write(await request.body())", "json.dump(await request.json(), open('b', 'w'))"],
)
def test_a_file_that_a_call_alone_holds_is_closed_when_the_call_ends(change: str) -> None:
    """A thread may hold it for longer: who reads the file then may find nothing. A proof had failed."""
    text = archived(
        PLAIN.replace("OPENED", "open('a', 'w')").replace("CHANGE", f"{change}\n        file.write('a')")
    )
    assert f"        {change}\n        await file.write('a')\n" in text


UNPACKED = """
from io import BytesIO
from zipfile import ZipFile

from app.main import app


@app.post("/")
async def h(request: Request):
    with ZipFile(BytesIO(await request.body())) as archive:
        names = archive.namelist()
        archive.extractall("folder")
    return names
"""


def test_what_a_with_awaits_first_is_awaited_ahead_of_it() -> None:
    """The rest had stayed on the event loop, or had been refused as a failed proof."""
    text = archived(UNPACKED)
    ahead, _, below = text.partition("    def ")
    assert ahead.endswith("    body = await request.body()\n\n")
    assert "        with ZipFile(BytesIO(body)) as archive:\n" in below
    assert "names = await run_in_threadpool(" in below


@pytest.mark.parametrize(
    "made", ["ZipFile(BytesIO(), await request.body())", "ZipFile([await request.body() for _ in (1, 2)])"]
)
def test_what_a_with_does_before_it_awaits_stays_before_it(made: str) -> None:
    text = archived(UNPACKED.replace("ZipFile(BytesIO(await request.body()))", made))
    assert "body = await" not in text
    assert "await request.body()" in text


def test_what_does_more_than_to_close_stays_where_it_is() -> None:
    text = archived(ARCHIVE.replace("with ZipFile(", "with FileLock("))
    assert '    with FileLock(name, "w") as archive:\n' in text
