"""UDP client: asks, waits, asks again with twice the patience, and gives up."""
import socket
import sys
import time

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 9999
SEND = 'hello'
HEX = ''
COUNT = 1
TIMEOUT = 0.1
GIVE_UP = 2.0
CONNECTED = False
NAIVE = False
BUFSIZE = 65535


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def show(request, text):
    if request <= 10:
        print(f'request {request}: {text}' if COUNT > 1 else text)


def number(answer):
    last = answer.split(b' ')[-1]
    return int(last) if last.isdigit() else 0


def receive(client, server, request, deadline, answered):
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        client.settimeout(left)
        try:
            if CONNECTED:
                answer, sender = client.recv(BUFSIZE), server
            else:
                answer, sender = client.recvfrom(BUFSIZE)
        except TimeoutError:
            return None
        if NAIVE:
            return answer
        if sender[:2] != server[:2]:
            show(request, f'ignored a datagram from {name(sender)}')
            continue
        of = number(answer) if COUNT > 1 else request
        if of == request:
            answered.add(of)
            return answer
        if not 0 < of < request:
            show(request, 'ignored what is no answer')
            continue
        if of in answered:
            tally['repeated'] += 1
            show(request, f'a second answer to request {of}')
            continue
        tally['late'] += 1
        show(request, f'a late answer to request {of}')
        latest = max(answered, default=0)
        answered.add(of)
        if of < latest:
            tally['out of order'] += 1
            show(request, f'it came after the answer to request {latest}: out of order')


def ask(client, server, request, answered):
    data = bytes.fromhex(HEX) if HEX else SEND.encode()
    if COUNT > 1:
        data += f' {request}'.encode()
    wait = TIMEOUT
    while wait <= GIVE_UP:
        if CONNECTED:
            client.send(data)
        else:
            client.sendto(data, server)
        tally['attempts'] += 1
        show(request, f'sent {data[:200]!r}, waiting up to {wait:g} s')
        answer = receive(client, server, request, time.monotonic() + wait, answered)
        if answer is not None:
            show(request, f'received {answer[:200]!r}')
            return True
        wait *= 2
    show(request, 'server seems down')
    return False


def work():
    answered = set()
    client = socket.socket(FAMILY, socket.SOCK_DGRAM)
    try:
        server = socket.getaddrinfo(HOST, PORT, FAMILY, socket.SOCK_DGRAM)[0][4]
        if CONNECTED:
            client.connect(server)
        for request in requests:
            tally['answered' if ask(client, server, request, answered) else 'given up'] += 1
            over = tally['answered'] + tally['given up']
            if COUNT > 10 and over % -(-COUNT // 100) == 0:
                print(f"{over} of {COUNT}: {tally['answered']} answered, {tally['attempts']} attempts")
    finally:
        client.close()


tally = {'answered': 0, 'given up': 0, 'attempts': 0, 'late': 0, 'repeated': 0, 'out of order': 0}
requests = iter(range(1, COUNT + 1))
work()
if COUNT > 1:
    print(f"{tally['answered']} of {COUNT} answered, {tally['given up']} given up, {tally['attempts']} attempts")
    print(f"{tally['late']} late, {tally['repeated']} repeated, {tally['out of order']} out of order")
if not tally['answered']:
    sys.exit('no request was answered')
