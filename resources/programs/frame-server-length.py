"""TCP server of frames (a length before each body): shows each body, answers it in capitals."""
import errno
import socket
import struct

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 9999
LENGTH = '!I'
MAX = 4096
BACKLOG = 5
REUSEADDR = True


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


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


def serve(conn, client):
    try:
        print(f'{name(client)} connected')
        while True:
            body = recv_frame(conn)
            if body is None:
                break
            print(f'{name(client)} sent {body!r}')
            conn.sendall(frame(body.upper()))
        print(f'{name(client)} closed')
    except OSError as error:
        print(f'{name(client)} failed: {errno.errorcode[error.errno]}')
    except (EOFError, ValueError) as error:
        print(f'{name(client)} failed: {error}')
    finally:
        conn.close()


server = socket.socket(FAMILY, socket.SOCK_STREAM)
try:
    if REUSEADDR:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, PORT))
    server.listen(BACKLOG)
    address = server.getsockname()
    print(f'listening on {name(address)}')
    while True:
        conn, client = server.accept()
        serve(conn, client)
finally:
    server.close()
