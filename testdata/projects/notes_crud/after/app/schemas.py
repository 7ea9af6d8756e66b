from pydantic import BaseModel, ConfigDict, Field


class UserIn(BaseModel):
    name: str = Field(min_length=2, max_length=40)


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str


class UserWithKey(UserOut):
    key: str


class TagOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str


class NoteIn(BaseModel):
    title: str = Field(min_length=1, max_length=80)
    text: str = ""
    tags: list[str] = []


class NotePatch(BaseModel):
    title: str | None = None
    text: str | None = None
    archived: bool | None = None


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    text: str
    archived: bool
    owner: UserOut
    tags: list[TagOut]


class Page(BaseModel):
    items: list[NoteOut]
    page: int
    pages: int
    total: int


class UserSummary(BaseModel):
    name: str
    notes: int
    archived: int
