"""Settings of the shop, read once from the environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path


def env(name, default):
    """A dataclass field that reads SHOP_<name> and converts it like its default."""

    def read():
        value = os.environ.get(f"SHOP_{name}")
        return default if value is None else type(default)(value)

    return field(default_factory=read)


def env_list(name, default):
    def read():
        value = os.environ.get(f"SHOP_{name}", default)
        return [part.strip() for part in value.split(",") if part.strip()]

    return field(default_factory=read)


@dataclass
class Settings:
    app_name: str = "Legacy Shop"
    version: str = "2.7.1"
    log_level: str = env("LOG_LEVEL", "INFO")
    data_dir: Path = env("DATA_DIR", Path("var"))

    # other people's systems
    supplier_url: str = env("SUPPLIER_URL", "http://supplier.internal")
    supplier_key: str = env("SUPPLIER_KEY", "dev-key")
    warehouse_url: str = env("WAREHOUSE_URL", "http://warehouse.internal")
    gateway_url: str = env("GATEWAY_URL", "http://payments.internal")
    carrier_url: str = env("CARRIER_URL", "http://carrier.internal")
    partner_url: str = env("PARTNER_URL", "http://partners.internal")
    analytics_url: str = env("ANALYTICS_URL", "http://analytics.internal/events")
    sms_url: str = env("SMS_URL", "http://sms.internal/messages")
    http_timeout: float = env("HTTP_TIMEOUT", 5.0)
    retries: int = env("RETRIES", 3)
    retry_delay: float = env("RETRY_DELAY", 0.5)

    # mail
    smtp_host: str = env("SMTP_HOST", "localhost")
    smtp_port: int = env("SMTP_PORT", 25)
    mail_from: str = env("MAIL_FROM", "shop@example.com")
    managers: list[str] = env_list("MANAGERS", "boss@example.com")

    # security
    secret: str = env("SECRET", "change-me")
    reports_key: str = env("REPORTS_KEY", "reports-dev")
    password_rounds: int = env("PASSWORD_ROUNDS", 240_000)
    token_minutes: int = env("TOKEN_MINUTES", 60)

    # the smoke tests pin these two
    frozen_time: str = env("FROZEN_TIME", "")
    seed: str = env("SEED", "")

    thumbnail_size: int = 24
    page_size: int = 20


settings = Settings()
