"""Imports that cannot be had here say why, and what to use instead."""
import sys

_PROCESSES = 'the lab has no other processes: use threading, or multiprocessing.dummy (the same calls on threads)'
_PACKAGE = 'the lab has the standard library only: nothing is installed or downloaded'
_WHY = {
    '_multiprocessing': _PROCESSES, '_posixshmem': _PROCESSES, '_interpreters': _PROCESSES,
    'readline': 'a line for input() is edited in its own field here: leave this import out',
    'tkinter': 'a program here has no windows', '_tkinter': 'a program here has no windows', 'turtle': 'a program here has no windows',
    'curses': 'the console here is no terminal of rows and columns', '_curses': 'the console here is no terminal of rows and columns',
    'pwd': 'there are no other users here', 'grp': 'there are no other users here',
    'resource': 'limits and usage of a process are not told here', 'syslog': 'there is no system log here: use logging',
    'telnetlib': 'removed in Python 3.13: use socket', 'asyncore': 'removed in Python 3.12: use asyncio or selectors',
    'asynchat': 'removed in Python 3.12: use asyncio', 'smtpd': 'removed in Python 3.12', 'imp': 'removed in Python 3.12: use importlib',
    'cgi': 'removed in Python 3.13', 'distutils': 'removed in Python 3.12',
    # Python 2's names
    'urllib2': 'Python 3 has urllib.request', 'httplib': 'Python 3 has http.client', 'Queue': 'Python 3 has queue', 'thread': 'Python 3 has threading',
    'SocketServer': 'Python 3 has socketserver', 'BaseHTTPServer': 'Python 3 has http.server', 'SimpleHTTPServer': 'Python 3 has http.server',
    'xmlrpclib': 'Python 3 has xmlrpc.client', 'SimpleXMLRPCServer': 'Python 3 has xmlrpc.server', 'StringIO': 'Python 3 has io.StringIO',
    'ConfigParser': 'Python 3 has configparser', 'cPickle': 'Python 3 has pickle', 'urlparse': 'Python 3 has urllib.parse',
    'requests': f'{_PACKAGE}. urllib.request and http.client speak HTTP', 'httpx': f'{_PACKAGE}. urllib.request and http.client speak HTTP',
    'aiohttp': f'{_PACKAGE}. asyncio streams and http.client are here', 'websockets': f'{_PACKAGE}. socket is here',
    'scapy': f'{_PACKAGE}. Packets are seen in the Capture view', 'psutil': f'{_PACKAGE}. socket.if_nameindex() names the interfaces',
}
_WHY.update(dict.fromkeys(('numpy', 'pandas', 'flask', 'django', 'fastapi', 'twisted', 'zmq', 'paramiko', 'matplotlib', 'netifaces', 'gevent',
                           'eventlet', 'trio', 'paho', 'serial', 'Crypto', 'cryptography', 'yaml', 'rich', 'colorama', 'tqdm'), _PACKAGE))


class _Why:
    """The last finder: whatever comes here is not there."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        why = _WHY.get(name)
        if why is None:
            return None
        error = ModuleNotFoundError(f'No module named {name!r}', name=name)
        error.add_note(why)
        raise error


class _Never:
    """The first finder: modules of C that the interpreter has and a program may not. ctypes would reach into the interpreter's own memory."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != '_ctypes':
            return None
        error = ModuleNotFoundError(f'No module named {name!r}', name=name)
        error.add_note('there are no C libraries in the lab: struct packs and unpacks headers')
        raise error


def install():
    sys.modules.pop('_ctypes', None)
    sys.meta_path.insert(0, _Never())
    sys.meta_path.append(_Why())
