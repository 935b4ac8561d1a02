"""TCP server, a pool of threads: answers two numbers with their sum."""
import errno
import queue
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
WORKERS = 4


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def number(word):
    return float(word) if b'.' in word or b'e' in word.lower() else int(word)


def sums(data):
    answer = ''
    for line in data.splitlines():
        try:
            a, b = line.split()
            answer += f'{number(a) + number(b)}\n'
        except (ValueError, OverflowError):
            answer += 'error: send two numbers, such as 1 2\n'
    return answer.encode()


def serve(conn, client):
    try:
        print(f'{name(client)} connected')
        while True:
            data = conn.recv(BUFSIZE)
            if not data:
                break
            if WORK:
                time.sleep(WORK)
            conn.sendall(sums(data))
        print(f'{name(client)} closed')
    except OSError as error:
        print(f'{name(client)} failed: {errno.errorcode[error.errno]}')
    finally:
        conn.close()


def worker():
    while True:
        serve(*jobs.get())


jobs = queue.Queue()
server = socket.socket(FAMILY, socket.SOCK_STREAM)
try:
    if REUSEADDR:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, PORT))
    server.listen(BACKLOG)
    address = server.getsockname()
    print(f'listening on {name(address)}')
    for n in range(WORKERS):
        threading.Thread(target=worker, daemon=True).start()
    while True:
        jobs.put(server.accept())
finally:
    server.close()
