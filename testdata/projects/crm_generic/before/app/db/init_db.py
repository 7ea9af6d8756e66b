from sqlalchemy.orm import Session

from app import crud, schemas
from app.db.base_class import Base
from app.db.session import engine


def init_db(db: Session) -> None:
    Base.metadata.create_all(bind=engine)

    user = crud.user.get_by_email(db, email="admin@example.com")
    if not user:
        crud.user.create(
            db,
            obj_in=schemas.UserCreate(email="admin@example.com", full_name="Admin", token="admin-token"),
        )
