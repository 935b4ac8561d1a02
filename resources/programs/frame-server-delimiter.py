"""TCP server of frames (lines): shows each body, answers it in capitals."""
import errno
import socket

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 9999
MAX = 4096
BACKLOG = 5
REUSEADDR = True


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


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


def serve(conn, client):
    try:
        print(f'{name(client)} connected')
        buffer = bytearray()
        while True:
            body = recv_frame(conn, buffer)
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
