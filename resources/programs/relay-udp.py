"""A bad wire for UDP: loses, delays, duplicates and reorders what passes between clients and a server."""
import heapq
import itertools
import random
import socket
import threading
import time

LISTEN_HOST = '127.0.0.1'
LISTEN_PORT = 9998
TO_HOST = '127.0.0.1'
TO_PORT = 9999
LOSS = 0
DUPLICATE = 0
REORDER = 0
DELAY = 0
JITTER = 0
RATE = 0
SEED = 1


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def family(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET


class Direction:
    """The fates of one direction."""

    def __init__(self, seed):
        self.random = random.Random(seed).random
        self.free = 0


class Wire:
    """One direction of one client's session: where its datagrams go on."""

    def __init__(self, sock, client=None):
        self.sock = sock
        self.client = client
        self.held = []


def send(wire, datagram):
    try:
        if wire.client:
            wire.sock.sendto(datagram, wire.client)
        else:
            wire.sock.send(datagram)
    except OSError:
        pass  # nobody there: lost, as on any wire


def carry(direction, wire, datagram):
    # every datagram draws the same four numbers, whatever becomes of it
    drop = direction.random() < LOSS
    duplicate = direction.random() < DUPLICATE
    reorder = direction.random() < REORDER
    delay = (DELAY + direction.random() * JITTER) / 1000
    if drop:
        return
    if RATE:
        now = time.monotonic()
        direction.free = max(now, direction.free) + len(datagram) / RATE
        delay += direction.free - now
    copies = [datagram] * (2 if duplicate else 1)
    if reorder and not wire.held:
        wire.held = copies  # until the next one has passed, or for a second
        later(delay + 1, wire, copies, copies)
        return
    copies, wire.held = copies + wire.held, []
    if delay:
        later(delay, wire, copies)
        return
    for copy in copies:
        send(wire, copy)


def later(delay, wire, copies, held=None):
    with changed:
        heapq.heappush(waiting, (time.monotonic() + delay, next(order), wire, copies, held))
        changed.notify()


def deliver():
    while True:
        with changed:
            while not waiting or waiting[0][0] > time.monotonic():
                changed.wait(waiting[0][0] - time.monotonic() if waiting else None)
            _, _, wire, copies, held = heapq.heappop(waiting)
        if held is not None:
            if wire.held is not held:
                continue  # it went on already
            wire.held = []
        for copy in copies:
            send(wire, copy)


def answers(server, client):
    wire = Wire(listening, client)
    server.settimeout(120)
    while True:
        try:
            data = server.recv(65535)
        except TimeoutError:
            break
        except ConnectionError:
            continue  # nobody at the server's port
        carry(from_server, wire, data)
    del sessions[client]
    server.close()


listening = socket.socket(family(LISTEN_HOST), socket.SOCK_DGRAM)
try:
    listening.bind((LISTEN_HOST, LISTEN_PORT))
    address = listening.getsockname()
    print(f'listening on {name(address)}')
    to = socket.getaddrinfo(TO_HOST, TO_PORT, family(TO_HOST), socket.SOCK_DGRAM)[0][4]
    print(f'UDP to {name(to)}')
    from_client, from_server = Direction(2 * SEED), Direction(2 * SEED + 1)
    waiting, order, changed = [], itertools.count(), threading.Condition()
    threading.Thread(target=deliver, daemon=True).start()
    sessions = {}
    while True:
        data, client = listening.recvfrom(65535)
        if client not in sessions:
            server = socket.socket(family(TO_HOST), socket.SOCK_DGRAM)
            server.connect(to)
            sessions[client] = Wire(server)
            threading.Thread(target=answers, args=(server, client), daemon=True).start()
        carry(from_client, sessions[client], data)
finally:
    listening.close()
