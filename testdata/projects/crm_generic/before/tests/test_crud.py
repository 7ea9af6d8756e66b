from sqlalchemy.orm import Session

from app import crud
from app.schemas import CompanyUpdate, ContactCreate

from .utils import create_random_company, create_random_user


def test_create_and_get(db: Session) -> None:
    company = create_random_company(db)
    stored = crud.company.get(db, company.id)
    assert stored
    assert stored.name == company.name


def test_update(db: Session) -> None:
    company = create_random_company(db)
    changed = crud.company.update(db, db_obj=company, obj_in=CompanyUpdate(city="Braga"))
    assert changed.city == "Braga"
    changed = crud.company.update(db, db_obj=changed, obj_in={"city": "Faro"})
    assert crud.company.get(db, changed.id).city == "Faro"


def test_remove(db: Session) -> None:
    company = create_random_company(db)
    contact = crud.contact.create(db, obj_in=ContactCreate(name="Ann", company_id=company.id))
    crud.company.remove(db, id=company.id)
    assert crud.contact.get(db, contact.id) is None


def test_only_active_users(db: Session) -> None:
    user = create_random_user(db)
    assert crud.user.authenticate(db, token=user.token)
    crud.user.update(db, db_obj=user, obj_in={"is_active": False})
    assert not crud.user.authenticate(db, token=user.token)
