from typing import Optional

from pydantic import BaseModel, ConfigDict


class ContactCreate(BaseModel):
    name: str
    phone: Optional[str] = None
    company_id: int


class ContactUpdate(BaseModel):
    name: Optional[str] = None
    phone: Optional[str] = None


class Contact(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    phone: Optional[str] = None
