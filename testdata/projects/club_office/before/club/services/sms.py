import requests

from club.settings import settings


class SmsGateway:
    def __init__(self, url: str, key: str):
        self.url = url
        self.key = key

    def send(self, to: str, text: str) -> None:
        response = requests.post(
            f"{self.url}/messages",
            json={"to": to, "text": text},
            headers={"X-Api-Key": self.key},
            timeout=5,
        )
        response.raise_for_status()


def send_sms(to: str, text: str) -> None:
    SmsGateway(settings.sms_url, settings.sms_key).send(to, text)


def get_gateway() -> SmsGateway:
    return SmsGateway(settings.sms_url, settings.sms_key)
