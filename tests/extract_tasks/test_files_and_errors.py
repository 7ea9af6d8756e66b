"""Pictures and papers whose files the response speaks of, and helpers whose errors the client sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler, source

THUMBS = """\
from pathlib import Path

from PIL import Image

FOLDER = Path("pictures")


def make_thumbnail(source: Path, target: Path, size: int) -> None:
    with Image.open(source) as image:
        image.thumbnail((size, size))
        image.save(target)


def picture(name: str) -> Path:
    return FOLDER / name


def shrink(path: Path, sizes: list[int]) -> None:
    for size in sizes:
        with Image.open(path) as image:
            image.thumbnail((size, size))
            image.save(path.with_name(f"{path.stem}_{size}.png"))


def turn(path: Path) -> None:
    with Image.open(path) as image:
        image.rotate(90).save(f"{path}")
"""
UPLOAD = """
import shutil
from fastapi import UploadFile
from fastapi.responses import FileResponse
from app.thumbs import FOLDER, make_thumbnail, picture


@router.post("/pictures/{name}")
def h(name: str, file: UploadFile):
    target = picture(name)
    with target.open("wb") as out:
        shutil.copyfileobj(file.file, out)
"""
INLINE = """
from pathlib import Path
from fastapi import UploadFile
from PIL import Image


@router.post("/avatars/{number}")
async def h(number: int, file: UploadFile):
    data = await file.read()
    target = Path("avatars") / f"{number}.png"
    with open(target, "wb") as out:
        out.write(data)
"""


def upload(folder: Path, text: str) -> Migrated:
    return handler(folder, UPLOAD + text, thumbs=THUMBS)


@pytest.mark.parametrize(
    "answer", ['{"image": target.name}', "FileResponse(target)", '{"path": str(target)}']
)
def test_the_file_that_the_handler_wrote_itself_may_be_told(tmp_path: Path, answer: str) -> None:
    done = upload(
        tmp_path, f"    make_thumbnail(target, FOLDER / f'small_{{name}}', 64)\n    return {answer}\n"
    )
    assert "    await make_thumbnail_task.kiq(target, FOLDER / f'small_{name}', 64)\n" in done.body("h")
    assert done.tasks == source("""
        @broker.task
        def make_thumbnail_task(source: Path, target: Path, size: int) -> None:
            make_thumbnail(source, target, size)
        """)
    assert "files are read and written where the worker runs: it must see the same folders" in done.behaviour


def test_another_case_may_serve_what_is_made(tmp_path: Path) -> None:
    small = "FOLDER / f'small_{name}'"
    done = upload(
        tmp_path,
        f"    if file.size:\n        make_thumbnail(target, {small}, 64)\n"
        f"    else:\n        return FileResponse({small})\n    return {{}}\n",
    )
    assert f"        await make_thumbnail_task.kiq(target, {small}, 64)\n" in done.body("h")


def test_a_picture_made_beside_what_the_handler_wrote(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        INLINE
        + """
    # a small copy for the page header
    with Image.open(target) as image:
        image.thumbnail((32, 32))
        image.save(target.with_name(f"{number}_small.png"))
    return {"avatar": target.name}
""",
    )
    assert "    await resize_h_image_task.kiq(target, number)\n" in done.body("h")
    assert done.tasks == source("""
        @broker.task
        def resize_h_image_task(target: Path, number: int) -> None:
            # a small copy for the page header
            with Image.open(target) as image:
                image.thumbnail((32, 32))
                image.save(target.with_name(f"{number}_small.png"))
        """)


TOOLS = "from PIL import Image\nimport shutil\nfrom app.thumbs import make_thumbnail, shrink, turn\n"
SAVE = '        image.save(Path("small") / "a.png")\n'
READ = {
    # how the block comes by what the handler has written to `target`
    "opened by a method": f'    with target.open("rb") as data, Image.open(data) as image:\n{SAVE}',
    "opened by a function": f'    with open(target, mode="rb") as data, Image.open(data) as image:\n{SAVE}',
    "what lies beside it": f'    with Image.open(target.parent / "x.png") as image:\n{SAVE}',
    "what lies below it": f'    with Image.open(target / "x.png") as image:\n{SAVE}',
    "copied": f'    shutil.copy(target, "x.png")\n    with Image.open("x.png") as image:\n{SAVE}',
    "a parameter that is a source": '    make_thumbnail(source=target, target=Path("x.png"), size=3)\n',
    "a function that writes beside it": "    shrink(target, [32, 64])\n",
    "its bytes": f'    with Image.frombytes("L", (1, 1), target.read_bytes()) as image:\n{SAVE}',
}
WRITTEN = {
    "saved": '    with Image.open("x.png") as image:\n        image.save(fp=target)\n',
    "opened by a method": '    with Image.open("x.png") as image, target.open("wb") as out:\n'
    "        image.save(out)\n",
    "opened by a function": '    with Image.open("x.png") as image, open(target, "wb") as out:\n'
    "        image.save(out)\n",
    "a parameter that is a target": '    make_thumbnail(Path("x.png"), target, 3)\n',
    "a function that writes it": "    turn(target)\n",
    "the end of another path": '    with Image.open("x.png") as image:\n        image.save("y" / target)\n',
}


def tooled(folder: Path, block: str) -> Migrated:
    head = INLINE.replace("from PIL import Image\n", TOOLS)
    return handler(folder, f'{head}{block}    return {{"avatar": target.name}}\n', thumbs=THUMBS)


@pytest.mark.parametrize("how", READ)
def test_a_block_that_only_reads_the_file_moves(tmp_path: Path, how: str) -> None:
    assert tooled(tmp_path, READ[how]).tasks


@pytest.mark.parametrize("how", WRITTEN)
def test_a_block_that_may_write_the_file_is_waited_for(tmp_path: Path, how: str) -> None:
    done = tooled(tmp_path, WRITTEN[how])
    assert done.tasks == ""
    assert any("target, which the block may write, is used afterwards" in reason for reason in done.stays)


NOT_YET_THERE = {
    "the product itself": "    make_thumbnail(target, small, 64)\n    return FileResponse(small)\n",
    "the name of the product": "    make_thumbnail(target, small, 64)\n    return {'small': small.name}\n",
    "a name that says what it is": "    make_thumbnail(target, small, 64)\n    return f'/media/{name}.png'\n",
    "the folder is listed": "    make_thumbnail(target, small, 64)\n"
    "    return {'files': sorted(p.name for p in FOLDER.iterdir())}\n",
    "the product in place of the upload": "    make_thumbnail(target, target, 64)\n    return target.name\n",
    "made below a folder": "    build(FOLDER, name)\n    return FileResponse(small)\n",
    "made where it is not there": "    if not small.exists():\n        build(FOLDER, name)\n"
    "    return FileResponse(path=small)\n",
    "there already, or made": "    if small.exists():\n        return FileResponse(small)\n"
    "    build(FOLDER, name)\n    return FileResponse(small)\n",
    "read at once": "    build(FOLDER, name)\n    return {'size': len(small.read_bytes())}\n",
    "opened": "    build(FOLDER, name)\n"
    "    with open(small, 'rb') as made:\n        return made.read(3).hex()\n",
    "a file of unknown name": "    build(FOLDER, name)\n    return FileResponse(newest(FOLDER))\n",
}
THERE = {
    "looked for": "    if not other.exists():\n        return {}\n    build(FOLDER, name)\n",
    "looked for among others": "    if name == 'x' or not other.is_file():\n        return {}\n"
    "    build(FOLDER, name)\n",
    "looked for where the work begins": "    if name and other.exists():\n        build(FOLDER, name)\n",
    "written": "    other.write_bytes(b'x')\n    build(FOLDER, name)\n",
}


@pytest.mark.parametrize("answer", NOT_YET_THERE)
def test_a_product_that_the_response_speaks_of_is_waited_for(tmp_path: Path, answer: str) -> None:
    small = "    small = FOLDER / f'small_{name}'\n"
    done = built(tmp_path, small + NOT_YET_THERE[answer])
    assert done.tasks == ""
    assert ".kiq(" not in done.body("h")
    assert len(done.stays) == 1
    assert "afterwards" in done.stays[0]


@pytest.mark.parametrize("how", THERE)
def test_a_file_that_is_there_already_is_served_beside_the_work(tmp_path: Path, how: str) -> None:
    done = built(tmp_path, f"    other = Path(name)\n{THERE[how]}    return FileResponse(other)\n")
    assert "_task.kiq(FOLDER, name)" in done.body("h")


def built(folder: Path, text: str) -> Migrated:
    """Where the work is told the folder, and not the file that it makes."""
    helpers = (
        "\n\ndef build(folder: Path, name: str) -> None:\n"
        "    make_thumbnail(folder / name, folder / f'small_{name}', 64)\n\n\n"
        "def newest(folder: Path) -> Path:\n    return max(folder.iterdir())\n"
    )
    head = UPLOAD.replace("make_thumbnail,", "build, make_thumbnail, newest,")
    return handler(folder, f"from pathlib import Path\n{head}{text}", thumbs=THUMBS + helpers)


def test_what_is_made_below_a_path_of_the_module_is_waited_for(tmp_path: Path) -> None:
    """The next step finds it by the same path."""
    parts = (
        THUMBS + "\n\ndef first_bytes(folder):\n    return (folder / 'small.png').read_bytes()[:8].hex()\n"
    )
    text = """
from pathlib import Path
from app.thumbs import first_bytes, make_thumbnail

DATA_PATH = Path("data")


@router.post("/pictures")
def h():
    make_thumbnail(DATA_PATH / "big.png", DATA_PATH / "small.png", 64)
    return {"head": first_bytes(DATA_PATH)}
"""
    done = handler(tmp_path, text, thumbs=parts)
    assert done.tasks == ""
    assert any("DATA_PATH, below which the block may write, is used" in reason for reason in done.stays)


IN_PLACE = {
    "overwritten": "image.save(target)",
    "opened to be written": 'with open(target, "wb") as out:\n            image.save(out, "PNG")',
}


@pytest.mark.parametrize("how", IN_PLACE)
def test_a_picture_that_is_changed_in_place_is_waited_for(tmp_path: Path, how: str) -> None:
    """Who asks for it at once would get the big one."""
    text = f"""
    with Image.open(target) as image:
        image.thumbnail((32, 32))
        {IN_PLACE[how]}
    return {{"avatar": target.name}}
"""
    done = handler(tmp_path, INLINE + text)
    assert done.tasks == ""
    assert any("target, which the block may write, is used afterwards" in reason for reason in done.stays)


# errors ------------------------------------------------------------------------------------------

ERRORS = """\
class NotFound(Exception):
    pass


class Broken(NotFound):
    pass
"""
STORE = """\
from fastapi import HTTPException

from app.errors import Broken, NotFound
from app.mail import send_welcome


def address(number: int) -> str:
    if number > 9:
        raise NotFound(number)
    return "a@example.com"


def invite(number: int) -> None:
    send_welcome(address(number), "Ann")


def invite_or_not(number: int) -> None:
    try:
        to = address(number)
    except NotFound:
        return
    send_welcome(to, "Ann")


def invite_again(number: int) -> None:
    try:
        invite(number)
    except NotFound:
        print("gone")
        raise


def refuse(to: str) -> None:
    if "@" not in to:
        raise HTTPException(status_code=422)
    send_welcome(to, "Ann")


def invite_unless_broken(number: int) -> None:
    try:
        invite(number)
    except Broken:
        pass


def complain(to: str) -> None:
    if not to:
        raise ValueError("to whom?")
    send_welcome(to, "Ann")
"""
HANDLER = """
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from app.api import routes
from app.errors import NotFound

app = FastAPI()
app.include_router(routes.router)


@app.exception_handler(NotFound)
def gone(request: Request, exc: NotFound):
    return JSONResponse({"detail": "gone"}, status_code=404)


@app.exception_handler(Exception)
def broken(request: Request, exc: Exception):
    return JSONResponse({"detail": "broken"}, status_code=500)
"""
ANSWERED = "NotFound in address(), answered with 404 by the application's handler"
SHAPES = {
    "invite(number)": ANSWERED,
    "invite_again(number)": ANSWERED,
    "invite_unless_broken(number)": ANSWERED,
    "refuse(str(number))": "HTTPException(422) in refuse()",
}


def invitation(folder: Path, call: str, **more: str) -> Migrated:
    text = f"""
from app.store import {call.partition("(")[0]}


@router.post("/invite/{{number}}")
def h(number: int):
    {call}
    return {{}}
"""
    return handler(folder, text, errors=ERRORS, store=STORE, main=HANDLER, **more)


@pytest.mark.parametrize("call", SHAPES)
def test_an_error_that_the_application_answers_is_named(tmp_path: Path, call: str) -> None:
    """A script calls it as well, so it cannot queue its mail itself."""
    name = call.partition("(")[0]
    script = f"from app.store import {name}\n\nnumber = 1\n{call}\n"
    done = invitation(tmp_path, call, script=script)
    assert done.tasks == ""
    assert done.stays == (f"app.store:{name} stays: {name}() may raise {SHAPES[call]}",)


def test_what_comes_behind_the_error_is_queued_by_the_helper_itself(tmp_path: Path) -> None:
    done = invitation(tmp_path, "refuse(str(number))")
    assert "    await refuse(str(number))\n" in done.body("h")
    assert '    await send_welcome_task.kiq(to, "Ann")\n' in done.body("refuse", "app/store.py")
    assert done.stays == ()


@pytest.mark.parametrize("call", ["invite_or_not(number)", "complain(str(number))"])
def test_errors_that_are_caught_or_that_nobody_answers_do_not_count(tmp_path: Path, call: str) -> None:
    """A handler for every `Exception` answers 500, as there would be without it."""
    done = invitation(tmp_path, call)
    name = call.partition("(")[0]
    assert f"await {name}_task.kiq(" in done.body("h")
    assert f"    {name}(" in done.tasks


ORDERS = """\
from app.errors import Broken, NotFound
from app.mail import send_welcome
from app.store import address, checked, chosen, invite, made, threaded, thrown, wrapped


def order(number: int, to: str) -> dict[str, int]:
    if number > 9:
        raise NotFound(number)
    {mail}
    return {{"number": number}}
"""
WRAPPED = """

from concurrent.futures import Future, ThreadPoolExecutor

def translated(function):
    def inner(*args):
        try:
            return function(*args)
        except OSError as exc:
            raise NotFound(*args) from exc

    return inner


@translated
def wrapped(to: str) -> None:
    send_welcome(to, "Ann")


def checked(to: str, problem: Exception | None = None) -> None:
    if problem:
        raise problem
    send_welcome(to, "Ann")


def refuse(to: str, problem: type[Exception] = ValueError) -> None:
    if not to:
        raise problem(to)


def chosen(to: str) -> None:
    refuse(to, NotFound)
    send_welcome(to, "Ann")


class Problems:
    def __call__(self, to: str) -> Exception:
        return NotFound(to)


problem_of = Problems()


def made(to: str) -> None:
    if not to:
        raise problem_of(to)
    send_welcome(to, "Ann")


def threaded(to: str) -> None:
    with ThreadPoolExecutor() as pool:
        pool.submit(address, len(to)).result()
    send_welcome(to, "Ann")


def thrown(to: str) -> None:
    sent = Future()
    sent.set_exception(NotFound(to))
    sent.result()
    send_welcome(to, "Ann")
"""


def ordering(folder: Path, mail: str, caught: str) -> Migrated:
    text = f"""
from fastapi import HTTPException

from app.errors import Broken, NotFound
from app.orders import order


@router.post("/orders/{{number}}")
def h(number: int, to: str):
    try:
        return order(number, to)
    except {caught} as exc:
        raise HTTPException(404) from exc
"""
    return handler(folder, text, errors=ERRORS, store=STORE + WRAPPED, orders=ORDERS.format(mail=mail))


@pytest.mark.parametrize("caught", ["NotFound", "Broken", "(NotFound, Broken)"])
def test_a_caller_that_catches_errors_of_others_does_not_wait_for_the_mail(
    tmp_path: Path, caught: str
) -> None:
    """Nothing that sends the mail raises them."""
    done = ordering(tmp_path, 'send_welcome(to, "Ann")', caught)
    assert '    await send_welcome_task.kiq(to, "Ann")\n' in done.body("order", "app/orders.py")
    assert "        return await order(number, to)\n" in done.body("h")


FAILURES = {
    "a decorator makes it of another": ("wrapped(to)", "NotFound"),
    "it raises what it is given": ("checked(to)", "NotFound"),
    "it gives the class of it to another": ("chosen(to)", "NotFound"),
    "an object makes it": ("made(to)", "NotFound"),
    "a thread raises it": ("threaded(to)", "NotFound"),
    "one of them comes from a library": ('send_welcome(to, "Ann")', "(NotFound, OSError)"),
    "all are caught": ('send_welcome(to, "Ann")', "Exception"),
}


@pytest.mark.parametrize("hazard", FAILURES)
def test_a_caller_that_catches_what_the_mail_may_raise_waits_for_it(tmp_path: Path, hazard: str) -> None:
    done = ordering(tmp_path, *FAILURES[hazard])
    assert done.tasks == ""
    assert done.body("order", "app/orders.py").count("kiq") == 0


@pytest.mark.parametrize("caught", ["NotFound", "(Broken, NotFound)"])
def test_a_helper_that_refuses_what_its_caller_answers_leaves_only_the_mail_to_a_worker(
    tmp_path: Path, caught: str
) -> None:
    done = ordering(tmp_path, "invite(number)", caught)
    assert done.body("invite", "app/store.py").endswith(
        '    await send_welcome_task.kiq(address(number), "Ann")\n'
    )
    assert "    await invite(number)\n" in done.body("order", "app/orders.py")
    assert "        return await order(number, to)\n" in done.body("h")


def test_a_future_that_holds_an_error_raises_it_in_the_request(tmp_path: Path) -> None:
    done = ordering(tmp_path, "thrown(to)", "NotFound")
    own = done.body("thrown", "app/store.py")
    assert own.index("sent.result") < own.index("await send_welcome_task.kiq(")


def test_the_try_around_the_mail_itself_catches_errors_of_others(tmp_path: Path) -> None:
    text = """
from fastapi import HTTPException

from app.errors import NotFound
from app.mail import send_welcome
from app.store import address, invite


@router.post("/welcome/{number}")
def h(number: int):
    try:
        to = address(number)
        send_welcome(to, "Ann")
    except NotFound as exc:
        raise HTTPException(404) from exc
    return {}


@router.post("/invite/{number}")
def i(number: int):
    try:
        invite(number)
    except NotFound as exc:
        raise HTTPException(404) from exc
    return {}
"""
    done = handler(tmp_path, text, errors=ERRORS, store=STORE)
    assert '        await send_welcome_task.kiq(to, "Ann")\n' in done.body("h")
    assert "kiq" not in done.body("i")
