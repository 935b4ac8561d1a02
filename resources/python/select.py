"""The C module select over the lab's poll: select and poll; epoll is in labepoll.py."""
import time as _time

import labcore as _lab
import laberrors as _errors
import labstdin as _stdin

error = OSError
PIPE_BUF = 4096
POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, POLLNVAL = 1, 2, 4, 8, 16, 32
POLLRDNORM, POLLRDBAND, POLLWRNORM, POLLWRBAND, POLLMSG, POLLRDHUP = 64, 128, 256, 512, 1024, 8192
EPOLLIN, EPOLLPRI, EPOLLOUT, EPOLLERR, EPOLLHUP = 1, 2, 4, 8, 16
EPOLLRDNORM, EPOLLRDBAND, EPOLLWRNORM, EPOLLWRBAND, EPOLLMSG, EPOLLRDHUP = 64, 128, 256, 512, 1024, 8192
EPOLLEXCLUSIVE, EPOLLWAKEUP, EPOLLONESHOT, EPOLLET, EPOLL_CLOEXEC = 1 << 28, 1 << 29, 1 << 30, 1 << 31, 0o2000000
_READ, _WRITE = POLLIN | POLLRDNORM, POLLOUT | POLLWRNORM


def _fd(fileobj):
    """PyObject_AsFileDescriptor"""
    if isinstance(fileobj, int):
        fd = int(fileobj)
    else:
        method = getattr(fileobj, 'fileno', None)
        if method is None:
            raise TypeError('argument must be an int, or have a fileno() method.')
        fd = method()
        if not isinstance(fd, int):
            raise TypeError('fileno() returned a non-integer')
    if fd < 0:
        raise ValueError(f'file descriptor cannot be a negative integer ({fd})')
    if fd > 0x7FFF_FFFF:
        raise OverflowError('Python int too large to convert to C int')
    return fd


def _open():
    import _socket
    return _socket.open_fds


#: epoll sets by descriptor, which can be waited for as well
_sets = {}


def _is_file(fd):
    """A descriptor of this interpreter that is no socket: always ready, as poll says of files."""
    import os
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def _ask(wanted, timeout):
    """poll(2) for {fd: events}: [(fd, revents)] in the order of `wanted`; `timeout` in seconds, None for ever."""
    sockets = _open()
    until = None if timeout is None else _time.monotonic() + timeout
    at_once, ask = {}, []
    for fd, events in wanted.items():
        if fd in _sets:
            _sets[fd]()._flush()
            ask.append({'fd': fd, 'read': bool(events & _READ), 'write': False})
        elif fd in sockets:
            ask.append({'fd': fd, 'read': bool(events & _READ), 'write': bool(events & _WRITE)})
        elif fd == 0:
            if events & _READ and _stdin.ready():
                at_once[0] = events & _READ
        elif fd <= 2:
            if events & _WRITE:
                at_once[fd] = events & _WRITE
        elif _is_file(fd):
            at_once[fd] = events & (_READ | _WRITE)
        else:
            at_once[fd] = POLLNVAL
    typed = bool(wanted.get(0, 0) & _READ) and 0 not in at_once
    if typed:
        _stdin.want(_lab.current)
    try:
        while True:
            left = 0 if at_once else None if until is None else max(0.0, until - _time.monotonic())
            out = _lab.call({'name': 'poll', 'fds': ask}, left, again=not typed)
            if out.errno == 'EINTR' and not _stdin.ready():
                continue
            break
    finally:
        if typed:
            _stdin.want(None)
    if typed and _stdin.ready():
        at_once[0] = wanted[0] & _READ
    if out.errno not in (None, 'EINTR'):
        raise _errors.failed(out)
    for r in out.ready or ():
        events = wanted[r['fd']]
        got = POLLNVAL if r.get('invalid') else 0
        if r.get('read'):
            got |= events & _READ
        if r.get('write'):
            got |= events & _WRITE
        if r.get('hangup'):
            got |= POLLHUP
        if r.get('hangup') or r.get('read') and r.get('error'):
            got |= events & POLLRDHUP
        if r.get('error') and not got & POLLNVAL:
            got |= POLLERR
        if got:
            at_once[r['fd']] = at_once.get(r['fd'], 0) | got
    return [(fd, at_once[fd]) for fd in wanted if at_once.get(fd)]


def _numbered(values):
    """(object, descriptor) of each. A fileno() may change the list meanwhile."""
    try:
        values = values if isinstance(values, (list, tuple)) else list(values)
    except TypeError:
        raise TypeError('arguments 1-3 must be sequences') from None
    made = []
    while len(made) < len(values):
        one = values[len(made)]
        made.append((one, _fd(one)))
    return made


def select(*args):
    if not 3 <= len(args) <= 4:
        raise TypeError(f"select expected at {'least 3' if len(args) < 3 else 'most 4'} arguments, got {len(args)}")
    rlist, wlist, xlist = args[:3]
    timeout = args[3] if len(args) > 3 else None
    if timeout is not None:
        if not isinstance(timeout, (int, float)):
            raise TypeError('timeout must be a float or None')
        if timeout < 0:
            raise ValueError('timeout must be non-negative')
    lists = [_numbered(values) for values in (rlist, wlist, xlist)]
    wanted = {}
    for objects, events in zip(lists, (POLLIN, POLLOUT, 0)):
        for _, fd in objects:
            if fd >= 1024 and fd not in _open() and fd not in _sets:
                raise ValueError('filedescriptor out of range in select()')
            wanted[fd] = wanted.get(fd, 0) | events
    sockets = _open()
    for fd in wanted:
        if fd not in sockets and fd not in _sets and fd > 2 and not _is_file(fd):
            raise _errors.error('EBADF')
    ready = dict(_ask(wanted, timeout))
    if POLLNVAL in ready.values():
        raise _errors.error('EBADF')
    masks = (POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI)
    return tuple([o for o, fd in objects if ready.get(fd, 0) & mask] for objects, mask in zip(lists, masks))


def _mask(value):
    if not isinstance(value, int):
        raise TypeError('an integer is required')
    if value < 0:
        raise ValueError('value must be positive')
    if value > 0xFFFF:
        raise OverflowError('Python int too large for C unsigned short')
    return value


def _count(caller, args, low, high):
    n = len(args)
    if not low <= n <= high:
        bound, plural = ('', low) if low == high else ('at least ', low) if n < low else ('at most ', high)
        raise TypeError(f"{caller} expected {bound}{plural} argument{'' if plural == 1 else 's'}, got {n}")


class _Poll:
    __slots__ = ('_wanted', '_running')

    def __new__(cls, *args):
        raise TypeError("cannot create 'select.poll' instances")

    def register(self, *args):
        _count('register', args, 1, 2)
        self._wanted[_fd(args[0])] = _mask(args[1] if len(args) > 1 else POLLIN | POLLPRI | POLLOUT)

    def modify(self, *args):
        _count('modify', args, 2, 2)
        fd, eventmask = args
        fd, events = _fd(fd), _mask(eventmask)
        if fd not in self._wanted:
            raise _errors.error('ENOENT')
        self._wanted[fd] = events

    def unregister(self, *args):
        if len(args) != 1:
            raise TypeError(f'select.poll.unregister() takes exactly one argument ({len(args)} given)')
        fd = _fd(args[0])
        if fd not in self._wanted:
            raise KeyError(fd)
        del self._wanted[fd]

    def poll(self, *args):
        _count('poll', args, 0, 1)
        timeout = args[0] if args else None
        if timeout is not None and not isinstance(timeout, (int, float)):
            raise TypeError('timeout must be an integer or None')
        if timeout is not None and timeout > 0x7FFF_FFFF:
            raise OverflowError('timeout is too large')
        if self._running:
            raise RuntimeError('concurrent poll() invocation')
        self._running = True
        try:
            return _ask(dict(self._wanted), None if timeout is None or timeout < 0 else timeout / 1000)
        finally:
            self._running = False


_Poll.__name__ = _Poll.__qualname__ = 'poll'
_Poll.__module__ = 'select'


def poll():
    """Returns a polling object."""
    made = object.__new__(_Poll)
    made._wanted, made._running = {}, False
    return made


from labepoll import epoll  # noqa: E402
from labbuiltin import seal as _seal  # noqa: E402

_seal(globals(), __name__)
