"""A client that sends the lines you type, until an empty one."""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 9999

while True:
    line = input('say: ')
    if not line:
        break
    with socket.create_connection(('127.0.0.1', port), timeout=5) as client:
        client.sendall(line.encode())
        print('answer:', client.recv(1024).decode())
