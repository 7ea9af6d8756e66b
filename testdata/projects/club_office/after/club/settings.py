"""Read once from the environment, as most applications of this size do."""

import os
from pathlib import Path


class Settings:
    smtp_host: str = os.environ.get("CLUB_SMTP_HOST", "localhost")
    smtp_port: int = int(os.environ.get("CLUB_SMTP_PORT", "25"))
    mail_from: str = "office@club.example"
    sms_url: str = os.environ.get("CLUB_SMS_URL", "")
    sms_key: str = os.environ.get("CLUB_SMS_KEY", "")
    chat_url: str = os.environ.get("CLUB_CHAT_URL", "")
    push_url: str = os.environ.get("CLUB_PUSH_URL", "")
    federation_url: str = os.environ.get("CLUB_FEDERATION_URL", "")
    data: Path = Path(os.environ.get("CLUB_DATA_DIR", "data"))


settings = Settings()
