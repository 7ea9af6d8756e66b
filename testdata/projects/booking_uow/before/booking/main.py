from fastapi import FastAPI

from booking import initial_data
from booking.api import router

app = FastAPI(title="Booking")
app.include_router(router)


@app.on_event("startup")
def prepare() -> None:
    initial_data.main()
