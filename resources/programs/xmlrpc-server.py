"""XML-RPC server: addtogether, quadratic, introspection and multicall, a thread for each client."""
import functools
import math
import operator
import socket
import socketserver
import xmlrpc.server

FAMILY = socket.AF_INET
HOST = '127.0.0.1'
PORT = 7001


def name(address):
    host, port = address[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def addtogether(*things):
    """Adds any number of things: numbers, texts or lists."""
    return functools.reduce(operator.add, things)


def quadratic(a, b, c):
    """The distinct real roots of a*x*x + b*x + c."""
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return []
    root = math.sqrt(discriminant)
    return sorted({(-b - root) / (2 * a) + 0.0, (-b + root) / (2 * a) + 0.0})


class Handler(xmlrpc.server.SimpleXMLRPCRequestHandler):
    def log_message(self, format, *args):
        print(f'{self.address_string()} - - [{self.log_date_time_string()}] {format % args}')


class Server(socketserver.ThreadingMixIn, xmlrpc.server.SimpleXMLRPCServer):
    address_family = FAMILY
    request_queue_size = 128
    daemon_threads = True


server = Server((HOST, PORT), Handler, allow_none=True)
try:
    print(f'listening on {name(server.socket.getsockname())}')
    server.register_function(addtogether)
    server.register_function(quadratic)
    server.register_introspection_functions()
    server.register_multicall_functions()
    server.serve_forever()
finally:
    server.server_close()
