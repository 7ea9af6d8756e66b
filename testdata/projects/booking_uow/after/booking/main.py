from fastapi import FastAPI

from booking import initial_data
from booking.api import router

app = FastAPI(title="Booking")
app.include_router(router)


@app.on_event("startup")
async def prepare() -> None:
    await initial_data.main()
