"""TCP server, a thread for each client: receives once, shows it, answers ACK."""
import errno
import socket
import threading
import time

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 9999
BACKLOG = 5
REUSEADDR = True
BUFSIZE = 1024
WORK = 0


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def serve(conn, client):
    try:
        print(f'{name(client)} connected')
        data = conn.recv(BUFSIZE)
        print(f'{name(client)} sent {data!r}')
        if WORK:
            time.sleep(WORK)
        conn.sendall(b'ACK')
    except OSError as error:
        print(f'{name(client)} failed: {errno.errorcode[error.errno]}')
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
        threading.Thread(target=serve, args=(conn, client), daemon=True).start()
finally:
    server.close()
