from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class ReaderIn(BaseModel):
    name: str = Field(min_length=2)


class ReaderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str


class BookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    title: str


class ShelfIn(BaseModel):
    label: str
    books: list[str] = []


class ShelfOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    label: str
    owner: ReaderOut
    books: list[BookOut]


class Page(BaseModel, Generic[T]):
    items: list[T]
    page: int
