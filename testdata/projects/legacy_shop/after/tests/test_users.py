from app.services.auth import create_token, hash_password, read_token, verify_password


def test_registration_hides_the_hash_and_sends_a_welcome(client, mails):
    body = {"email": "Ida@example.de", "name": "Ida", "password": "a long one"}
    answer = client.post("/users/register", json=body)
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "email", "name", "phone"}
    assert mails == [("ida@example.de", "Willkommen, Ida!")]


def test_login_with_a_wrong_password_is_401(client, user):
    body = {"email": "eva@example.com", "password": "guess"}
    assert client.post("/users/login", json=body).status_code == 401


def test_profile_needs_a_token(client, user):
    assert client.get("/users/me").status_code == 401
    assert client.get("/users/me", headers=user).json()["name"] == "Eva"


def test_phone_code_is_sent_as_text(client, stub, user):
    stub.reply("POST", "/sms", (202, {"id": "s-7"}))
    answer = client.post("/users/me/phone/verify", headers=user)
    assert answer.json() == {"phone": "+491", "message": "s-7"}


def test_password_reset_does_not_tell_who_has_an_account(client, user, mails):
    known = client.post("/users/password-reset", json={"email": "eva@example.com"})
    unknown = client.post("/users/password-reset", json={"email": "x@example.com"})
    assert (known.status_code, known.json()) == (202, unknown.json())
    assert mails[1:] == [("eva@example.com", "Your reset code")]


def test_hashes_are_salted():
    first, second = hash_password("secret!"), hash_password("secret!")
    assert first != second
    assert verify_password("secret!", first) and verify_password("secret!", second)
    assert not verify_password("Secret!", first)


def test_forged_token_is_refused():
    token = create_token("u-001")
    assert read_token(token) == "u-001"
    assert read_token(token[:-1] + "x") is None
