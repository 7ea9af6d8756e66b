from abc import ABC, abstractmethod
from pathlib import Path

import requests


class Writer(ABC):
    @abstractmethod
    def write(self) -> str: ...


class WebWriter(Writer):
    def write(self) -> str:
        return requests.get("https://reports.example.com").text  # either


class FileWriter(Writer):
    def write(self) -> str:
        return Path("/var/reports/all.txt").read_text()  # either


class Builder:
    @classmethod
    def build(cls, period: str) -> str:
        return cls()._load(period)

    def _load(self, period: str) -> str:
        return requests.get(f"https://reports.example.com/{period}").text


def daily() -> str:
    return Builder.build("day")


def weekly() -> str:
    return Builder.build("week")


REGISTRY = {"daily": daily, "weekly": weekly}
WRITERS: dict[str, type[Writer]] = {"web": WebWriter, "file": FileWriter}


def pick(kind: str) -> Writer:
    return WRITERS[kind]()


def default() -> Writer:
    return WebWriter()
