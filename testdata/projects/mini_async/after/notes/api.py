from __future__ import annotations

import asyncio
import json
import subprocess
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException
from fastapi.concurrency import run_in_threadpool

from notes import settings
from notes.clients import Client
from notes.domain.tasks import send_farewell_mail_task, send_share_mail_task
from notes.http_client import http_client, with_params
from notes.models import Note, NoteIn
from notes.store import can_read, store

router = APIRouter(prefix="/notes")


async def get_owner(x_owner: Annotated[str, Header()] = "") -> str:
    if not x_owner:
        raise HTTPException(401, "who are you?")
    return x_owner


Owner = Annotated[str, Depends(get_owner)]


async def find_note(note_id: int, owner: Owner) -> Note:
    note = await store.get(note_id)
    if note is None:
        raise HTTPException(404, "no such note")
    if not await can_read(owner, note):
        raise HTTPException(403, "not yours")
    return note


Found = Annotated[Note, Depends(find_note)]


@router.post("", status_code=201)
async def add(note: NoteIn, owner: Owner) -> Note:
    return await store.add(owner, note)


@router.get("")
async def mine(owner: Owner) -> list[Note]:
    notes = await store.all_of(owner)
    return sorted(notes, key=lambda note: note.title)


@router.get("/{note_id}")
async def read(note: Found) -> Note:
    await store.count_view(note.id)
    return note


@router.get("/{note_id}/views")
async def views(note: Found) -> dict[str, int]:
    return {"views": await store.views(note.id)}


@router.post("/{note_id}/share", status_code=202)
async def share(note: Found, to: str) -> dict[str, str]:
    await send_share_mail_task.kiq(to, note.title)
    return {"shared_with": to}


@router.post("/{note_id}/archive")
async def archive(note: Found) -> dict[str, str]:
    return {"file": await store.archive(note)}


@router.get("/{note_id}/archive")
async def archived(note: Found) -> dict[str, str]:
    path = settings.DATA / f"{note.id}.txt"
    return {"text": await run_in_threadpool(path.read_text)}


@router.get("/{note_id}/words")
async def words(note: Found) -> dict[str, int]:
    # wc(1) knows better than we do what a word is
    done = await run_in_threadpool(
        subprocess.run, ["wc", "-w"], input=note.text, capture_output=True, text=True
    )
    return {"words": int(done.stdout)}


@router.get("/{note_id}/spelling")
async def spelling(note: Found, client: Client) -> dict[str, list[str]]:
    response = await client.post("/check", json={"text": note.text})
    response.raise_for_status()
    return {"wrong": response.json()}


@router.get("/{note_id}/languages")
async def languages(note: Found, client: Client) -> dict[str, str]:
    response = await client.get("/language", params={"text": note.text})
    return {"language": response.json()["name"]}


@router.get("/{note_id}/preview")
async def preview(note: Found) -> dict[str, str]:
    for attempt in range(3):
        response = await http_client().get(
            with_params(settings.PREVIEW_URL, {"title": note.title}), timeout=2
        )
        if response.status_code == 200:
            return {"html": response.json()["html"]}
        await asyncio.sleep(0.01 * attempt)
    raise HTTPException(502, "no preview")


@router.put("/{note_id}/pin", status_code=204)
async def pin(note: Found) -> None:
    pins = settings.DATA / "pins.json"

    def write_pins() -> None:
        known = json.loads(pins.read_text()) if pins.exists() else []
        pins.write_text(json.dumps(sorted({*known, note.id})))

    await run_in_threadpool(write_pins)


@router.delete("", status_code=204)
async def leave(owner: Owner, mail: str) -> None:
    await send_farewell_mail_task.kiq(mail)
