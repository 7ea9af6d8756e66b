"""Background tasks take turns: a mail with a file goes out when the file is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import HEAD, PACKAGES, ROUTES, Migrated, migrate, source

JOBS = """\
import smtplib
from pathlib import Path

from reportlab.pdfgen import canvas

log = []


def draw(name: str, path: Path) -> None:
    page = canvas.Canvas(str(path))
    page.drawString(1, 1, name)
    page.save()


def send_file(to: str, path: Path) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("me", [to], path.read_text())


def note(name: str) -> None:
    log.append(name)
"""
HELD = {
    "the file that the next one sends": """
        path = Path("out") / f"{name}.pdf"
        background.add_task(draw, name, path)
        background.add_task(send_file, to, path)
        return {}
        """,
    "of what it is made": """
        background.add_task(draw, name, Path(name))
        background.add_task(send_file, to, path=Path(name))
        return {}
        """,
    "in a branch": """
        path = Path("out") / f"{name}.pdf"
        background.add_task(partial(draw, name, path))
        if to:
            background.add_task(send_file, to, path)
        return {}
        """,
}


def _migrated(folder: Path, body: str) -> Migrated:
    imports = (
        "import asyncio\nfrom functools import partial\nfrom pathlib import Path\n"
        "from threading import Thread\n\nfrom fastapi import BackgroundTasks\n\n"
        "from app.mail import deliver\n"
        "from app.jobs import draw, note, send_file\n\n\n"
    )
    head = '@router.post("/x")\ndef h(name: str, to: str, background: BackgroundTasks):\n'
    lines = "".join(f"    {line}\n" for line in source(body).rstrip().splitlines())
    return migrate(folder, {**PACKAGES, "app/jobs.py": JOBS, ROUTES: HEAD + imports + head + lines})


@pytest.mark.parametrize("wanted", HELD)
def test_what_makes_a_file_for_the_next_one_stays_before_it(tmp_path: Path, wanted: str) -> None:
    done = _migrated(tmp_path, HELD[wanted])
    assert "background.add_task(draw, " in done.body("h") or "partial(draw, " in done.body("h")
    assert "background.add_task(send_file_task.kiq, to, " in done.body("h")
    assert any("may be wanted by the background task that is added after it" in each for each in done.behind)


def test_a_mail_waits_for_its_turn_behind_what_stays(tmp_path: Path) -> None:
    done = _migrated(
        tmp_path,
        """
        background.add_task(note, name)
        background.add_task(send_file, to, Path("terms.txt"))
        return {}
        """,
    )
    assert "background.add_task(note, name)\n" in done.body("h")
    assert 'background.add_task(send_file_task.kiq, to, Path("terms.txt"))' in done.body("h")


def test_files_that_the_next_one_knows_nothing_of_are_made_by_a_worker(tmp_path: Path) -> None:
    done = _migrated(
        tmp_path,
        """
        background.add_task(draw, name, Path("a.pdf"))
        background.add_task(send_file, to, Path("terms.txt"))
        return {}
        """,
    )
    first = done.body("h").index('background.add_task(draw_task.kiq, name, Path("a.pdf"))')
    assert first < done.body("h").index('background.add_task(send_file_task.kiq, to, Path("terms.txt"))')


def test_the_other_branch_is_nothing_to_wait_for(tmp_path: Path) -> None:
    done = _migrated(
        tmp_path,
        """
        if to:
            background.add_task(note, name)
        else:
            background.add_task(send_file, name, Path("terms.txt"))
        return {}
        """,
    )
    assert 'await send_file_task.kiq(name, Path("terms.txt"))' in done.body("h")


def test_a_message_that_is_made_waits_for_its_turn_as_well(tmp_path: Path) -> None:
    done = _migrated(
        tmp_path,
        """
        background.add_task(note, name)
        message = EmailMessage()
        message["To"] = to
        background.add_task(deliver, message)
        return {}
        """,
    )
    assert (
        "background.add_task(note, name)\n    background.add_task(deliver_email_task.kiq, to)"
        in done.body("h")
    )


def test_mails_that_are_started_at_once_do_not_become_one_after_the_other(tmp_path: Path) -> None:
    """The first that fails would be the last."""
    body = """
        send = partial(send_file, path=Path(name))
        for each in to.split(","):
            asyncio.create_task(asyncio.to_thread(send, each))
        return {}
        """
    done = _migrated(tmp_path, body)
    assert "asyncio.create_task(asyncio.to_thread(send, each))" in done.body("h")
    assert not done.tasks


def test_each_mail_that_is_started_is_a_task_of_its_own(tmp_path: Path) -> None:
    body = """
        for each in to.split(","):
            Thread(target=send_file, args=(each, Path(name))).start()
        return {}
        """
    done = _migrated(tmp_path, body)
    assert '    for each in to.split(","):\n        await send_file_task.kiq(each, Path(name))' in done.body(
        "h"
    )
