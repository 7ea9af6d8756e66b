from typing import Any, List

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession

from app import crud, models, schemas
from app.api import deps

router = APIRouter()


@router.get("/", response_model=List[schemas.Company])
async def read_companies(
    db: AsyncSession = Depends(deps.get_db),
    skip: int = 0,
    limit: int = 100,
    current_user: models.User = Depends(deps.get_current_user),
) -> Any:
    """
    Retrieve companies.
    """
    if current_user.email == "admin@example.com":
        companies = await crud.company.get_multi(db, skip=skip, limit=limit)
    else:
        companies = await crud.company.get_multi_by_owner(
            db=db, owner_id=current_user.id, skip=skip, limit=limit
        )
    for each in companies:
        await db.refresh(each, ["owner", "contacts"])
    return companies


@router.post("/", response_model=schemas.Company)
async def create_company(
    *,
    db: AsyncSession = Depends(deps.get_db),
    company_in: schemas.CompanyCreate,
    current_user: models.User = Depends(deps.get_current_user),
) -> Any:
    """
    Create new company.
    """
    company = await crud.company.create_with_owner(
        db=db, obj_in=company_in, owner_id=current_user.id
    )
    await db.refresh(company, ["owner", "contacts"])
    return company


@router.get("/by-phone/{phone}", response_model=List[schemas.Company])
async def read_companies_by_phone(
    phone: str,
    db: AsyncSession = Depends(deps.get_db),
    current_user: models.User = Depends(deps.get_current_user),
) -> Any:
    return await crud.company.with_phone(db, phone=phone)


@router.get("/{id}", response_model=schemas.Company)
async def read_company(
    *,
    db: AsyncSession = Depends(deps.get_db),
    id: int,
    current_user: models.User = Depends(deps.get_current_user),
) -> Any:
    """
    Get company by ID.
    """
    company = await crud.company.get(db=db, id=id)
    if not company:
        raise HTTPException(status_code=404, detail="Company not found")
    await db.refresh(company, ["owner", "contacts"])
    return company


@router.put("/{id}", response_model=schemas.Company)
async def update_company(
    *,
    db: AsyncSession = Depends(deps.get_db),
    id: int,
    company_in: schemas.CompanyUpdate,
    current_user: models.User = Depends(deps.get_current_user),
) -> Any:
    """
    Update a company.
    """
    company = await crud.company.get(db=db, id=id)
    if not company:
        raise HTTPException(status_code=404, detail="Company not found")
    if company.owner_id != current_user.id:
        raise HTTPException(status_code=400, detail="Not enough permissions")
    company = await crud.company.update(db=db, db_obj=company, obj_in=company_in)
    await db.refresh(company, ["owner", "contacts"])
    return company


@router.delete("/{id}", response_model=schemas.Company)
async def delete_company(
    *,
    db: AsyncSession = Depends(deps.get_db),
    id: int,
    current_user: models.User = Depends(deps.get_current_user),
) -> Any:
    """
    Delete a company and its contacts.
    """
    company = await crud.company.get(db=db, id=id)
    if not company:
        raise HTTPException(status_code=404, detail="Company not found")
    if company.owner_id != current_user.id:
        raise HTTPException(status_code=400, detail="Not enough permissions")
    await db.refresh(company, ["owner", "contacts"])
    answer = schemas.Company.model_validate(company)
    await crud.company.remove(db=db, id=id)
    return answer
