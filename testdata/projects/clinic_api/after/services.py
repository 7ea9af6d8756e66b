import hashlib
import sqlite3
from typing import List, Optional

from fastapi import Depends

import config
import sessions
import store
from errors import SlotTaken, UnknownPatient


def hash_password(email: str, password: str) -> str:
    return hashlib.pbkdf2_hmac('sha256', password.encode(), email.encode(), config.HASH_ROUNDS).hex()


class PatientService:

    def register(self, name: str, email: str, password: str) -> Optional[int]:
        '''The new id, or None if there is such a patient.'''
        try:
            return store.insert_patient(name, email, hash_password(email, password))
        except sqlite3.IntegrityError:
            return None

    def login(self, email: str, password: str) -> Optional[str]:
        patient = store.find_patient(email=email)
        if not patient or patient['hash'] != hash_password(email, password):
            return None
        return sessions.open_session(patient['id'])

    def by_token(self, token: str) -> dict:
        patient_id = sessions.session_patient(token)
        patient = patient_id and store.find_patient(patient_id=patient_id)
        if not patient:
            raise UnknownPatient()
        return patient


class CalendarService:

    def __init__(self, patients: PatientService = Depends()):
        self.patients = patients

    def book(self, token: str, doctor: str, slot: str) -> dict:
        patient = self.patients.by_token(token)
        try:
            visit_id = store.insert_visit(patient['id'], doctor, slot)
        except sqlite3.IntegrityError:
            raise SlotTaken(doctor, slot)
        return {'id': visit_id, 'email': patient['email']}

    def cancel(self, visit_id: int) -> bool:
        return store.delete_visit(visit_id) > 0

    def day(self, day: str) -> List[dict]:
        return store.visits_of_day(day)
