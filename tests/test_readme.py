"""The before and after that the README shows are what the tool makes."""

from __future__ import annotations

import re
from pathlib import Path

from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import Config

README = Path(__file__).parent.parent / "README.md"
AROUND = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["fastapi", "httpx"]\n',
    "app/__init__.py": "",
    "app/api/__init__.py": "",
    "app/main.py": (
        "from fastapi import FastAPI\n\nfrom app.api import orders\n\napp = FastAPI()\n"
        "app.include_router(orders.router)\n"
    ),
    "app/mailer.py": (
        "import smtplib\nfrom email.message import EmailMessage\n\n\n"
        "def send_receipt(to: str, order_id: int) -> None:\n"
        '    message = EmailMessage()\n    message["To"] = to\n'
        '    with smtplib.SMTP("mail.internal") as smtp:\n        smtp.send_message(message)\n'
    ),
}


def blocks(when: str) -> dict[str, str]:
    """Path -> code of the blocks marked `<!-- before: path -->`."""
    found = re.findall(
        rf"<!-- {when}: (\S+) -->\n```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    return dict(found)


def test_the_readme_shows_what_the_tool_makes(tmp_path: Path) -> None:
    before, after = blocks("before"), blocks("after")
    assert before
    assert len(after) == 2
    for path, text in {**AROUND, **before}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    report = pipeline.apply(pipeline.start([tmp_path / "app/api"], Config()))
    made = {result.path: (result.new or b"").decode() for result in report.files}
    assert {path: made[path] for path in after} == after
    assert {"app/http_client.py", "app/domain/broker.py", "app/main.py"} < set(made)
