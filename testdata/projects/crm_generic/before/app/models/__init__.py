from .company import Company
from .contact import Contact
from .user import User

__all__ = ["Company", "Contact", "User"]
