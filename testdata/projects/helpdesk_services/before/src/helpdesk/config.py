import os


class Settings:
    def __init__(self) -> None:
        self.database_url = os.environ.get("HELPDESK_DATABASE_URL", "sqlite:///helpdesk.db")
        self.echo = os.environ.get("HELPDESK_ECHO") == "1"


settings = Settings()
