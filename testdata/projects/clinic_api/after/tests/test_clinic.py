import gzip
import os

import httpx
import labs
import pytest


def test_login_opens_a_session(client, token):
    assert client.get('/patients/me', headers=token).json()['name'] == 'Ada'
    assert client.get('/patients/me').status_code == 401


def test_second_registration_is_refused(client, token):
    form = {'name': 'Ada', 'email': 'ada@example.com', 'password': 'engine'}
    assert client.post('/patients', json=form).status_code == 409


def test_wrong_password(client, token):
    form = {'email': 'ada@example.com', 'password': 'machine'}
    assert client.post('/patients/login', json=form).status_code == 401


def test_a_slot_is_given_once(client, token, inbox):
    visit = {'doctor': 'Dr. Who', 'slot': '2026-05-04 09:00'}
    first = client.post('/visits', json=visit, headers=token)
    assert first.status_code == 201
    assert inbox[0][0] == 'ada@example.com'
    second = client.post('/visits', json=visit, headers=token)
    assert second.json() == {'detail': 'Dr. Who is busy at 2026-05-04 09:00'}
    assert client.delete(f'/visits/{first.json()["id"]}', headers=token).status_code == 204
    assert len(inbox) == 2


def test_export(client, token):
    client.post('/visits', json={'doctor': 'Dr. No', 'slot': '2026-06-01 10:00'}, headers=token)
    assert client.post('/visits/2026-06-01/export').json()['file'] == '2026-06-01.csv.gz'
    with gzip.open(os.path.join(os.environ['CLINIC_EXPORTS'], '2026-06-01.csv.gz'), 'rt') as f:
        assert f.read() == '2026-06-01 10:00,Dr. No,Ada\n'


def test_waiting_room(client):
    with client.websocket_connect('/rooms/a/ws') as socket:
        socket.send_text('t1')
        assert socket.receive_json() == {'ticket': 't1', 'position': 1}
        socket.send_text('?')
        assert socket.receive_json() == {'ticket': 't1', 'position': 1}
    assert client.get('/rooms/a').json() == {'room': 'a', 'waiting': 1}


def test_notice(client):
    client.put('/notice', content='closed on Monday')
    assert client.get('/notice').text == 'closed on Monday'
    assert client.get('/ping').text == 'pong'


def test_laboratory_down(client, token, monkeypatch):
    def refuse(*args, **kwargs):
        raise httpx.ConnectError('down')

    monkeypatch.setattr(labs.LabService, '_post', refuse)
    with pytest.raises(httpx.ConnectError):
        client.post('/patients/me/tests/blood', headers=token)
