"""The notice board: who has to be told of what."""

from club.domain.tasks import send_notice_task


async def announce(members: list[str], subject: str) -> int:
    for member in sorted(set(members)):
        await send_notice_task.kiq(member, subject)
    return len(members)
