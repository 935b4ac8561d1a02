"""Descriptors of sockets where the modules os and fcntl have them: read, written, copied and closed as files', with their flags.

The interpreter's own descriptors (files) go to its C library as they are. A pipe is a pair of Unix sockets, each shut down
in one direction: select() and poll() wait for it as for any other, and a program sees it in its calls.
"""
import os

import _socket
import labcore
import laberrno
import laberrors
import labstdin

_own = {}
_inheritable = {}
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL = 0, 1, 2, 3, 4
_O_RDWR, _O_NONBLOCK = 2, 2048
_FIONREAD = 0x541B


def install():
    for function in (read, write, close, isatty, dup, dup2, pipe, pipe2, fstat, get_blocking, set_blocking, get_inheritable, set_inheritable):
        name = function.__name__
        if hasattr(os, name):
            _own[name] = getattr(os, name)
        setattr(os, name, function)
    _fcntl()
    _socket.on_close.append(lambda fd: _inheritable.pop(fd, None))


def _sets():
    import select
    return select._sets


def _checked(out):
    if out.errno is not None:
        raise laberrors.failed(out)
    return out


def _call(name, fd, which, **args):
    """A call that waits as the descriptor's flags say."""
    out = labcore.call({'name': name, 'fd': fd, **args}, _socket.patience(fd, which))
    return _checked(_socket.waited(out))


def read(fd, length, /):
    if fd == 0:
        return labstdin.read_bytes(length)
    if fd in _socket.open_fds:
        return _call('recv', fd, 'SO_RCVTIMEO', n=min(length, 1 << 24)).bytes
    return _own['read'](fd, length)


def write(fd, data, /):
    if fd in (1, 2):
        raw = bytes(data)
        labstdin.show(raw.decode('utf-8', 'replace'), fd == 2)
        return len(raw)
    if fd in _socket.open_fds:
        return _call('send', fd, 'SO_SNDTIMEO', data=bytes(memoryview(data)[:1 << 22])).value
    return _own['write'](fd, data)


def close(fd):
    known = _sets().get(fd)
    if known is not None:
        return known().close()
    if fd in _socket.open_fds:
        return _socket.close(fd)
    return _own['close'](fd)


def isatty(fd, /):
    return True if fd in (0, 1, 2) else False if fd in _socket.open_fds else _own['isatty'](fd)


def dup(fd, /):
    return _socket.dup(fd) if fd in _socket.open_fds else _own['dup'](fd)


def dup2(fd, fd2, inheritable=True):
    if fd in _socket.open_fds or fd2 in _socket.open_fds:
        raise laberrors.error('EOPNOTSUPP', None, 'dup2() of a socket is not available in the lab: use dup()')
    return _own['dup2'](fd, fd2, inheritable)


def pipe():
    return _pipe(0)


def pipe2(flags, /):
    return _pipe(flags & _O_NONBLOCK)


def _pipe(flags):
    reader, writer = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM | flags)
    reader.shutdown(_socket.SHUT_WR)
    writer.shutdown(_socket.SHUT_RD)
    return reader.detach(), writer.detach()


def fstat(fd):
    if fd not in _socket.open_fds:
        return _own['fstat'](fd)
    import stat
    return os.stat_result((stat.S_IFSOCK | 0o777, fd, 9, 1, os.getuid(), os.getgid(), 0, 0, 0, 0))


def get_blocking(fd, /):
    return not _socket.nonblocking(fd) if fd in _socket.open_fds else _own['get_blocking'](fd)


def set_blocking(fd, blocking, /):
    if fd in _socket.open_fds:
        return _socket.set_nonblocking(fd, not blocking)
    return _own['set_blocking'](fd, blocking)


def get_inheritable(fd, /):
    return _inheritable.get(fd, False) if fd in _socket.open_fds or fd in _sets() else _own['get_inheritable'](fd)


def set_inheritable(fd, inheritable, /):
    if fd not in _socket.open_fds:
        return _own['set_inheritable'](fd, inheritable)
    _inheritable[fd] = bool(inheritable)


def _fcntl():
    import fcntl as module
    own_fcntl, own_ioctl = laberrno.wrapped(module.fcntl, module='fcntl'), laberrno.wrapped(module.ioctl, module='fcntl')

    def number(fd):
        from select import _fd
        return _fd(fd)

    def fcntl(fd, cmd, arg=0, /):
        n = number(fd)
        if n not in _socket.open_fds:
            return own_fcntl(n, cmd, arg)
        if cmd == _F_GETFL:
            return _O_RDWR | (_O_NONBLOCK if _socket.nonblocking(n) else 0)
        if cmd == _F_SETFL:
            _socket.set_nonblocking(n, bool(arg & _O_NONBLOCK))
            return 0
        if cmd == _F_GETFD:
            return 0 if get_inheritable(n) else module.FD_CLOEXEC
        if cmd == _F_SETFD:
            _inheritable[n] = not arg & module.FD_CLOEXEC
            return 0
        if cmd in (_F_DUPFD, getattr(module, 'F_DUPFD_CLOEXEC', 1030)):
            return _socket.dup(n)
        raise laberrors.error('EINVAL')

    def ioctl(fd, request, arg=0, mutate_flag=True, /):
        n = number(fd)
        if n not in _socket.open_fds:
            return own_ioctl(n, request, arg, mutate_flag)
        if request != _FIONREAD:
            raise laberrors.error('ENOTTY')
        # the bytes that a recv() would find, as FIONREAD counts them
        out = labcore.call({'name': 'recv', 'fd': n, 'n': 1 << 24, 'flags': ['PEEK']}, 0)
        count = 0 if out.errno == 'EAGAIN' else len(_checked(out).bytes)
        if isinstance(arg, int):
            return count
        packed = count.to_bytes(4, 'little')
        if not mutate_flag or isinstance(arg, bytes):
            return packed + bytes(arg)[4:]
        memoryview(arg).cast('B')[:4] = packed
        return 0

    module.fcntl, module.ioctl = fcntl, ioctl
    if not hasattr(module, 'F_DUPFD_CLOEXEC'):
        module.F_DUPFD_CLOEXEC = 1030
