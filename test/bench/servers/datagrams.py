"""The course's UDP server in plain Python, or a relay of the same kind: a socket and a thread for each client."""
import socket
import sys
import threading

TO = ('127.0.0.1', int(sys.argv[2]))
sessions = {}


def answers(server, client):
    while True:
        listening.sendto(server.recv(65535), client)


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
    listening.bind(('127.0.0.1', 0))
    print(listening.getsockname()[1], flush=True)
    while True:
        data, client = listening.recvfrom(65535)
        if sys.argv[1] == 'server':
            listening.sendto(data.upper(), client)
            continue
        if client not in sessions:
            sessions[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sessions[client].connect(TO)
            threading.Thread(target=answers, args=(sessions[client], client), daemon=True).start()
        sessions[client].send(data)
