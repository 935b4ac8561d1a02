"""Client of the echo server: sends each line it is given and shows the echo, until an empty line."""
import socket

FAMILY = socket.AF_INET
HOST = 'localhost'
PORT = 50007


def read_line():
    try:
        return input()
    except EOFError:
        return ''


def receive(client, n):
    data = b''
    while len(data) < n:
        part = client.recv(n - len(data))
        if not part:
            break
        data += part
    return data


client = socket.socket(FAMILY, socket.SOCK_STREAM)
try:
    client.connect((HOST, PORT))
    print(f'connected to {HOST} port {PORT}')
    while True:
        line = read_line()
        if not line:
            break
        data = line.encode()
        client.sendall(data)
        echo = receive(client, len(data))
        print(f'received {echo!r}')
        if len(echo) < len(data):
            break
finally:
    client.close()
