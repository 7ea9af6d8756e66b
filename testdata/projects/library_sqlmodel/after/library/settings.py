import os


class Settings:
    """Read from the environment, once."""

    database_path: str = os.environ.get("LIBRARY_DATABASE", "library.db")
    loan_days: int = 21
    max_loans: int = 3

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database_path}"


settings = Settings()
