"""TCP server of frames (frames of a fixed size): shows each body, answers it in capitals."""
import errno
import socket

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 9999
SIZE = 16
BACKLOG = 5
REUSEADDR = True


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def frame(body):
    if len(body) > SIZE:
        raise ValueError(f'a frame of {len(body)} bytes is more than the {SIZE} allowed')
    return body.ljust(SIZE, b'\0')


def recvall(conn, n):
    data = b''
    while len(data) < n:
        part = conn.recv(n - len(data))
        if not part:
            break
        data += part
    return data


def recv_frame(conn):
    frame = recvall(conn, SIZE)
    if not frame:
        return None
    if len(frame) < SIZE:
        raise EOFError(f'the stream ended in the middle of a frame, after {len(frame)} of {SIZE} bytes')
    return frame.rstrip(b'\0')


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
