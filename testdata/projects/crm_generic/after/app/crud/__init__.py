from .crud_company import company
from .crud_contact import contact
from .crud_user import user

__all__ = ["company", "contact", "user"]
