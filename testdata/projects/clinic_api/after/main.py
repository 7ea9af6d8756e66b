import os

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import config
import sessions
import store
from domain.broker import broker
from errors import SlotTaken, UnknownPatient
from http_client import close_http_clients
from routers import calendar, patients, waiting_room


async def ping(request: Request):
    await run_in_threadpool(sessions.cache.ping)
    return PlainTextResponse('pong')


async def notice(request: Request):
    '''What the front desk wrote on the board.'''
    path = os.path.join(config.EXPORT_DIR, 'notice.txt')

    def read_file():
        if not os.path.exists(path):
            return PlainTextResponse('', status_code=404)
        with open(path) as board:
            return PlainTextResponse(board.read())

    return await run_in_threadpool(read_file)


app = FastAPI(title='Clinic', routes=[Route('/ping', ping)])
app.add_route('/notice', notice)
app.include_router(patients.router)
app.include_router(calendar.router)
app.include_router(waiting_room.router)


@app.on_event('startup')
def prepare():
    os.makedirs(config.EXPORT_DIR, exist_ok=True)
    store.create_tables()


@app.on_event('startup')
async def start_broker() -> None:
    if not broker.is_worker_process:
        await broker.startup()


@app.on_event('shutdown')
async def stop_broker() -> None:
    if not broker.is_worker_process:
        await broker.shutdown()


@app.on_event('shutdown')
def release():
    sessions.cache.close()


@app.on_event('shutdown')
async def close_clients() -> None:
    await close_http_clients()


@app.exception_handler(SlotTaken)
async def slot_taken(request: Request, exc: SlotTaken):
    return JSONResponse({'detail': f'{exc.doctor} is busy at {exc.slot}'}, status_code=409)


@app.exception_handler(UnknownPatient)
async def unknown_patient(request: Request, exc: UnknownPatient):
    await run_in_threadpool(sessions.cache.incr, 'refused')
    return JSONResponse({'detail': 'please log in'}, status_code=401)


@app.put('/notice', status_code=204)
async def write_notice(request: Request):
    text = await request.body()

    def write_text():
        with open(os.path.join(config.EXPORT_DIR, 'notice.txt'), 'wb') as board:
            board.write(text)

    await run_in_threadpool(write_text)
