import random
import string

from sqlalchemy.orm import Session

from app import crud, models
from app.schemas import CompanyCreate, UserCreate


def random_lower_string() -> str:
    return "".join(random.choices(string.ascii_lowercase, k=16))


def create_random_user(db: Session) -> models.User:
    token = random_lower_string()
    return crud.user.create(db, obj_in=UserCreate(email=f"{token}@example.com", token=token))


def create_random_company(db: Session) -> models.Company:
    owner = create_random_user(db)
    return crud.company.create_with_owner(
        db, obj_in=CompanyCreate(name=random_lower_string(), city="Porto"), owner_id=owner.id
    )
