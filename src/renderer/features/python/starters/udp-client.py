"""A tiny UDP client: asks, and does not wait for ever."""
import socket

client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(1.0)
client.sendto(b'hello', ('127.0.0.1', 9998))
try:
    answer, server = client.recvfrom(2048)
    print(server, 'answered', answer)
except TimeoutError:
    print('no answer within a second')
client.close()
