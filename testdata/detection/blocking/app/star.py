import requests

__all__ = ["download"]


def download(url: str) -> bytes:
    return requests.get(url, timeout=30).content  # either
