"""Broadcast: works out the subnet's broadcast address, sends to everybody on it, shows who answers."""
import ipaddress
import socket
import time

ADDRESS = '192.168.1.7/24'
TO = ''
PORT = 9999
SEND = 'hello'
BROADCAST = True
WAIT = 1.0


def show(label, address):
    bits = '.'.join(f'{byte:08b}' for byte in address.packed)
    print(f'{label:10}{address!s:16}{bits}')


def listen():
    deadline = time.monotonic() + WAIT
    answers = 0
    while (left := deadline - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            data, (host, port) = sock.recvfrom(65535)
        except TimeoutError:
            break
        answers += 1
        print(f'{host}:{port} answered {data[:200]!r}')
    print(f'{answers} answers')


if TO:
    to = TO
else:
    own = ipaddress.ip_interface(ADDRESS)
    show('address', own.ip)
    show('netmask', own.netmask)
    show('broadcast', own.network.broadcast_address)
    to = str(own.network.broadcast_address)
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    if BROADCAST:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    data = SEND.encode()
    sock.sendto(data, (to, PORT))
    print(f'sent {data[:200]!r} to {to}:{PORT}')
    if WAIT:
        listen()
finally:
    sock.close()
