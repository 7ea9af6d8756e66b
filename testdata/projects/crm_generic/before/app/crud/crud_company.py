from typing import List

from fastapi.encoders import jsonable_encoder
from sqlalchemy.orm import Session

from app.crud.base import CRUDBase
from app.models.company import Company
from app.models.contact import Contact
from app.schemas.company import CompanyCreate, CompanyUpdate


class CRUDCompany(CRUDBase[Company, CompanyCreate, CompanyUpdate]):
    def create_with_owner(self, db: Session, *, obj_in: CompanyCreate, owner_id: int) -> Company:
        obj_in_data = jsonable_encoder(obj_in)
        db_obj = self.model(**obj_in_data, owner_id=owner_id)
        db.add(db_obj)
        db.commit()
        db.refresh(db_obj)
        return db_obj

    def get_multi_by_owner(
        self, db: Session, *, owner_id: int, skip: int = 0, limit: int = 100
    ) -> List[Company]:
        return (
            db.query(self.model)
            .filter(Company.owner_id == owner_id)
            .order_by(Company.name)
            .offset(skip)
            .limit(limit)
            .all()
        )

    def with_phone(self, db: Session, *, phone: str) -> List[Company]:
        return db.query(Company).join(Company.contacts).filter(Contact.phone == phone).all()


company = CRUDCompany(Company)
