"""GET by hand: a socket, the request as text, and recv() until the answer is whole."""
import socket

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 8000
TARGET = '/'
AUTHORITY = '127.0.0.1:8000'
READ = 'auto'
BUFSIZE = 65536
SHOWN = 1000


class Chunks:
    """Takes the chunks of a body apart: a size in hex, CRLF, that many bytes, CRLF; a size of 0 is the end."""

    def __init__(self):
        self.left, self.line, self.data_comes = 0, b'', False
        self.ended, self.trailer = False, False

    def take(self, data):
        body = b''
        while data and not self.ended:
            if self.data_comes and self.left:
                piece, data = data[:self.left], data[self.left:]
                self.left -= len(piece)
                body += piece
                continue
            end = data.find(b'\n') + 1
            self.line, data = self.line + data[:end or None], data[end:] if end else b''
            if not end:
                break
            line, self.line = self.line.rstrip(b'\r\n'), b''
            if self.trailer:
                self.ended = not line
            elif self.data_comes:
                self.data_comes = False
            else:
                self.left = int(line.split(b';')[0], 16)
                self.data_comes, self.trailer = self.left > 0, self.left == 0
        return body


def receive(client):
    data = b''
    while b'\r\n\r\n' not in data:
        part = client.recv(BUFSIZE)
        if not part:
            raise SystemExit('the answer is no HTTP: the stream ended before the blank line')
        data += part
    head, _, data = data.partition(b'\r\n\r\n')
    headers = {}
    print(head.decode('latin-1').split('\r\n')[0].rstrip())
    for line in head.decode('latin-1').split('\r\n')[1:]:
        name, _, value = line.partition(':')
        headers.setdefault(name.lower(), value.strip())
        print(f'{name}: {value.strip()}')
    print()
    length = headers.get('content-length')
    if READ == 'length' and length is None:
        raise SystemExit('the answer has no Content-Length')

    chunks = Chunks() if headers.get('transfer-encoding', '').lower() == 'chunked' else None
    status = int(head.split()[1])
    empty = status in (204, 304) or (length == '0' and not chunks)
    shown, count = b'', 0
    while True:
        body = chunks.take(data) if chunks else data
        count += len(body)
        shown += body[:SHOWN - len(shown)]
        whole = empty or (chunks.ended if chunks else length is not None and count >= int(length))
        if whole and READ != 'eof':
            break
        data = client.recv(BUFSIZE)
        if not data:
            if not whole and (chunks or length is not None):
                raise SystemExit('the answer is no HTTP: the stream ended before the body did')
            break
    print(repr(shown) + (' ...' if count > SHOWN else ''))
    print(f'{count} bytes of body' + (f', Content-Length says {length}' if length is not None else ''))


client = socket.socket(FAMILY, socket.SOCK_STREAM)
try:
    client.connect((HOST, PORT))
    request = f'GET {TARGET} HTTP/1.1\r\nHost: {AUTHORITY}\r\nConnection: close\r\n\r\n'
    client.sendall(request.encode())
    receive(client)
finally:
    client.close()
