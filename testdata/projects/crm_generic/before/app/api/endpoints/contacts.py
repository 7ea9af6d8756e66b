from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app import crud, schemas
from app.api import deps

router = APIRouter(dependencies=[Depends(deps.get_current_user)])


@router.get("/count")
def count_contacts(db: Session = Depends(deps.get_db)) -> Any:
    return {"contacts": crud.contact.count(db)}


@router.post("/", response_model=schemas.Contact)
def create_contact(contact_in: schemas.ContactCreate, db: Session = Depends(deps.get_db)) -> Any:
    """
    Create new contact of a company.
    """
    if crud.company.get(db, contact_in.company_id) is None:
        raise HTTPException(status_code=404, detail="Company not found")
    return crud.contact.create(db, obj_in=contact_in)


@router.put("/{id}", response_model=schemas.Contact)
def update_contact(
    id: int, contact_in: schemas.ContactUpdate, db: Session = Depends(deps.get_db)
) -> Any:
    contact = crud.contact.get(db, id)
    if not contact:
        raise HTTPException(status_code=404, detail="Contact not found")
    return crud.contact.update(db, db_obj=contact, obj_in=contact_in)


@router.delete("/{id}", response_model=schemas.Contact)
def delete_contact(id: int, db: Session = Depends(deps.get_db)) -> Any:
    if not crud.contact.get(db, id):
        raise HTTPException(status_code=404, detail="Contact not found")
    return crud.contact.remove(db, id=id)
