"""A member of an IPv4 multicast group: says what is typed, shows what the others say."""
import socket
import struct
import sys
import threading
import time

GROUP = '239.255.80.87'
PORT = 5007
NAME = 'anonymous'
INTERFACE = 'eth0'
TTL = 1
LOOPBACK = True
SEND = ''
BOT = False
JOINED = True
SENTENCES = ['Hello, everybody.', 'Is anybody there?', '안녕하세요.', 'こんにちは。', 'One datagram for all of you.', 'Bonjour à tous.']


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def printable(text):
    return ''.join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def say(text):
    member.sendto(f'{NAME}: {text}'.encode(errors='replace'), to)


def receive():
    while True:
        data, sender = member.recvfrom(65535)
        print(name(sender), printable(data.decode(errors='replace')))


def speak():
    while True:
        for sentence in SENTENCES:
            say(sentence)
            time.sleep(3)


def converse():
    while True:
        try:
            line = input()
        except EOFError:
            break
        if line:
            try:
                say(line)
            except OSError as error:
                print(f'not sent: {error}')


index = socket.if_nametoindex(INTERFACE) if INTERFACE else 0
to = (GROUP, PORT)
member = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    member.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform == 'darwin':
        member.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    member.bind(('', PORT))
    # struct ip_mreqn: the group, any address, the interface's number
    membership = struct.pack('@4s4si', socket.inet_aton(GROUP), bytes(4), index)
    if JOINED:
        member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        print(f'joined {GROUP} port {PORT}' + (f' on {INTERFACE}' if INTERFACE else ''))
    try:
        if INTERFACE:
            member.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack('@4s4si', bytes(4), bytes(4), index))
        member.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, TTL)
        member.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, LOOPBACK)
        threading.Thread(target=receive, daemon=True).start()
        if BOT:
            threading.Thread(target=speak, daemon=True).start()
        if SEND:
            say(SEND)
        converse()
        if not SEND or BOT:
            threading.Event().wait()
    finally:
        if JOINED:
            member.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, membership)
            print(f'left {GROUP}')
finally:
    member.close()
