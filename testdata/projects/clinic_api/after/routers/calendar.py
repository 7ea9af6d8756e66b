import csv
import os
import subprocess

from fastapi import APIRouter, Body, Depends, Header, HTTPException
from fastapi.concurrency import run_in_threadpool

import config
from domain.tasks import send_cancellation_task, send_confirmation_task
from routers.patients import current_patient
from services import CalendarService


async def book(
    doctor: str = Body(...),
    slot: str = Body(...),
    x_token: str = Header(''),
    calendar: CalendarService = Depends(),
):
    visit = await run_in_threadpool(calendar.book, x_token, doctor, slot)
    await send_confirmation_task.kiq(visit['email'], doctor, slot)
    return {'id': visit['id'], 'doctor': doctor, 'slot': slot}


async def cancel(
    visit_id: int,
    patient: dict = Depends(current_patient),
    calendar: CalendarService = Depends(),
):
    if not await run_in_threadpool(calendar.cancel, visit_id):
        raise HTTPException(404, 'no such visit')
    await send_cancellation_task.kiq(patient['email'], visit_id)


async def day(day: str, calendar: CalendarService = Depends()):
    return await run_in_threadpool(calendar.day, day)


async def export(day: str, calendar: CalendarService = Depends()):
    '''A compressed list of the day, for the doctors' pigeonholes.'''
    path = os.path.join(config.EXPORT_DIR, f'{day}.csv')

    def run_gzip():
        visits = calendar.day(day)
        with open(path, 'w', newline='') as out:
            writer = csv.writer(out)
            for visit in visits:
                writer.writerow([visit['slot'], visit['doctor'], visit['name']])
        subprocess.check_call(['gzip', '-nf', path])   # -n: no date inside
        return {'file': f'{day}.csv.gz', 'bytes': os.path.getsize(path + '.gz')}

    return await run_in_threadpool(run_gzip)


router = APIRouter(prefix='/visits')
router.add_api_route('', book, methods=['POST'], status_code=201)
router.add_api_route('/{visit_id}', cancel, methods=['DELETE'], status_code=204)
router.add_api_route('/{day}', day, methods=['GET'])
router.add_api_route('/{day}/export', export, methods=['POST'])
