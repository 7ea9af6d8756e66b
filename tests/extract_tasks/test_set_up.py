"""What the application sets up when it is imported: a worker imports it, where a task needs that."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import HEAD, MAIN, PACKAGES, ROUTES, Migrated, migrate

BLOCK = """
@router.post("/h")
def h(to: str):
    msg = EmailMessage()
    msg["To"] = to
    with smtplib.SMTP(os.environ["MAIL_HOST"]) as smtp:
        smtp.send_message(msg)
    return {}
"""
SENDS = """
import os
import smtplib


def deliver(to: str) -> None:
    with smtplib.SMTP(os.environ["MAIL_HOST"]) as smtp:
        smtp.sendmail("a@example.com", to, "hello")
"""
CALL = """
from app.sending import deliver


@router.post("/h")
def h(to: str):
    deliver(to)
    return {}
"""
PUSH = """
from firebase_admin import messaging


@router.post("/h")
def h(token: str, title: str):
    message = messaging.Message(data={"title": title}, token=token)
    messaging.send(message)
    return {}
"""
DOTENV = "from dotenv import load_dotenv\n\nload_dotenv()\n"
FIREBASE = "import firebase_admin\n\nfirebase_admin.initialize_app()\n"
OF_DOTENV = "    import app.main  # for load_dotenv  # noqa: F401\n"
OF_FIREBASE = "    import app.main  # for firebase_admin.initialize_app  # noqa: F401\n"


def project(folder: Path, routes: str, main: str = "", **more: str) -> Migrated:
    files = {f"app/{name}.py": text for name, text in more.items()}
    head = HEAD.replace("import smtplib\n", "import os\nimport smtplib\n") if "os." in routes else HEAD
    return migrate(folder, {**PACKAGES, ROUTES: head + routes, "app/main.py": main + MAIN, **files})


STAND_IN = """
import os


def load_dotenv():
    with open(".env") as file:
        os.environ.update(line.strip().split("=") for line in file)
"""
FORMS = {
    "a block that reads the environment": (BLOCK, DOTENV, OF_DOTENV),
    "a helper that reads the environment": (CALL, DOTENV, OF_DOTENV),
    "a library that is told who it is": (PUSH, FIREBASE, OF_FIREBASE),
    "one that is told so if nobody has": (
        PUSH,
        "import firebase_admin\n\nif not firebase_admin._apps:\n    own = firebase_admin.initialize_app()\n",
        OF_FIREBASE,
    ),
    "one that the module of the work tells": (
        PUSH.replace("\n\n@router", f"\n{FIREBASE}\n\n@router"),
        "",
        "    import app.api.routes  # for firebase_admin.initialize_app  # noqa: F401\n",
    ),
    "one whose key is set": (
        PUSH,
        "import firebase_admin\n\nfirebase_admin.key = 'k'\n",
        "    import app.main  # for firebase_admin.key  # noqa: F401\n",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_task_imports_what_sets_it_up(tmp_path: Path, form: str) -> None:
    routes, main, expected = FORMS[form]
    done = project(tmp_path, routes, main, sending=SENDS)
    assert expected in done.tasks
    assert done.tasks.count("noqa") == 1


@pytest.mark.parametrize("routes", [BLOCK, CALL])
def test_a_worker_finds_what_the_environment_is_told_by_a_file(tmp_path: Path, routes: str) -> None:
    (tmp_path / ".env").write_text("MAIL_HOST=mail.example.com\n")
    done = project(tmp_path, routes, DOTENV, sending=SENDS)
    (tmp_path / "dotenv.py").write_text(STAND_IN)
    printed = done.runs(
        """
        import smtplib

        class Outbox:
            def __init__(self, host):
                print("mails of", host)

            def __enter__(self):
                return self

            def __exit__(self, *error):
                pass

            def send_message(self, message):
                print("mail", message["To"])

            def sendmail(self, sender, to, text):
                print("mail", to)

        smtplib.SMTP = Outbox
        import app.domain.tasks as tasks

        for name, task in vars(tasks).items():
            if name.endswith("_task"):
                task.original_func("ann@example.com")
        """
    )
    assert printed == "mails of mail.example.com\nmail ann@example.com\n"


GUARDED = "if __name__ == '__main__':\n    import firebase_admin\n\n    firebase_admin.initialize_app()\n"
LOADED = {
    "by a script": (PUSH, ""),
    "for another library": (PUSH, "import sentry_sdk\n\nsentry_sdk.init()\n"),
    "of the standard library": (BLOCK, "import socket\n\nsocket.setdefaulttimeout(3)\n"),
    "only when it is run": (PUSH, GUARDED),
    "of the project itself": (CALL, "from app import sending\n\nsending.host = 'x'\n"),
    "made, and not set up": (PUSH, "import firebase_admin\n\ncred = firebase_admin.Certificate('x')\n"),
}


@pytest.mark.parametrize("hazard", LOADED)
def test_nothing_else_is_imported(tmp_path: Path, hazard: str) -> None:
    routes, main = LOADED[hazard]
    script = FIREBASE + "\nfrom app.api import routes\n" if hazard == "by a script" else ""
    done = project(tmp_path, routes, main, sending=SENDS, seed=script)
    assert "_task(" in done.tasks
    assert "import app.main" not in done.tasks
    assert "import app.seed" not in done.tasks


def test_what_the_helper_loads_by_itself_is_not_loaded_twice(tmp_path: Path) -> None:
    done = project(tmp_path, CALL, "", sending=SENDS.replace("\n\ndef", f"\n\n{DOTENV}\n\ndef"))
    assert "from app.sending import deliver\n" in done.imports
    assert "noqa" not in done.tasks
