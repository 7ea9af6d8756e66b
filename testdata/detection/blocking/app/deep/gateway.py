import time

import requests


class Gateway:
    def __init__(self) -> None:
        self._session = requests.Session()

    def charge(self, order: int) -> dict:
        return self._session.post("https://pay.example.com", json={"order": order}).json()


def tell(text: str) -> bool:
    return requests.post("https://hooks.example.com", json={"text": text}).ok


def stock_of(order: int) -> int:
    time.sleep(0.2)  # either
    return order
