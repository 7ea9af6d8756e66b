import os
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True)
class Settings:
    data_dir: str = field(default_factory=lambda: os.environ.get("BOOKING_DATA", "."))
    database: str = "booking.db"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.data_dir}/{self.database}"


@lru_cache
def get_settings() -> Settings:
    return Settings()
