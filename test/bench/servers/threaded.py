"""The course's threaded server in plain Python: a thread for each client."""
import socket
import sys
import threading

ACK = sys.argv[1] == 'ack'


def serve(conn):
    with conn:
        if ACK:
            conn.recv(1024)
            conn.sendall(b'ACK')
            return
        while data := conn.recv(65536):
            conn.sendall(data)


with socket.socket() as server:
    server.bind(('127.0.0.1', 0))
    server.listen(4096)
    print(server.getsockname()[1], flush=True)
    while True:
        conn, _ = server.accept()
        threading.Thread(target=serve, args=(conn,), daemon=True).start()
