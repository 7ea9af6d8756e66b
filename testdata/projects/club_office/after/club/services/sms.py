from club.http_client import http_client
from club.settings import settings


class SmsGateway:
    def __init__(self, url: str, key: str):
        self.url = url
        self.key = key

    async def send(self, to: str, text: str) -> None:
        response = await http_client().post(
            f"{self.url}/messages",
            json={"to": to, "text": text},
            headers={"X-Api-Key": self.key},
            timeout=5,
        )
        response.raise_for_status()


async def send_sms(to: str, text: str) -> None:
    await SmsGateway(settings.sms_url, settings.sms_key).send(to, text)


def get_gateway() -> SmsGateway:
    return SmsGateway(settings.sms_url, settings.sms_key)
