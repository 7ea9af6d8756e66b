from fastapi import APIRouter, WebSocket

import sessions

router = APIRouter()


@router.get('/rooms/{room}')
def room_state(room: str):
    return {'room': room, 'waiting': sessions.cache.llen(f'room:{room}')}


@router.websocket('/rooms/{room}/ws')
async def wait_in_room(socket: WebSocket, room: str):
    await socket.accept()
    ticket = await socket.receive_text()
    sessions.join_queue(room, ticket)
    await socket.send_json({'ticket': ticket, 'position': sessions.queue_position(room, ticket)})
    # every message asks again
    await socket.receive_text()
    await socket.send_json({'ticket': ticket, 'position': sessions.queue_position(room, ticket)})
    await socket.close()
