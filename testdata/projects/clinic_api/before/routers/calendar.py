import csv
import os
import subprocess

from fastapi import APIRouter, BackgroundTasks, Body, Depends, Header, HTTPException

import config
from mailer import send_cancellation, send_confirmation
from routers.patients import current_patient
from services import CalendarService


def book(
    doctor: str = Body(...),
    slot: str = Body(...),
    x_token: str = Header(''),
    calendar: CalendarService = Depends(),
):
    visit = calendar.book(x_token, doctor, slot)
    send_confirmation(visit['email'], doctor, slot)
    return {'id': visit['id'], 'doctor': doctor, 'slot': slot}


def cancel(
    visit_id: int,
    background: BackgroundTasks,
    patient: dict = Depends(current_patient),
    calendar: CalendarService = Depends(),
):
    if not calendar.cancel(visit_id):
        raise HTTPException(404, 'no such visit')
    background.add_task(send_cancellation, patient['email'], visit_id)


def day(day: str, calendar: CalendarService = Depends()):
    return calendar.day(day)


def export(day: str, calendar: CalendarService = Depends()):
    '''A compressed list of the day, for the doctors' pigeonholes.'''
    path = os.path.join(config.EXPORT_DIR, f'{day}.csv')
    visits = calendar.day(day)
    with open(path, 'w', newline='') as out:
        writer = csv.writer(out)
        for visit in visits:
            writer.writerow([visit['slot'], visit['doctor'], visit['name']])
    subprocess.check_call(['gzip', '-nf', path])   # -n: no date inside
    return {'file': f'{day}.csv.gz', 'bytes': os.path.getsize(path + '.gz')}


router = APIRouter(prefix='/visits')
router.add_api_route('', book, methods=['POST'], status_code=201)
router.add_api_route('/{visit_id}', cancel, methods=['DELETE'], status_code=204)
router.add_api_route('/{day}', day, methods=['GET'])
router.add_api_route('/{day}/export', export, methods=['POST'])
