from fastapi import FastAPI

from app.api import bids, items
from app.database import Base, engine
from app.office import members

Base.metadata.create_all(bind=engine)

app = FastAPI(title="Auction")
app.include_router(items.router)
app.include_router(bids.router)
app.include_router(members.router)
