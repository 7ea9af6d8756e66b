import os
import shutil
import socket
import subprocess
import tempfile
import time

import pytest
import redis
from aiosmtpd.controller import Controller


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Inbox:

    def __init__(self):
        self.mails = []
        self.controller = Controller(self, hostname='127.0.0.1', port=free_port())

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.rcpt_tos[0], envelope.content.decode()))
        return '250 OK'


FOLDER = tempfile.mkdtemp()
REDIS_PORT = free_port()
INBOX = Inbox()

os.environ['CLINIC_DB'] = os.path.join(FOLDER, 'clinic.db')
os.environ['CLINIC_EXPORTS'] = os.path.join(FOLDER, 'exports')
os.environ['CLINIC_REDIS'] = f'redis://127.0.0.1:{REDIS_PORT}/0'
os.environ['CLINIC_SMTP_HOST'] = '127.0.0.1'
os.environ['CLINIC_SMTP_PORT'] = str(INBOX.controller.port)
os.environ['CLINIC_HASH_ROUNDS'] = '1000'
# tasks are done before kiq() returns
os.environ.setdefault('TASKIQ_IN_PLACE', '1')


@pytest.fixture(scope='session', autouse=True)
def servers():
    INBOX.controller.start()
    server = subprocess.Popen(
        ['redis-server', '--port', str(REDIS_PORT), '--save', ''], stdout=subprocess.DEVNULL)
    client = redis.Redis(port=REDIS_PORT)
    for _ in range(200):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.02)
    yield
    client.close()
    server.terminate()
    server.wait()
    INBOX.controller.stop()
    shutil.rmtree(FOLDER)


@pytest.fixture
def client():
    from fastapi.testclient import TestClient

    from main import app
    INBOX.mails.clear()
    with TestClient(app) as client:
        yield client


@pytest.fixture
def inbox():
    return INBOX.mails


@pytest.fixture
def token(client):
    form = {'name': 'Ada', 'email': 'ada@example.com', 'password': 'engine'}
    client.post('/patients', json=form)
    return {'x-token': client.post('/patients/login', json=form).json()['token']}
