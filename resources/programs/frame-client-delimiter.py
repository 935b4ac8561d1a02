"""TCP client of frames (lines): each line of its text is a body."""
import socket
import time

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 9999
MAX = 4096
SEND = 'one\ntwo\nthree'
PIECE = 0
PAUSE = 0
BROKEN = 'none'


def frame(body):
    if len(body) > MAX:
        raise ValueError(f'a frame of {len(body)} bytes is more than the {MAX} allowed')
    return body + b'\n'


def recv_frame(conn, buffer):
    while b'\n' not in buffer:
        if len(buffer) > MAX:
            raise ValueError(f'no end of the frame within {MAX} bytes, which is the most allowed')
        part = conn.recv(1024)
        if not part:
            if buffer:
                raise EOFError(f'the stream ended in the middle of a frame, after {len(buffer)} bytes')
            return None
        buffer += part
    end = buffer.index(b'\n')
    if end > MAX:
        raise ValueError(f'a frame of {end} bytes is more than the {MAX} allowed')
    body = bytes(buffer[:end])
    del buffer[:end + 1]
    return body


def broken():
    if BROKEN == 'truncated':
        return frame(b'broken'[:MAX])[:-1]
    if BROKEN == 'oversized':
        return b'x' * (MAX + 1)
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
    buffer = bytearray()
    answers = 0
    while True:
        body = recv_frame(client, buffer)
        if body is None:
            break
        print(f'received {body!r}')
        answers += 1
    print(f'{answers} answers to {len(bodies)} frames')
finally:
    client.close()
