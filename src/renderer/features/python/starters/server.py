"""A tiny server: answers one client after the other."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', 9999))
server.listen()
print('waiting for clients on port 9999')

while True:
    # blocks until a client connects
    conn, address = server.accept()
    print('a client at', address)
    # blocks until it says something
    data = conn.recv(1024)
    print('it said', data)
    conn.sendall(b'Hello, ' + data + b'!')
    conn.close()
