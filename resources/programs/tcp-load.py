"""TCP clients, many at once, each a thread: they arrive one after another, ask, and take their answers."""
import errno
import socket
import sys
import threading
import time

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 9999
CLIENTS = 8
ARRIVAL = 0.02
REQUESTS = 1
SEND = 'hello'
SLOW_CLIENT = False
SLOW = 0.5


def client(n):
    sock = socket.socket(FAMILY, socket.SOCK_STREAM)
    try:
        sock.connect((HOST, PORT))
        for k in range(REQUESTS):
            if SLOW_CLIENT and n == 1 and k == 0:
                time.sleep(SLOW)
            sock.sendall(SEND.encode())
            answer = sock.recv(4096)
            print(f'client {n} received {answer!r}')
            if not answer:
                return
        served.append(n)
    except OSError as error:
        print(f'client {n} failed: {errno.errorcode[error.errno]}')
    finally:
        sock.close()


served = []
threads = []
for n in range(1, CLIENTS + 1):
    thread = threading.Thread(target=client, args=(n,))
    thread.start()
    threads.append(thread)
    if ARRIVAL and n < CLIENTS:
        time.sleep(ARRIVAL)
for thread in threads:
    thread.join()
print(f'{len(served)} of {CLIENTS} clients served')
if not served:
    sys.exit('no client was served')
