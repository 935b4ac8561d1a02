"""TCP server, one client after another: receives and counts."""
import errno
import socket
import time

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 9999
BACKLOG = 5
REUSEADDR = True
BUFSIZE = 1024
WORK = 0
ON_ERROR = 'continue'


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def serve(conn, client):
    try:
        print(f'{name(client)} connected')
        total = 0
        while True:
            data = conn.recv(BUFSIZE)
            if not data:
                break
            total += len(data)
            if WORK:
                time.sleep(WORK)
        print(f'{name(client)} closed after {total} bytes')
    except OSError as error:
        print(f'{name(client)} failed: {errno.errorcode[error.errno]}')
        if ON_ERROR == 'stop':
            raise
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
