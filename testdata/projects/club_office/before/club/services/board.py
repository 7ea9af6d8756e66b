"""The notice board: who has to be told of what."""

from club.jobs import send_notice


def announce(members: list[str], subject: str) -> int:
    for member in sorted(set(members)):
        send_notice.delay(member, subject)
    return len(members)
