"""A member of an IPv6 multicast group: says what is typed, shows what the others say."""
import socket
import struct
import sys
import threading
import time

GROUP = 'ff12::5057'
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
to = (GROUP, PORT, 0, index)
member = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
try:
    member.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform == 'darwin':
        member.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    member.bind(('', PORT))
    # struct ipv6_mreq: the group, the interface's number
    membership = socket.inet_pton(socket.AF_INET6, GROUP) + struct.pack('@I', index)
    if JOINED:
        member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
        print(f'joined {GROUP} port {PORT}' + (f' on {INTERFACE}' if INTERFACE else ''))
    try:
        if INTERFACE:
            member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, TTL)
        member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, LOOPBACK)
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
            member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_LEAVE_GROUP, membership)
            print(f'left {GROUP}')
finally:
    member.close()
