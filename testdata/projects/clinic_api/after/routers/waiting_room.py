from fastapi import APIRouter, WebSocket
from fastapi.concurrency import run_in_threadpool

import sessions

router = APIRouter()


@router.get('/rooms/{room}')
async def room_state(room: str):
    return {'room': room, 'waiting': await run_in_threadpool(sessions.cache.llen, f'room:{room}')}


@router.websocket('/rooms/{room}/ws')
async def wait_in_room(socket: WebSocket, room: str):
    await socket.accept()
    ticket = await socket.receive_text()
    await run_in_threadpool(sessions.join_queue, room, ticket)
    await socket.send_json(
        {'ticket': ticket, 'position': await run_in_threadpool(sessions.queue_position, room, ticket)}
    )
    # every message asks again
    await socket.receive_text()
    await socket.send_json(
        {'ticket': ticket, 'position': await run_in_threadpool(sessions.queue_position, room, ticket)}
    )
    await socket.close()
