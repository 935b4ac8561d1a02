"""UDP server: answers each datagram, and plays a bad network: loses, delays, duplicates and reorders."""
import queue
import random
import socket
import threading
import time

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 9999
BEHAVIOUR = 'upper'
BUFSIZE = 65535
LOSS = 0
DUPLICATE = 0
REORDER = 0
DELAY = 0
SEED = 1


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def receive():
    while True:
        try:
            return server.recvfrom(BUFSIZE)
        except ConnectionResetError:
            pass  # Windows: an answer found nobody


def deliver():
    while True:
        due, answer, client = line.get()
        time.sleep(max(0, due - time.monotonic()))
        server.sendto(answer, client)


def release(answers):
    global held
    if held is answers:  # nothing has passed it
        held = []
        for answer, client in answers:
            server.sendto(answer, client)


server = socket.socket(FAMILY, socket.SOCK_DGRAM)
try:
    server.bind((HOST, PORT))
    address = server.getsockname()
    print(f'listening on {name(address)}')
    fate = random.Random(SEED)
    line = queue.Queue()
    threading.Thread(target=deliver, daemon=True).start()
    held = []
    count = dropped = 0
    while True:
        data, client = receive()
        count += 1
        # every datagram draws the same three numbers, whatever becomes of it
        drop = fate.random() < LOSS
        duplicate = fate.random() < DUPLICATE
        reorder = fate.random() < REORDER
        dropped += drop
        if count <= 20:
            print(f'{name(client)} sent {data[:200]!r}' + (': dropped' if drop else ''))
        elif count % 1000 == 0:
            print(f'{count} datagrams, {dropped} dropped')
        if drop:
            continue
        answer = data.upper() if BEHAVIOUR == 'upper' else data
        answers = [(answer, client)] * (2 if duplicate else 1)
        if reorder and not held:
            held = answers  # until the next one has passed, or for a second
            timer = threading.Timer(1, release, [answers])
            timer.daemon = True
            timer.start()
            continue
        for answer, client in answers + held:
            if DELAY:
                line.put((time.monotonic() + DELAY / 1000, answer, client))
            else:
                server.sendto(answer, client)
        held = []
finally:
    server.close()
