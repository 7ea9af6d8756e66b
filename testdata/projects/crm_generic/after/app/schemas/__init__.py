from .company import Company, CompanyCreate, CompanyUpdate
from .contact import Contact, ContactCreate, ContactUpdate
from .user import User, UserCreate, UserUpdate

__all__ = [
    "Company",
    "CompanyCreate",
    "CompanyUpdate",
    "Contact",
    "ContactCreate",
    "ContactUpdate",
    "User",
    "UserCreate",
    "UserUpdate",
]
