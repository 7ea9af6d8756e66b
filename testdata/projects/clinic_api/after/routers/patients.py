from fastapi import APIRouter, Depends, Header, HTTPException
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from labs import LabService
from services import PatientService

router = APIRouter(prefix='/patients')


class Registration(BaseModel):
    name: str
    email: str
    password: str


class Login(BaseModel):
    email: str
    password: str


def current_patient(x_token: str = Header(''), service: PatientService = Depends()):
    return service.by_token(x_token)


@router.post('', status_code=201)
async def register(form: Registration, service: PatientService = Depends()):
    patient_id = await run_in_threadpool(service.register, form.name, form.email, form.password)
    if patient_id is None:
        raise HTTPException(409, 'already registered')
    return {'id': patient_id, 'name': form.name}


@router.post('/login')
async def login(form: Login, service: PatientService = Depends()):
    token = await run_in_threadpool(service.login, form.email, form.password)
    if not token:
        raise HTTPException(401, 'wrong e-mail or password')
    return {'token': token}


@router.get('/me')
async def me(patient: dict = Depends(current_patient)):
    return {'id': patient['id'], 'name': patient['name']}


@router.get('/me/results')
async def my_results(patient: dict = Depends(current_patient), lab: LabService = Depends(LabService)):
    results = await lab.results(patient['id'])
    return {'results': results, 'count': len(results)}


@router.post('/me/tests/{test}', status_code=202)
async def order_test(test: str, patient: dict = Depends(current_patient), lab: LabService = Depends(LabService)):
    return {'order': await run_in_threadpool(lab.order, patient['id'], test)}
