"""Business rules, with a mail or two in between."""

import json

from fastapi.concurrency import run_in_threadpool

from club.domain.tasks import membership_greet_task, send_mail_task
from club.errors import NoSuchMember
from club.services.mailer import mail_service, send_mail, send_welcome
from club.settings import settings

_FILE = "members.json"


def load() -> dict[str, dict]:
    path = settings.data / _FILE
    if not path.exists():
        return {}
    return json.loads(path.read_text())


def store(members: dict[str, dict]) -> None:
    (settings.data / _FILE).write_text(json.dumps(members))


def greet(name: str, email: str) -> None:
    send_welcome(email, name)
    mail_service.send("chair@club.example", "New member", f"{name} has joined")


async def join(name: str, email: str) -> dict:
    members = await run_in_threadpool(load)
    number = len(members) + 1
    members[str(number)] = {"name": name, "email": email}
    await run_in_threadpool(store, members)
    await membership_greet_task.kiq(name, email)
    return {"number": number, "name": name}


async def leave(number: int) -> str:
    members = await run_in_threadpool(load)
    if str(number) not in members:
        raise NoSuchMember(number)
    member = members.pop(str(number))
    await run_in_threadpool(store, members)
    await send_mail_task.kiq(member["email"], "Goodbye", f"{member['name']}, it was nice.")
    return member["name"]


class Secretary:
    def __init__(self) -> None:
        self.signature = "The secretary"

    def write(self, to: str, text: str) -> None:
        send_mail(to, "A letter", f"{text}\n\n{self.signature}")

    def write_all(self, addresses: list[str], text: str) -> None:
        for address in addresses:
            self.write(address, text)
