"""A tiny server: takes one client after the other, reads what it says, and answers."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', 9999))
server.listen()
print('waiting for clients on port 9999')

while True:
    conn, address = server.accept()    # blocks until a client connects
    print('a client at', address)
    data = conn.recv(1024)             # blocks until it says something
    print('it said', data)
    conn.sendall(b'Hello, ' + data + b'!')
    conn.close()
