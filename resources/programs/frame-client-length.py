"""TCP client of frames (a length before each body): each line of its text is a body."""
import socket
import struct
import time

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 9999
LENGTH = '!I'
MAX = 4096
SEND = 'one\ntwo\nthree'
PIECE = 0
PAUSE = 0
BROKEN = 'none'


def frame(body):
    if len(body) > MAX:
        raise ValueError(f'a frame of {len(body)} bytes is more than the {MAX} allowed')
    return struct.pack(LENGTH, len(body)) + body


def recvall(conn, n):
    data = b''
    while len(data) < n:
        part = conn.recv(n - len(data))
        if not part:
            break
        data += part
    return data


def recv_frame(conn):
    size = struct.calcsize(LENGTH)
    head = recvall(conn, size)
    if not head:
        return None
    if len(head) < size:
        raise EOFError(f'the stream ended in the middle of a frame, after {len(head)} of {size} bytes')
    length, = struct.unpack(LENGTH, head)
    if length > MAX:
        raise ValueError(f'a frame of {length} bytes is more than the {MAX} allowed')
    body = recvall(conn, length)
    if len(body) < length:
        raise EOFError(f'the stream ended in the middle of a frame, after {size + len(body)} of {size + length} bytes')
    return body


def broken():
    if BROKEN == 'truncated':
        return frame(b'broken'[:MAX])[:-1]
    if BROKEN == 'oversized':
        return struct.pack(LENGTH, MAX + 1)
    return b''


bodies = [line.encode() for line in SEND.split('\n')]
client = socket.socket(FAMILY, socket.SOCK_STREAM)
try:
    client.connect((HOST, PORT))
    print(f'connected to {HOST} port {PORT}')
    data = b''.join(frame(body) for body in bodies) + broken()
    piece = PIECE or len(data)
    for at in range(0, len(data), piece):
        if at and PAUSE:
            time.sleep(PAUSE)
        client.sendall(data[at:at + piece])
    client.shutdown(socket.SHUT_WR)
    print(f'sent {len(bodies)} frames, {len(data)} bytes')
    answers = 0
    while True:
        body = recv_frame(client)
        if body is None:
            break
        print(f'received {body!r}')
        answers += 1
    print(f'{answers} answers to {len(bodies)} frames')
finally:
    client.close()
