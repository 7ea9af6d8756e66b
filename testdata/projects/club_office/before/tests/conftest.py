import os
import socket
import tempfile

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

DATA = tempfile.mkdtemp(prefix="club-")
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    PORT = probe.getsockname()[1]

os.environ["CLUB_DATA_DIR"] = DATA
os.environ["CLUB_SMTP_PORT"] = str(PORT)

from fastapi.testclient import TestClient  # noqa: E402

from club.main import app  # noqa: E402


class Letters(Message):
    def __init__(self):
        super().__init__()
        self.subjects = []

    def handle_message(self, message):
        self.subjects.append(message["Subject"])


@pytest.fixture
def letters():
    handler = Letters()
    controller = Controller(handler, hostname="127.0.0.1", port=PORT)
    controller.start()
    yield handler.subjects
    controller.stop()


@pytest.fixture
def client():
    with TestClient(app) as client:
        yield client
