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
    """The fates of one direction: every datagram draws the same four numbers, whatever becomes of it."""

    def __init__(self, seed):
        self.random = random.Random(seed).random
        self.free = 0

    def take(self, wire, datagram):
        drop = self.random() < LOSS
        duplicate = self.random() < DUPLICATE
        reorder = self.random() < REORDER
        jitter = self.random() * JITTER
        if drop:
            return []
        delay = (DELAY + jitter) / 1000
        if RATE:
            now = time.monotonic()
            self.free = max(now, self.free) + len(datagram) / RATE
            delay += self.free - now
        copies = [datagram] * (2 if duplicate else 1)
        if reorder and not wire.held:
            wire.held = copies  # until the next one has passed
            return []
        copies, wire.held = copies + wire.held, []
        if not delay:
            return copies
        with changed:
            for copy in copies:
                heapq.heappush(waiting, (time.monotonic() + delay, next(order), wire, copy))
            changed.notify()
        return []


class Wire:
    """One direction of one client's session."""

    def __init__(self, send):
        self.send = send
        self.held = []

    def carry(self, direction, datagram):
        for one in direction.take(self, datagram):
            self.send(one)


def deliver():
    while True:
        with changed:
            while not waiting or waiting[0][0] > time.monotonic():
                changed.wait(waiting[0][0] - time.monotonic() if waiting else None)
            _, _, wire, datagram = heapq.heappop(waiting)
        wire.send(datagram)


def answers(server, wire):
    while True:
        try:
            data = server.recv(65535)
        except ConnectionError:
            continue  # nobody at the server's port
        wire.carry(from_server, data)


listening = socket.socket(family(LISTEN_HOST), socket.SOCK_DGRAM)
try:
    listening.bind((LISTEN_HOST, LISTEN_PORT))
    print(f'listening on {name(listening.getsockname())}')
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
            sessions[client] = Wire(server.send)
            back = Wire(lambda datagram, client=client: listening.sendto(datagram, client))
            threading.Thread(target=answers, args=(server, back), daemon=True).start()
        try:
            sessions[client].carry(from_client, data)
        except ConnectionError:
            pass  # nobody at the server's port
finally:
    listening.close()
