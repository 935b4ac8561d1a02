"""TCP server, one thread that asks poll() who is ready: sends back what it receives in capitals."""
import errno
import socket
import time
from select import POLLIN, poll

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


def turn(conn, client):
    data = conn.recv(BUFSIZE)
    if not data:
        print(f'{name(client)} closed')
        return False
    if WORK:
        time.sleep(WORK)
    conn.sendall(data.upper())
    return True


server = socket.socket(FAMILY, socket.SOCK_STREAM)
try:
    if REUSEADDR:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, PORT))
    server.listen(BACKLOG)
    address = server.getsockname()
    print(f'listening on {name(address)}')
    poller = poll()
    poller.register(server, POLLIN)
    clients = {}
    while True:
        for fd, event in poller.poll():
            if fd == server.fileno():
                conn, client = server.accept()
                print(f'{name(client)} connected')
                poller.register(conn, POLLIN)
                clients[conn.fileno()] = conn, client
                continue
            conn, client = clients[fd]
            try:
                more = turn(conn, client)
            except OSError as error:
                print(f'{name(client)} failed: {errno.errorcode[error.errno]}')
                more = False
            if not more:
                poller.unregister(conn)
                del clients[fd]
                conn.close()
finally:
    server.close()
