def test_order_is_confirmed_by_mail(client, user, mails):
    mails.clear()
    lines = [{"sku": "chair-1", "quantity": 1}, {"sku": "lamp-1", "quantity": 2}]
    answer = client.post("/orders", json={"lines": lines}, headers=user)
    assert answer.status_code == 201
    assert answer.json()["total"] == "138.80"
    assert mails == [("eva@example.com", f"Order {answer.json()['id']}")]


def test_somebody_elses_order_is_403(client, order):
    max_ = {"email": "max@example.de", "name": "Max", "password": "battery staple"}
    client.post("/users/register", json=max_)
    token = client.post("/users/login", json=max_).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get(f"/orders/{order}", headers=headers).status_code == 403


def test_payment_is_tried_again_and_receipted(client, stub, order, mails):
    stub.reply("POST", "/gateway/charges", (500, None), (200, {"receipt": "rc-1"}))
    answer = client.post(f"/orders/{order}/pay", json={"card_token": "tok"})
    assert (answer.json()["status"], answer.json()["receipt"]) == ("paid", "rc-1")
    assert mails == [("eva@example.com", f"Receipt for {order}")]


def test_declined_card_leaves_the_order_new(client, stub, order, user, mails):
    stub.reply("POST", "/gateway/charges", (402, {"reason": "no money"}))
    answer = client.post(f"/orders/{order}/pay", json={"card_token": "tok"})
    assert (answer.status_code, answer.json()) == (402, {"detail": "no money"})
    assert client.get(f"/orders/{order}", headers=user).json()["status"] == "new"
    assert mails == []


def test_cancellation_survives_a_refused_mail(client, order, user):
    client.patch("/users/me", json={"email": "eva@bounce.example"}, headers=user)
    answer = client.post(f"/orders/{order}/cancel", headers=user)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")


def test_invoice_is_a_pdf(client, order):
    answer = client.get(f"/orders/{order}/invoice.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_invoice_is_filed_for_the_accountant(client, data_dir, paid_order):
    assert client.post(f"/orders/{paid_order}/invoice").status_code == 202
    assert (data_dir / "invoices" / f"{paid_order}.pdf").stat().st_size > 500


def test_invoice_by_mail_says_when_the_address_is_bad(client, order, mails):
    url = f"/orders/{order}/invoice/email"
    assert client.post(url, json={"to": "a@bounce.example"}).status_code == 502
    assert client.post(url, json={"to": "a@example.com"}).status_code == 200
    assert mails == [("a@example.com", f"Invoice {order}")]


def test_shipping_books_a_parcel_and_sends_a_text(client, stub, paid_order):
    stub.reply("POST", "/carrier/parcels", (201, {"tracking": "T1"}))
    stub.reply("POST", "/sms", (202, {"id": "s-1"}))
    answer = client.post(f"/orders/{paid_order}/ship")
    assert answer.json()["tracking"] == "T1"
    texts = stub.bodies("/sms")
    assert texts == [{"to": "+491", "text": f"Order {paid_order} is on its way: T1"}]


def test_long_poll_gives_up(client, order):
    answer = client.get(f"/orders/{order}/status")
    assert answer.json() == {"order": order, "status": "new", "reached": False}


def test_reminder_goes_out_after_the_answer(client, order, mails):
    assert client.post(f"/orders/{order}/remind").status_code == 202
    assert mails == [("eva@example.com", f"Order {order} is waiting")]
