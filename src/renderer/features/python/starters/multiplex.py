"""One thread, many clients: select() says which socket can be read without waiting."""
import select
import socket

server = socket.create_server(('127.0.0.1', 9999))
clients = {}
print('waiting for clients on port 9999')

while True:
    readable, _, _ = select.select([server, *clients], [], [])
    for sock in readable:
        if sock is server:
            conn, address = server.accept()
            clients[conn] = address
            print(address, 'came;', len(clients), 'connected')
            continue
        data = sock.recv(1024)
        if data:
            sock.sendall(data.upper())
        else:
            print(clients.pop(sock), 'went')
            sock.close()
