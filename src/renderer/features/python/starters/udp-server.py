"""A tiny UDP server: no connection, each datagram comes with its sender's address."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 9998))
print('waiting for datagrams on port 9998')

while True:
    data, sender = server.recvfrom(2048)
    print(sender, 'sent', data)
    server.sendto(data.upper(), sender)
