import os

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import config
import sessions
import store
from errors import SlotTaken, UnknownPatient
from routers import calendar, patients, waiting_room


def ping(request: Request):
    sessions.cache.ping()
    return PlainTextResponse('pong')


def notice(request: Request):
    '''What the front desk wrote on the board.'''
    path = os.path.join(config.EXPORT_DIR, 'notice.txt')
    if not os.path.exists(path):
        return PlainTextResponse('', status_code=404)
    with open(path) as board:
        return PlainTextResponse(board.read())


app = FastAPI(title='Clinic', routes=[Route('/ping', ping)])
app.add_route('/notice', notice)
app.include_router(patients.router)
app.include_router(calendar.router)
app.include_router(waiting_room.router)


@app.on_event('startup')
def prepare():
    os.makedirs(config.EXPORT_DIR, exist_ok=True)
    store.create_tables()


@app.on_event('shutdown')
def release():
    sessions.cache.close()


@app.exception_handler(SlotTaken)
def slot_taken(request: Request, exc: SlotTaken):
    return JSONResponse({'detail': f'{exc.doctor} is busy at {exc.slot}'}, status_code=409)


@app.exception_handler(UnknownPatient)
async def unknown_patient(request: Request, exc: UnknownPatient):
    sessions.cache.incr('refused')
    return JSONResponse({'detail': 'please log in'}, status_code=401)


@app.put('/notice', status_code=204)
async def write_notice(request: Request):
    text = await request.body()
    with open(os.path.join(config.EXPORT_DIR, 'notice.txt'), 'wb') as board:
        board.write(text)
