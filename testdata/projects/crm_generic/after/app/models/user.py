from sqlalchemy import Boolean, Column, Integer, String
from sqlalchemy.orm import relationship

from app.db.base_class import Base


class User(Base):
    id = Column(Integer, primary_key=True)
    full_name = Column(String)
    email = Column(String, unique=True, index=True, nullable=False)
    token = Column(String, nullable=False)
    is_active = Column(Boolean(), default=True)

    companies = relationship("Company", back_populates="owner")
