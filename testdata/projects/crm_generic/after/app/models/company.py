from sqlalchemy import Column, ForeignKey, Integer, String, text
from sqlalchemy.orm import relationship

from app.db.base_class import Base


class Company(Base):
    id = Column(Integer, primary_key=True)
    name = Column(String, index=True, nullable=False)
    city = Column(String)
    revision = Column(Integer, server_default="1", onupdate=text("revision + 1"))
    owner_id = Column(Integer, ForeignKey("user.id"))

    owner = relationship("User", back_populates="companies")
    contacts = relationship("Contact", back_populates="company", cascade="all, delete-orphan")
