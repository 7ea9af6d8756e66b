"""Names of tasks say what is done, and to whom where the function alone does not."""

from __future__ import annotations

import pytest
from async_fix.codemods.extract_tasks.generated.names import name_of_call

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
