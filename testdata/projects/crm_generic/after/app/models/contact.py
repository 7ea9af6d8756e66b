from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import relationship

from app.db.base_class import Base


class Contact(Base):
    id = Column(Integer, primary_key=True)
    name = Column(String, nullable=False)
    phone = Column(String)
    company_id = Column(Integer, ForeignKey("company.id"), nullable=False)

    company = relationship("Company", back_populates="contacts")
