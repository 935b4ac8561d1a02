/**
 * Four servers and their clients, of the kinds that a class writes. A server prints its port; a client takes it and the port of
 * the test, tells the test there how many round trips it has made, waits there after the first for the word to go on, and
 * goes on until it is stopped.
 */
export interface Pair { name: string; server: string; client: string; /** socket calls of one round trip, both ends together, at least */ calls: number }

const REPORT = `import socket, sys
report = socket.create_connection(('127.0.0.1', int(sys.argv[2])))
made = 0
def trip():
    global made
    made += 1
    if made == 1 or made % 100 == 0:
        report.sendall(b'%s %d\\n' % (NAME, made))
    # all of them begin in earnest at once
    if made == 1: report.recv(2)
`
const client = (name: string, body: string): string => `NAME = b'${name}'\n${REPORT}port = int(sys.argv[1])\n${body}`

export const PAIRS: Pair[] = [
  {
    name: 'threads', calls: 4,
    server: `import socket, threading
server = socket.create_server(('127.0.0.1', 0))
print('PORT', server.getsockname()[1])
def serve(conn):
    with conn:
        while data := conn.recv(1024):
            conn.sendall(data.upper())
while True:
    conn, _ = server.accept()
    threading.Thread(target=serve, args=(conn,), daemon=True).start()
`,
    client: client('threads', `import threading
lock = threading.Lock()
def work(n):
    while True:
        with socket.create_connection(('127.0.0.1', port)) as s:
            for i in range(100):
                s.sendall(b'client %d' % n)
                assert s.recv(1024) == b'CLIENT %d' % n
                with lock: trip()
for n in range(3): threading.Thread(target=work, args=(n,)).start()
`),
  },
  {
    name: 'poll', calls: 5,
    server: `import select, socket
server = socket.create_server(('127.0.0.1', 0))
print('PORT', server.getsockname()[1])
poll = select.poll()
poll.register(server, select.POLLIN)
conns = {}
while True:
    for fd, event in poll.poll():
        if fd == server.fileno():
            conn, _ = server.accept()
            conns[conn.fileno()] = conn
            poll.register(conn, select.POLLIN)
        else:
            data = conns[fd].recv(1024)
            if data: conns[fd].sendall(data)
            else:
                poll.unregister(fd)
                # nobody closes it: the last name for it is gone
                del conns[fd]
`,
    client: client('poll', `while True:
    s = socket.create_connection(('127.0.0.1', port))
    for i in range(100):
        s.sendall(b'%08d' % i)
        got = b''
        while len(got) < 8: got += s.recv(8 - len(got))
        assert got == b'%08d' % i
        trip()
    s.close()
`),
  },
  {
    name: 'asyncio', calls: 6,
    server: `import asyncio
async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    print('PORT', server.sockets[0].getsockname()[1])
    await server.serve_forever()
asyncio.run(main())
`,
    client: client('asyncio', `import asyncio
async def work(n):
    while True:
        reader, writer = await asyncio.open_connection('127.0.0.1', port)
        for i in range(100):
            writer.write(b'%d %d\\n' % (n, i))
            assert await reader.readline() == b'%d %d\\n' % (n, i)
            trip()
        writer.close()
        await writer.wait_closed()
async def main():
    await asyncio.gather(work(1), work(2))
asyncio.run(main())
`),
  },
  {
    name: 'udp', calls: 4,
    server: `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print('PORT', s.getsockname()[1])
while True:
    data, peer = s.recvfrom(2048)
    s.sendto(data.upper(), peer)
`,
    client: client('udp', `while True:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(20)
        for i in range(100):
            s.sendto(b'question %d' % i, ('127.0.0.1', port))
            data, peer = s.recvfrom(2048)
            assert data == b'QUESTION %d' % i and peer == ('127.0.0.1', port), (data, peer)
            trip()
`),
  },
]
