'''Sessions and the waiting room live in Redis.'''
import hashlib
import hmac

import redis

import config

cache = redis.Redis.from_url(config.REDIS_URL, decode_responses=True)


def open_session(patient_id):
    number = cache.incr('logins')
    token = hmac.new(config.SECRET.encode(), f'{patient_id}:{number}'.encode(), hashlib.sha256).hexdigest()
    cache.setex(f'session:{token}', config.SESSION_SECONDS, patient_id)
    return token


def session_patient(token):
    patient_id = cache.get(f'session:{token}')
    return int(patient_id) if patient_id else None


def join_queue(room, ticket):
    '''How many are waiting, the new one included.'''
    return cache.rpush(f'room:{room}', ticket)


def queue_position(room, ticket):
    waiting = cache.lrange(f'room:{room}', 0, -1)
    return waiting.index(ticket) + 1 if ticket in waiting else 0
