"""
select.epoll over the kernel's own sets. What a program registers is known here at once, with epoll_ctl()'s errors, and goes to
the kernel with the next wait. Where the system has no epoll, or standard input is in the set, poll() stands in: no edges then.
"""
import weakref

import _socket
import labcore as _lab
import laberrors as _errors
import select as _select

_IN, _PRI, _OUT, _ERR, _HUP = 1, 2, 4, 8, 16
_EXCLUSIVE, _WAKEUP, _ONESHOT, _ET, _CLOEXEC = 1 << 28, 1 << 29, 1 << 30, 1 << 31, 0o2000000
_WITH_EXCLUSIVE = _IN | _OUT | _ERR | _HUP | _WAKEUP | _ET | _EXCLUSIVE
_ADD, _DEL, _MOD = 1, 2, 3
#: FD_SETSIZE - 1
_MOST = 1023
#: numbers for sets that the kernel does not know
_made = 0


def _arguments(caller, names, required, args, named):
    """A method's arguments as Argument Clinic takes them."""
    if len(args) + len(named) > len(names):
        plural = '' if len(names) == 1 else 's'
        raise TypeError(f'{caller}() takes at most {len(names)} argument{plural} ({len(args) + len(named)} given)')
    values = dict(zip(names, args))
    for name, value in named.items():
        if name not in names:
            raise TypeError(f"{caller}() got an unexpected keyword argument '{name}'")
        if name in values:
            raise TypeError(f"argument for {caller}() given by name ('{name}') and position ({names.index(name) + 1})")
        values[name] = value
    for i, name in enumerate(names[:required]):
        if name not in values:
            raise TypeError(f"{caller}() missing required argument '{name}' (pos {i + 1})")
    return values


def _mask(value):
    if not hasattr(value, '__index__'):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    return value.__index__() & 0xFFFF_FFFF


def _forgotten(fd):
    """A descriptor is closed: the kernel has it in no set any more."""
    for ref in list(_select._sets.values()):
        known = ref()
        if known is not None:
            known._wanted.pop(fd, None)
            known._changes[:] = [change for change in known._changes if change['fd'] != fd]


_socket.on_close.append(_forgotten)


class epoll:
    """select.epoll(sizehint=-1, flags=0)"""

    def __new__(cls, *args, **named):
        values = _arguments('epoll', ('sizehint', 'flags'), 0, args, named)
        sizehint, flags = (_socket._int(values.get(name, default)) for name, default in (('sizehint', -1), ('flags', 0)))
        if sizehint != -1 and sizehint <= 0:
            raise ValueError('negative sizehint')
        if flags & ~_CLOEXEC:
            raise OSError('invalid flags')
        self = object.__new__(cls)
        #: by descriptor; changes that the kernel has not heard of; one-shots that have come (where poll() stands in)
        self._wanted, self._changes, self._spent = {}, [], set()
        self._waiting = 0
        out = _lab.call({'name': 'epoll_create'})
        if out.errno not in (None, 'UNAVAILABLE'):
            raise _errors.failed(out)
        self._kernel = out.errno is None
        global _made
        _made += 1
        self._own = int(out.value) if self._kernel else 1_000_000 + _made
        _select._sets[self._own] = weakref.ref(self)
        return self

    def __init__(self, *args, **named):
        pass

    @classmethod
    def fromfd(cls, fd, /):
        known = _select._sets.get(_socket._int(fd))
        if known is None:
            raise _errors.error('EBADF')
        # another object of the same set
        made = object.__new__(cls)
        made.__dict__ = dict(known().__dict__)
        return made

    @property
    def closed(self):
        return self._own < 0

    def close(self):
        fd, self._own = self._own, -1
        if fd < 0 or _select._sets.pop(fd, None) is None:
            return
        self._wanted.clear()
        if self._kernel:
            _lab.post({'name': 'close', 'fd': fd})

    def __del__(self):
        if getattr(self, '_own', -1) >= 0:
            self.close()

    def fileno(self):
        self._alive()
        return self._own

    def _alive(self):
        if self._own < 0:
            raise ValueError('I/O operation on closed epoll object')

    def _known(self, fd):
        """The descriptor's number, with what epoll_ctl() says of one that cannot be in a set."""
        number = _select._fd(fd)
        if number not in _select._open() and number not in _select._sets and number > 2:
            raise _errors.error('EPERM' if _select._is_file(number) else 'EBADF')
        if number == self._own:
            raise _errors.error('EINVAL')
        return number

    def register(self, *args, **named):
        values = _arguments('register', ('fd', 'eventmask'), 1, args, named)
        events = _mask(values.get('eventmask', _IN | _PRI | _OUT))
        self._alive()
        fd = self._known(values['fd'])
        if events & _EXCLUSIVE and (events & ~_WITH_EXCLUSIVE or fd in _select._sets):
            raise _errors.error('EINVAL')
        if fd in self._wanted:
            raise _errors.error('EEXIST')
        self._change(_ADD, fd, events)

    def modify(self, *args, **named):
        values = _arguments('modify', ('fd', 'eventmask'), 2, args, named)
        events = _mask(values['eventmask'])
        self._alive()
        fd = self._known(values['fd'])
        if events & _EXCLUSIVE:
            raise _errors.error('EINVAL')
        if fd not in self._wanted:
            raise _errors.error('ENOENT')
        if self._wanted[fd] & _EXCLUSIVE:
            raise _errors.error('EINVAL')
        self._change(_MOD, fd, events)

    def unregister(self, *args, **named):
        values = _arguments('unregister', ('fd',), 1, args, named)
        self._alive()
        fd = self._known(values['fd'])
        if fd not in self._wanted:
            raise _errors.error('ENOENT')
        self._change(_DEL, fd, 0)

    def _change(self, op, fd, events):
        if op == _DEL:
            del self._wanted[fd]
        else:
            self._wanted[fd] = events
        self._spent.discard(fd)
        if self._kernel and fd > 2:
            if fd in _select._sets:
                _select._sets[fd]()._flush()
            self._changes.append({'op': op, 'fd': fd, 'events': events})
            # somebody waits, or it grows: the kernel hears of it at once
            if self._waiting or len(self._changes) >= 1000:
                self._flush()

    def _flush(self):
        if self._kernel and self._changes:
            _lab.post({'name': 'epoll_ctl', 'fd': self._own, 'changes': self._take()})

    def _take(self):
        changes = self._changes[:]
        self._changes.clear()
        return changes

    def poll(self, *args, **named):
        values = _arguments('poll', ('timeout', 'maxevents'), 0, args, named)
        timeout = values.get('timeout')
        if timeout is not None and not isinstance(timeout, (int, float)):
            raise TypeError('timeout must be an integer or None')
        most = _socket._int(values.get('maxevents', -1))
        self._alive()
        if most == -1:
            most = _MOST
        elif most <= 0:
            raise ValueError(f'maxevents must be greater than 0, got {most}')
        timeout = None if timeout is None or timeout < 0 else timeout
        if self._kernel and not any(fd <= 2 for fd in self._wanted):
            return self._wait(timeout, most)
        return self._stand_in(timeout, most)

    def _wait(self, timeout, most):
        self._waiting += 1
        try:
            out = _lab.call({'name': 'epoll_wait', 'fd': self._own, 'changes': self._take(), 'max': most}, timeout)
        finally:
            self._waiting -= 1
        if out.errno is not None:
            raise _errors.failed(out)
        return [(fd, events) for fd, events in out.events]

    def _stand_in(self, timeout, most):
        sockets = _select._open()
        for fd in [fd for fd in self._wanted if fd not in sockets and fd > 2]:
            del self._wanted[fd]
        wanted = {fd: events for fd, events in self._wanted.items() if fd not in self._spent}
        ready = _select._ask(wanted, timeout)[:most]
        self._spent.update(fd for fd, _ in ready if self._wanted.get(fd, 0) & _ONESHOT)
        return ready

    def __enter__(self):
        self._alive()
        return self

    def __exit__(self, *exc):
        self.close()


epoll.__module__ = 'select'
