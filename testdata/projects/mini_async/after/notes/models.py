from __future__ import annotations

from pydantic import BaseModel


class NoteIn(BaseModel):
    title: str
    text: str = ""


class Note(NoteIn):
    id: int
    owner: str
