'''SQLite behind plain functions. Every call has a connection of its own.'''
import sqlite3
from contextlib import contextmanager

import config

SCHEMA = '''
create table if not exists patients (id integer primary key, name text, email text unique, hash text);
create table if not exists visits (id integer primary key, patient integer, doctor text, slot text,
                                   unique (doctor, slot));
'''


@contextmanager
def connection():
    conn = sqlite3.connect(config.DB_PATH)
    conn.row_factory = sqlite3.Row
    try:
        with conn:
            yield conn
    finally:
        conn.close()


def create_tables():
    with connection() as conn:
        conn.executescript(SCHEMA)


def insert_patient(name, email, hashed):
    with connection() as conn:
        cursor = conn.execute('insert into patients (name, email, hash) values (?, ?, ?)', (name, email, hashed))
        return cursor.lastrowid


def find_patient(email=None, patient_id=None):
    with connection() as conn:
        row = conn.execute('select * from patients where email = ? or id = ?', (email, patient_id)).fetchone()
    return dict(row) if row else None


def insert_visit(patient_id, doctor, slot):
    with connection() as conn:
        cursor = conn.execute(
            'insert into visits (patient, doctor, slot) values (?, ?, ?)', (patient_id, doctor, slot))
        return cursor.lastrowid


def delete_visit(visit_id):
    with connection() as conn:
        return conn.execute('delete from visits where id = ?', (visit_id,)).rowcount


def visits_of_day(day):
    with connection() as conn:
        rows = conn.execute(
            'select v.id, v.doctor, v.slot, p.name from visits v join patients p on p.id = v.patient'
            ' where v.slot like ? order by v.slot, v.doctor', (day + '%',)).fetchall()
    return [dict(row) for row in rows]
