from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession

from app import crud, schemas
from app.api import deps

router = APIRouter(dependencies=[Depends(deps.get_current_user)])


@router.get("/count")
async def count_contacts(db: AsyncSession = Depends(deps.get_db)) -> Any:
    return {"contacts": await crud.contact.count(db)}


@router.post("/", response_model=schemas.Contact)
async def create_contact(
    contact_in: schemas.ContactCreate, db: AsyncSession = Depends(deps.get_db)
) -> Any:
    """
    Create new contact of a company.
    """
    if await crud.company.get(db, contact_in.company_id) is None:
        raise HTTPException(status_code=404, detail="Company not found")
    return await crud.contact.create(db, obj_in=contact_in)


@router.put("/{id}", response_model=schemas.Contact)
async def update_contact(
    id: int, contact_in: schemas.ContactUpdate, db: AsyncSession = Depends(deps.get_db)
) -> Any:
    contact = await crud.contact.get(db, id)
    if not contact:
        raise HTTPException(status_code=404, detail="Contact not found")
    return await crud.contact.update(db, db_obj=contact, obj_in=contact_in)


@router.delete("/{id}", response_model=schemas.Contact)
async def delete_contact(id: int, db: AsyncSession = Depends(deps.get_db)) -> Any:
    if not await crud.contact.get(db, id):
        raise HTTPException(status_code=404, detail="Contact not found")
    return await crud.contact.remove(db, id=id)
