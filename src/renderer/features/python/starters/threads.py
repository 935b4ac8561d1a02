"""A server with a thread for each client: nobody waits for anybody else."""
import socket
import threading


def serve(conn, address):
    with conn:
        while data := conn.recv(1024):
            print(threading.current_thread().name, address, data)
            conn.sendall(data.upper())


with socket.create_server(('127.0.0.1', 9999)) as server:
    print('waiting for clients on port 9999')
    while True:
        conn, address = server.accept()
        threading.Thread(target=serve, args=(conn, address), daemon=True).start()
