"""Names of tasks say what is done, and to whom where the function alone does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from async_fix.codemods.extract_tasks.generated.names import name_of_call, word_of_url
from projects import TASKS, handler

NAMES = {
    ("app.alerts.slack.post", "push"): "post_slack_task",
    ("app.webhooks.deliver", "http"): "deliver_webhook_task",
    ("app.web_hooks.send", "push"): "send_webhook_task",
    ("app.notify.send", "push"): "send_push_task",
    ("app.slack.send_alert", "push"): "send_alert_task",
    ("app.slack.send", "email"): "send_email_task",
    ("app.sms.send", "sms"): "send_sms_task",
    ("app.mail.send_welcome_email", "email"): "send_welcome_email_task",
    ("app.mail.mail", "email"): "send_email_task",
    ("app.callbacks.send", "http"): "send_request_task",
}


@pytest.mark.parametrize(("callee", "category"), NAMES)
def test_a_vague_name_tells_who_gets_it(callee: str, category: str) -> None:
    assert name_of_call(callee, category) == NAMES[callee, category]


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        (["/v2/deals/"], "deals"),
        (["https://crm.example/api/call-notes?sort=name"], "call_notes"),
        (["/contacts/", "/notes"], "contacts"),
        (["name", "application/json", "/deals"], "deals"),
        (["https://hooks.example/services/T000/B000/XXXX"], "services"),
        (["https://crm.example/"], ""),
        (["/x/1", "/v1/a.json", "name"], ""),
        (["https://slack.example/api/chat.postMessage"], "chat_post_message"),
        (["crm.timeline.comment.add"], "comment_add"),
        (["/rest/1/crm.deal.update.json"], "deal_update"),
        (["/files/report.pdf"], "files"),
        (["smtp.mail.example.com", "report.csv", "v1.2", "Dr. Who", "a.b", "application/vnd.ms.excel"], ""),
        ([], ""),
    ],
)
def test_the_word_of_a_url(texts: list[str], word: str) -> None:
    assert word_of_url(texts) == word


def test_requests_of_one_handler_are_told_apart_by_words_and_not_by_numbers(tmp_path: Path) -> None:
    route = """
        import requests


        @router.post("/sync")
        def sync(name: str, n: int):
            if n == 1:
                requests.post("https://a.example/contacts", json={"name": name}, timeout=5)
            elif n == 2:
                requests.post("https://a.example/v1/deals", json={"name": name}, timeout=5)
            else:
                requests.post("https://a.example/v1/deals/1/notes", json={"name": name}, timeout=5)
            return {}
    """
    done = handler(tmp_path, route)
    found = re.findall(r"def (\w+)", done.after[TASKS])
    assert found == ["send_sync_request_task", "send_sync_deals_request_task", "send_sync_notes_request_task"]
