"""TCP client: connects, sends a text, shows what comes back, closes."""
import socket

FAMILY = socket.AF_INET
HOST = 'localhost'
PORT = 9999
SEND = 'hello'
RECV = 4096


client = socket.socket(FAMILY, socket.SOCK_STREAM)
try:
    client.connect((HOST, PORT))
    print(f'connected to {HOST} port {PORT}')
    data = SEND.encode()
    client.sendall(data)
    print(f'sent {data!r}')
    if RECV:
        answer = client.recv(RECV)
        print(f'received {answer!r}')
finally:
    client.close()
