"""A slow wire for TCP: bytes pass unchanged and in order, later and at a limited rate."""
import queue
import random
import socket
import struct
import threading
import time

LISTEN_HOST = '127.0.0.1'
LISTEN_PORT = 9998
TO_HOST = '127.0.0.1'
TO_PORT = 9999
DELAY = 0
JITTER = 0
RATE = 0
SEED = 1


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def family(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET


def abort(*sockets):
    """A reset for the peers: SO_LINGER with a time of 0, then close."""
    for sock in sockets:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            sock.shutdown(socket.SHUT_RD)
        except OSError:
            pass  # closed already, or not connected any more
        sock.close()


def read(source, target, pieces, seed):
    jitter = random.Random(seed)
    free = last = 0
    try:
        while True:
            data = source.recv(min(65536, max(1, RATE // 20)) if RATE else 65536)
            now = time.monotonic()
            free = max(now, free) + (len(data) / RATE if RATE else 0)
            last = max(last, (free if RATE else now) + (DELAY + JITTER * jitter.random()) / 1000)
            pieces.put((last, data))
            if not data:
                break
    except OSError:
        abort(source, target)


def write(source, target, pieces):
    try:
        while True:
            due, data = pieces.get()
            time.sleep(max(0, due - time.monotonic()))
            if not data:
                target.shutdown(socket.SHUT_WR)
                break
            target.sendall(data)
    except OSError:
        abort(source, target)


def serve(client, address):
    server = socket.socket(family(TO_HOST), socket.SOCK_STREAM)
    try:
        server.connect(to)
    except OSError as error:
        print(f'{name(address)}: no connection to {name(to)}: {error}')
        server.close()
        abort(client)
        return
    print(f'{name(address)} connected')
    threads = []
    for source, target, seed in [(client, server, 2 * SEED), (server, client, 2 * SEED + 1)]:
        pieces = queue.Queue(16)  # no more than this is on its way: then the sender waits
        threads.append(threading.Thread(target=read, args=(source, target, pieces, seed), daemon=True))
        threads.append(threading.Thread(target=write, args=(source, target, pieces), daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    server.close()
    print(f'{name(address)} closed')


listening = socket.socket(family(LISTEN_HOST), socket.SOCK_STREAM)
try:
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((LISTEN_HOST, LISTEN_PORT))
    listening.listen(128)
    address = listening.getsockname()
    print(f'listening on {name(address)}')
    to = socket.getaddrinfo(TO_HOST, TO_PORT, family(TO_HOST), socket.SOCK_STREAM)[0][4]
    print(f'TCP to {name(to)}')
    while True:
        client, address = listening.accept()
        threading.Thread(target=serve, args=(client, address), daemon=True).start()
finally:
    listening.close()
