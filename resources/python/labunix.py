"""
Paths of Unix sockets in folders that only the program has (tempfile.mkdtemp()): the machine has no such folder, so the socket's
own file stands in the machine's folder for such files, and the program goes on calling it by its own path.
"""
import os

_there = {}
_here = {}


def elsewhere(address):
    """Where a socket is bound whose folder the machine does not have; None: the program has no such folder either."""
    path = address['path']
    if not path or path[0] == '\0' or not os.path.isdir(os.path.dirname(path) or '.'):
        return None
    key = os.path.abspath(path)
    if key not in _there or not os.path.lexists(path):
        _there[key] = f'/tmp/lab-{os.urandom(8).hex()}.sock'
        _here[_there[key]] = path
    return {'family': 'unix', 'path': _there[key]}


def outside(address):
    """The machine's own path of what the program names."""
    path = address['path']
    if not _there or not path or path[0] == '\0':
        return address
    key = os.path.abspath(path)
    if key not in _there or not os.path.lexists(path):
        return address
    return {'family': 'unix', 'path': _there[key]}


def inside(path):
    """And back."""
    return _here.get(path, path)
