"""A web server for the files of a folder: index.html or a listing, a thread for each client."""
import http.server
import os
import socket

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 8000
DIR = '.'


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 60

    def __init__(self, *args):
        super().__init__(*args, directory=DIR)

    def send_head(self):
        # a link must not lead out of the folder: http.server itself would follow it
        root = os.path.realpath(DIR)
        path = os.path.realpath(self.translate_path(self.path))
        if os.path.commonpath([root, path]) != root:
            self.send_error(403, 'the path leads out of the folder')
            return None
        return super().send_head()

    def log_message(self, format, *args):
        print(f'{self.address_string()} - - [{self.log_date_time_string()}] {format % args}')


class Server(http.server.ThreadingHTTPServer):
    address_family = FAMILY
    request_queue_size = 128


if not os.path.isdir(DIR):
    raise SystemExit(f'{DIR} is no folder')
server = Server((HOST, PORT), Handler)
try:
    print(f'listening on {name(server.socket.getsockname())}')
    server.serve_forever()
finally:
    server.server_close()
