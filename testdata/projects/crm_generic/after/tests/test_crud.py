from sqlalchemy.ext.asyncio import AsyncSession

from app import crud
from app.schemas import CompanyUpdate, ContactCreate

from .utils import create_random_company, create_random_user


async def test_create_and_get(db: AsyncSession) -> None:
    company = await create_random_company(db)
    stored = await crud.company.get(db, company.id)
    assert stored
    assert stored.name == company.name


async def test_update(db: AsyncSession) -> None:
    company = await create_random_company(db)
    changed = await crud.company.update(db, db_obj=company, obj_in=CompanyUpdate(city="Braga"))
    assert changed.city == "Braga"
    changed = await crud.company.update(db, db_obj=changed, obj_in={"city": "Faro"})
    assert (await crud.company.get(db, changed.id)).city == "Faro"


async def test_remove(db: AsyncSession) -> None:
    company = await create_random_company(db)
    contact = await crud.contact.create(db, obj_in=ContactCreate(name="Ann", company_id=company.id))
    await db.refresh(company)
    await crud.company.remove(db, id=company.id)
    if contact in db:
        await db.refresh(contact)
    assert await crud.contact.get(db, contact.id) is None


async def test_only_active_users(db: AsyncSession) -> None:
    user = await create_random_user(db)
    assert await crud.user.authenticate(db, token=user.token)
    await crud.user.update(db, db_obj=user, obj_in={"is_active": False})
    await db.refresh(user)
    assert not await crud.user.authenticate(db, token=user.token)
