from typing import List, Optional

from pydantic import BaseModel, ConfigDict

from .contact import Contact
from .user import User


class CompanyBase(BaseModel):
    name: Optional[str] = None
    city: Optional[str] = None


class CompanyCreate(CompanyBase):
    name: str


class CompanyUpdate(CompanyBase):
    pass


class Company(CompanyBase):
    model_config = ConfigDict(from_attributes=True)

    id: int
    revision: int
    owner: Optional[User] = None
    contacts: List[Contact] = []
