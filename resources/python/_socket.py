"""The C module _socket over the lab's kernel: Python's own socket.py runs on it unmodified.

Messages, argument checks and their order are those of CPython's Modules/socketmodule.c.
"""
import time as _time

import labcore as _lab
import laberrors as _errors
from labnames import (  # noqa: F401
    c_int as _int, c_size as _size, from_lab as _from_lab, gaierror, getaddrinfo, gethostbyaddr, gethostbyname, gethostbyname_ex,
    gethostname, getnameinfo, getprotobyname, getservbyname, getservbyport, herror, inet_aton, inet_ntoa, inet_ntop, inet_pton,
    to_lab as _to_lab, FAMILIES as _FAMILIES,
)
from labnumbers import SOCKET as _NUMBERS

globals().update(_NUMBERS)
has_ipv6 = True
error = OSError
timeout = TimeoutError
_STREAM, _DGRAM, _SEQPACKET = _NUMBERS['SOCK_STREAM'], _NUMBERS['SOCK_DGRAM'], _NUMBERS['SOCK_SEQPACKET']
_NONBLOCK, _CLOEXEC = _NUMBERS.get('SOCK_NONBLOCK', 0), _NUMBERS.get('SOCK_CLOEXEC', 0)
_FAMILY_NUMBERS = {name: number for number, name in _FAMILIES.items()}
_KINDS = {_STREAM: 'stream', _DGRAM: 'dgram', _SEQPACKET: 'seqpacket'}
#: the flags that the contract has names for
_FLAGS = {name: _NUMBERS[f'MSG_{name}'] for name in ('PEEK', 'DONTWAIT', 'WAITALL', 'OOB', 'TRUNC', 'NOSIGNAL', 'MORE', 'EOR', 'ERRQUEUE', 'DONTROUTE', 'CONFIRM')
          if f'MSG_{name}' in _NUMBERS}
#: most bytes of one request to the lab, and of control messages
_PIECE = 4 * 1024 * 1024
_MOST_CONTROL = 64 * 1024
#: what is open here: family, type, protocol by descriptor
open_fds = {}
#: how calls on a descriptor wait where its socket object says nothing: O_NONBLOCK, SO_RCVTIMEO, SO_SNDTIMEO
_manners = {}
#: descriptors whose socket object waits with a limit, or not at all: CPython sets O_NONBLOCK for these
_timed = set()
_TIMEO = {_NUMBERS[name]: name for name in ('SO_RCVTIMEO', 'SO_SNDTIMEO') if name in _NUMBERS}
_SENDING = ('send', 'sendto', 'sendmsg', 'connect')

_default_timeout = None


def _one(method):
    """METH_O"""
    name = method.__name__

    def call(self, *args, **named):
        if named:
            raise TypeError(f'socket.{name}() takes no keyword arguments')
        if len(args) != 1:
            raise TypeError(f'socket.{name}() takes exactly one argument ({len(args)} given)')
        return method(self, args[0])
    call.__name__, call.__qualname__, call.__doc__ = name, f'socket.{name}', method.__doc__
    return call


def _none(method):
    """METH_NOARGS"""
    name = method.__name__

    def call(self, *args, **named):
        if named:
            raise TypeError(f'socket.{name}() takes no keyword arguments')
        if args:
            raise TypeError(f'socket.{name}() takes no arguments ({len(args)} given)')
        return method(self)
    call.__name__, call.__qualname__, call.__doc__ = name, f'socket.{name}', method.__doc__
    return call


def _names(flags):
    return [name for name, bit in _FLAGS.items() if bit and flags & bit]


def _arity(caller, args, low, high):
    n = len(args)
    if low <= n <= high:
        return
    if low == high:
        many = f'exactly {low}'
        plural = low
    elif n < low:
        many, plural = f'at least {low}', low
    else:
        many, plural = f'at most {high}', high
    raise TypeError(f"{caller}() takes {many} argument{'' if plural == 1 else 's'} ({n} given)")


def _bytes(value):
    """y*: what has the buffer interface, and is not text."""
    if type(value) is bytes:
        return value
    try:
        return memoryview(value).tobytes()
    except TypeError:
        raise TypeError(f"a bytes-like object is required, not '{type(value).__name__}'") from None


def _writable(value, caller, position):
    try:
        view = memoryview(value)
        if not view.readonly:
            return view.cast('B')
    except TypeError:
        pass
    raise TypeError(f'{caller}() argument {position} must be read-write bytes-like object, not {type(value).__name__}')


def _into(caller, args, named):
    """The arguments (buffer, nbytes=0, flags=0) of recv_into and recvfrom_into."""
    values = dict(zip(('buffer', 'nbytes', 'flags'), args))
    if len(args) + len(named) > 3:
        raise TypeError(f'{caller}() takes at most 3 arguments ({len(args) + len(named)} given)')
    for name, value in named.items():
        if name not in ('buffer', 'nbytes', 'flags'):
            raise TypeError(f"{caller}() got an unexpected keyword argument '{name}'")
        values[name] = value
    if 'buffer' not in values:
        raise TypeError(f"{caller}() missing required argument 'buffer' (pos 1)")
    return values['buffer'], values.get('nbytes', 0), values.get('flags', 0)


def _seconds(value):
    """socket_parse_timeout: None or seconds, rounded up to what a clock can tell."""
    if value is None:
        return None
    if isinstance(value, float):
        if value != value:
            raise ValueError('Invalid value NaN (not a number)')
        seconds = value
    else:
        try:
            seconds = float(_int_like(value))
        except OverflowError:
            raise OverflowError('timestamp out of range for platform time_t') from None
    if seconds < 0:
        raise ValueError('Timeout value out of range')
    if seconds >= 2**63 / 1e9:
        raise OverflowError('timestamp out of range for platform time_t')
    return seconds


def _int_like(value):
    import operator
    return operator.index(value)


def _leave_file(path):
    """For os.path.exists() and os.unlink(): the socket's own file is the machine's, which a program does not see (and the lab removes)."""
    import os
    path = os.fsencode(path)
    if path and path[0] != 0:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        except OSError:
            # there is one, or no such folder here
            return


def _made(family, kind, proto):
    """The checks of socket(2) that the lab's contract has no words for; answers the contract's family and type."""
    base = kind & ~(_NONBLOCK | _CLOEXEC)
    name = _FAMILIES.get(family)
    if name is None:
        raise _errors.error('EAFNOSUPPORT')
    if not 0 <= base < 11:
        raise _errors.error('EINVAL')
    if base == _NUMBERS['SOCK_RAW'] and name != 'unix':
        raise _errors.error('EPERM')
    if base not in _KINDS or base == _SEQPACKET and name != 'unix':
        raise _errors.error('ESOCKTNOSUPPORT')
    fitting = (0, 1) if name == 'unix' else (0, 6) if base == _STREAM else (0, 17)
    if proto not in fitting:
        raise _errors.error('EPROTONOSUPPORT' if 0 <= proto < 263 else 'EINVAL')
    return name, _KINDS[base]


class socket:
    """socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object"""

    __slots__ = ('_fd', '_family', '_type', '_proto', '_timeout')

    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self._fd = -1
        self._family = self._type = self._proto = 0
        self._timeout = None
        return self

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        family, type, proto = _int(family), _int(type), _int(proto)
        if fileno is not None:
            fd = _int(fileno)
            if fd < 0:
                raise ValueError('negative file descriptor')
            known = open_fds.get(fd)
            if known is None:
                raise _errors.error(_no_socket(fd))
            family = known[0] if family == -1 else family
            type = known[1] if type == -1 else type
            proto = known[2] if proto == -1 else proto
        else:
            family = _NUMBERS['AF_INET'] if family == -1 else family
            type = _STREAM if type == -1 else type
            proto = 0 if proto == -1 else proto
            name, kind = _made(family, type, proto)
            fd = _done(_lab.call({'name': 'socket', 'family': name, 'type': kind})).fd
            open_fds[fd] = (family, type & ~(_NONBLOCK | _CLOEXEC), proto or {'stream': 6, 'dgram': 17}[kind] if name != 'unix' else 0)
        self._fd = fd
        self._family, self._type, self._proto = family, type & ~(_NONBLOCK | _CLOEXEC), proto
        self._timeout = 0.0 if type & _NONBLOCK else _default_timeout
        if self._timeout is not None:
            _timed.add(fd)

    family = property(lambda self: self._family, doc='the socket family')
    type = property(lambda self: self._type, doc='the socket type')
    proto = property(lambda self: self._proto, doc='the socket protocol')
    timeout = property(lambda self: self._timeout, doc='the socket timeout')

    def __repr__(self):
        return f'<socket object, fd={self._fd}, family={self._family}, type={self._type}, proto={self._proto}>'

    def __del__(self):
        fd = self._fd
        if fd == -1:
            return
        self._warn_unclosed()
        self._fd = -1
        if _forget(fd):
            _lab.post({'name': 'close', 'fd': fd})

    def _warn_unclosed(self):
        import warnings
        if warnings is not None and _lab is not None:
            warnings.warn(f'unclosed {self!r}', ResourceWarning, source=self, skip_file_prefixes=(_lab.OURS,))

    def _call(self, name, timeout=..., /, **args):
        args['name'] = name
        args['fd'] = self._fd
        if timeout is ...:
            timeout = self._timeout
        if timeout is None and _manners:
            which = 'SO_SNDTIMEO' if name in _SENDING else 'SO_RCVTIMEO'
            return waited(_lab.call(args, patience(self._fd, which)), name)
        return _lab.call(args, timeout)

    def _address(self, address, caller):
        return _to_lab(_FAMILIES.get(self._family), address, caller)

    # ---- connections

    @_none
    def _accept(self):
        out = _done(self._call('accept'))
        open_fds[out.fd] = (self._family, self._type, self._proto or open_fds.get(self._fd, (0, 0, 0))[2])
        return out.fd, _from_lab(out.address)

    @_one
    def bind(self, address):
        given = self._address(address, 'bind')
        out = self._call('bind', address=given)
        if self._family == _NUMBERS['AF_UNIX']:
            import labunix
            moved = labunix.elsewhere(given) if out.errno == 'ENOENT' else None
            if moved is not None:
                out = self._call('bind', address=moved)
        _done(out)
        if self._family == _NUMBERS['AF_UNIX']:
            _leave_file(address)

    def listen(self, *args):
        _arity('listen', args, 0, 1)
        backlog = args[0] if args else 128
        _done(self._call('listen', backlog=max(0, _int(backlog))))

    @_one
    def connect(self, address):
        _done(self._call('connect', address=self._address(address, 'connect')))

    @_one
    def connect_ex(self, address):
        out = self._call('connect', address=self._address(address, 'connect_ex'))
        if out.errno is None:
            return 0
        if out.errno == 'TIMEOUT':
            return _errors.number('EAGAIN')
        e = _errors.failed(out)
        if not isinstance(e, OSError):
            raise e
        return e.errno

    @_none
    def close(self):
        fd = self._fd
        if fd == -1:
            return
        self._fd = -1
        _forget(fd)
        out = _lab.call({'name': 'close', 'fd': fd})
        if out.errno is not None and out.errno != 'ECONNRESET':
            raise _errors.failed(out)

    @_none
    def detach(self):
        fd = self._fd
        self._fd = -1
        return fd

    @_none
    def fileno(self):
        return self._fd

    @_one
    def shutdown(self, how):
        how = _int(how)
        if self._fd != -1 and how not in (0, 1, 2):
            raise _errors.error('EINVAL')
        _done(self._call('shutdown', how=('RD', 'WR', 'RDWR')[how] if 0 <= how <= 2 else 'RD'))

    @_none
    def getsockname(self):
        return _from_lab(_done(self._call('getsockname')).address)

    @_none
    def getpeername(self):
        return _from_lab(_done(self._call('getpeername')).address)

    # ---- time

    @_one
    def settimeout(self, timeout):
        self._timeout = _seconds(timeout)
        self._ioctl()

    @_none
    def gettimeout(self):
        return self._timeout

    @_one
    def setblocking(self, flag):
        self._timeout = None if flag else 0.0
        self._ioctl()

    def _ioctl(self):
        """FIONBIO; the descriptors of the lab never block, each call says how long it waits."""
        set_nonblocking(self._fd, False)
        if self._timeout is not None:
            _timed.add(self._fd)

    @_none
    def getblocking(self):
        return self._timeout != 0.0

    # ---- sending

    def send(self, *args):
        _arity('send', args, 1, 2)
        data, flags = _bytes(args[0]), _int(args[1]) if len(args) > 1 else 0
        return self._send(data, flags)

    def _send(self, data, flags, timeout=...):
        """One send(). A descriptor that blocks takes all the bytes before it answers; the lab's never blocks."""
        whole = self._timeout is None and not flags & _FLAGS.get('DONTWAIT', 0) and self._type == _STREAM and timeout is ...
        view, done = memoryview(data), 0
        while True:
            piece = view[done:done + _PIECE]
            out = self._call('send', timeout, data=bytes(piece), flags=_names(flags))
            if out.errno is not None:
                if done and out.errno != 'EPIPE':
                    return done
                raise _errors.failed(out)
            done += out.value
            if not whole or done >= len(data):
                return done

    def sendall(self, *args):
        _arity('sendall', args, 1, 2)
        data, flags = memoryview(_bytes(args[0])), _int(args[1]) if len(args) > 1 else 0
        limit = self._timeout
        until = None if not limit else _time.monotonic() + limit
        done = 0
        while True:
            left = ... if until is None else max(0.0, until - _time.monotonic())
            if left == 0.0:
                raise TimeoutError('timed out')
            done += self._send(data[done:], flags, left)
            if done >= len(data):
                return None
            _lab.check_signals()

    def sendto(self, *args):
        if not 2 <= len(args) <= 3:
            raise TypeError(f'sendto() takes 2 or 3 arguments ({len(args)} given)')
        data, flags = _bytes(args[0]), _int(args[1]) if len(args) == 3 else 0
        address = self._address(args[-1], 'sendto')
        return _done(self._call('sendto', data=data, address=address, flags=_names(flags))).value

    def sendmsg(self, *args):
        _arity('sendmsg', args, 1, 4)
        try:
            buffers = list(args[0])
        except TypeError:
            raise TypeError('sendmsg() argument 1 must be an iterable') from None
        data = b''.join(_bytes(b) for b in buffers)
        try:
            ancillary = list(args[1]) if len(args) > 1 else []
        except TypeError:
            raise TypeError('sendmsg() argument 2 must be an iterable') from None
        flags = _int(args[2]) if len(args) > 2 else 0
        for item in ancillary:
            what = '[sendmsg() ancillary data items]() argument must be'
            if not isinstance(item, (tuple, list)):
                raise TypeError(f'{what} 3-item sequence, not {type(item).__name__}')
            if len(item) != 3:
                raise TypeError(f'{what} sequence of length 3, not {len(item)}')
        control = [{'level': _int(level), 'type': _int(type), 'data': _bytes(value)} for level, type, value in ancillary]
        address = self._address(args[3], 'sendmsg') if len(args) > 3 and args[3] is not None else None
        if control:
            return self._send_control(data, control, flags, address)
        if address is not None:
            return _done(self._call('sendto', data=data, address=address, flags=_names(flags))).value
        return self._send(data, flags)

    def _send_control(self, data, control, flags, address):
        to = {} if address is None else {'address': address}
        done = _done(self._call('sendmsg', data=data[:_PIECE], control=control, flags=_names(flags), **to)).value
        # a stream that blocks takes the rest, too
        if done < len(data) and self._type == _STREAM and self._timeout is None and not flags & _FLAGS['DONTWAIT']:
            return done + self._send(data[done:], flags)
        return done

    # ---- receiving

    def _recv(self, size, flags):
        names = _names(flags)
        out = _done(self._call('recv', n=min(size, _PIECE * 4), flags=names))
        return out.bytes

    def _recvfrom(self, size, flags):
        out = _done(self._call('recvfrom', n=min(size, _PIECE * 4), flags=_names(flags)))
        return out, self._peer(out.address)

    def _peer(self, address):
        """The sender of what was received; a stream has none."""
        if address is not None and (self._type == _STREAM and address['family'] != 'unix' or address.get('path') == ''):
            address = None
        return _from_lab(address)

    def recv(self, *args):
        _arity('recv', args, 1, 2)
        size, flags = _size(args[0]), _int(args[1]) if len(args) > 1 else 0
        if size < 0:
            raise ValueError('negative buffersize in recv')
        return self._recv(size, flags)

    def recvfrom(self, *args):
        _arity('recvfrom', args, 1, 2)
        size, flags = _size(args[0]), _int(args[1]) if len(args) > 1 else 0
        if size < 0:
            raise ValueError('negative buffersize in recvfrom')
        out, address = self._recvfrom(size, flags)
        return out.bytes, address

    def recv_into(self, *args, **named):
        buffer, nbytes, flags = _into('recv_into', args, named)
        view = _writable(buffer, 'recv_into', 1)
        size, flags = _size(nbytes), _int(flags)
        if size < 0:
            raise ValueError('negative buffersize in recv_into')
        if size > len(view):
            raise ValueError('buffer too small for requested bytes')
        data = self._recv(size or len(view), flags)
        view[:len(data)] = data
        return len(data)

    def recvfrom_into(self, *args, **named):
        buffer, nbytes, flags = _into('recvfrom_into', args, named)
        view = _writable(buffer, 'recvfrom_into', 1)
        size, flags = _size(nbytes), _int(flags)
        if size < 0:
            raise ValueError('negative buffersize in recvfrom_into')
        if size > len(view):
            raise ValueError('nbytes is greater than the length of the buffer')
        out, address = self._recvfrom(size or len(view), flags)
        view[:len(out.bytes)] = out.bytes
        return len(out.bytes), address

    def recvmsg(self, *args):
        _arity('recvmsg', args, 1, 3)
        size = _size(args[0])
        if size < 0:
            raise ValueError('negative buffer size in recvmsg()')
        return self._recvmsg(size, args[1:])

    def recvmsg_into(self, *args):
        _arity('recvmsg_into', args, 1, 3)
        try:
            buffers = list(args[0])
        except TypeError:
            raise TypeError('recvmsg_into() argument 1 must be an iterable') from None
        try:
            views = [_writable(b, 'recvmsg_into', 1) for b in buffers]
        except TypeError:
            raise TypeError('recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers') from None
        data, control, flags, address = self._recvmsg(sum(map(len, views)), args[1:])
        at = 0
        for view in views:
            piece = data[at:at + len(view)]
            view[:len(piece)] = piece
            at += len(piece)
        return len(data), control, flags, address

    def _recvmsg(self, size, rest):
        ancillary = _size(rest[0]) if rest else 0
        flags = _int(rest[1]) if len(rest) > 1 else 0
        if not 0 <= ancillary <= 0x7FFF_FFFF:
            raise ValueError('invalid ancillary data buffer length')
        out = _done(self._call('recvmsg', n=min(size, _PIECE * 4), room=min(ancillary, _MOST_CONTROL), flags=_names(flags)))
        for passed in out.passed:
            open_fds[passed['fd']] = _FAMILY_NUMBERS[passed['family']], passed['type'], passed['protocol']
        control = [(message['level'], message['type'], bytes(message['data'])) for message in out.control]
        cut = out.size is not None and out.size > len(out.bytes)
        told = out.flags if out.flags is not None else _FLAGS['TRUNC'] if cut else 0
        return out.bytes, control, told, self._peer(out.address)

    # ---- options

    def getsockopt(self, *args):
        _arity('getsockopt', args, 2, 3)
        level, option = _int(args[0]), _int(args[1])
        length = _int(args[2]) if len(args) > 2 else 0
        if length == 0:
            return int(_done(self._call('getsockopt', level=level, option=option, len=0)).value)
        if not 0 < length <= 1024:
            raise OSError('getsockopt buflen out of range')
        return _done(self._call('getsockopt', level=level, option=option, len=length)).bytes

    def setsockopt(self, *args):
        if len(args) == 4 and args[2] is None:
            # a length without a value: Linux finds nothing at address 0
            _int(args[0]), _int(args[1]), _int(args[3])
            raise _errors.error('EFAULT')
        if len(args) != 3:
            raise TypeError(f'setsockopt() takes exactly 3 arguments ({len(args)} given)')
        level, option, value = _int(args[0]), _int(args[1]), args[2]
        if not isinstance(value, int) or not -0x8000_0000 <= value <= 0x7FFF_FFFF:
            value = _bytes(value)
        _done(self._call('setsockopt', level=level, option=option, value=int(value) if isinstance(value, int) else value))
        if level == _NUMBERS['SOL_SOCKET'] and option in _TIMEO and isinstance(value, bytes) and len(value) >= 16:
            # struct timeval of 64-bit Linux; zero: for ever
            seconds = int.from_bytes(value[:8], 'little', signed=True) + int.from_bytes(value[8:16], 'little', signed=True) / 1e6
            _manners.setdefault(self._fd, {})[_TIMEO[option]] = seconds or None


#: called with each descriptor that is closed
on_close = []


def _forget(fd):
    _manners.pop(fd, None)
    _timed.discard(fd)
    for told in on_close:
        told(fd)
    return open_fds.pop(fd, None) is not None


def patience(fd, which):
    """How long a call on a descriptor without a timeout of its own waits: None for ever, 0 not at all."""
    manner = _manners.get(fd)
    return None if manner is None else 0 if manner.get('O_NONBLOCK') else manner.get(which)


def waited(out, name=''):
    """The kernel's word for the end of SO_RCVTIMEO and SO_SNDTIMEO (socket(7))."""
    if out.errno == 'TIMEOUT':
        out.errno = 'EINPROGRESS' if name == 'connect' else 'EAGAIN'
        out.number = _errors.number(out.errno)
    return out


def nonblocking(fd):
    """Whether fcntl(F_GETFL) has O_NONBLOCK."""
    return fd in _timed or bool(_manners.get(fd, {}).get('O_NONBLOCK'))


def set_nonblocking(fd, on):
    if fd not in open_fds:
        raise _errors.error('EBADF')
    _timed.discard(fd)
    if on:
        _manners.setdefault(fd, {})['O_NONBLOCK'] = True
    elif fd in _manners:
        _manners[fd].pop('O_NONBLOCK', None)


SocketType = socket
socket.__module__ = '_socket'


def _no_socket(fd):
    import os
    try:
        os.fstat(fd)
    except OSError:
        return 'EBADF'
    return 'ENOTSOCK'


def _done(out):
    if out.errno is not None:
        raise _errors.failed(out)
    return out


def close(fd, /):
    """close(integer) -> None"""
    fd = _int(fd)
    if not _forget(fd):
        raise _errors.error('EBADF')
    _done(_lab.call({'name': 'close', 'fd': fd}))


def dup(fd, /):
    """dup(integer) -> integer"""
    fd = _int(fd)
    known = open_fds.get(fd)
    if known is None:
        raise _errors.error('EBADF')
    out = _done(_lab.call({'name': 'dup', 'fd': fd}))
    open_fds[out.fd] = known
    return out.fd


def socketpair(family=None, type=_STREAM, proto=0, /):
    """socketpair([family[, type [, proto]]]) -> (socket object, socket object)"""
    family = _NUMBERS['AF_UNIX'] if family is None else _int(family)
    type, proto = _int(type), _int(proto)
    name, kind = _made(family, type, proto)
    if name != 'unix':
        raise _errors.error('EOPNOTSUPP')
    out = _lab.call({'name': 'socketpair', 'type': kind})
    if out.errno == 'UNAVAILABLE':
        return _loopback_pair(type)
    _done(out)
    for fd in out.fds:
        open_fds[fd] = (family, type & ~(_NONBLOCK | _CLOEXEC), 0)
    return tuple(socket(family, type, proto, fd) for fd in out.fds)


def _loopback_pair(type):
    """What Python does on a system that has no socketpair(): two ends of a connection on this computer."""
    if type & ~(_NONBLOCK | _CLOEXEC) != _STREAM:
        raise _errors.error('EOPNOTSUPP')
    inet = _NUMBERS['AF_INET']
    listener = socket(inet, _STREAM)
    try:
        listener.bind(('127.0.0.1', 0))
        listener.listen(1)
        one = socket(inet, _STREAM)
        one.connect(listener.getsockname())
        fd, _ = listener._accept()
        other = socket(inet, _STREAM, 0, fd)
        # not somebody else's connection to the same port
        if one.getsockname() != other.getpeername() or one.getpeername() != other.getsockname():
            raise _errors.error('ECONNABORTED')
    finally:
        listener.close()
    if type & _NONBLOCK:
        one.setblocking(False), other.setblocking(False)
    return one, other


def getdefaulttimeout():
    return _default_timeout


def setdefaulttimeout(timeout, /):
    global _default_timeout
    _default_timeout = _seconds(timeout)


def if_nameindex():
    return [(int(i['index']), i['name']) for i in _lab.ask('interfaces', {})]


def if_nametoindex(name, /):
    if isinstance(name, bytes):
        name = name.decode()
    if not isinstance(name, str):
        raise TypeError(f'expected str, bytes or os.PathLike object, not {type(name).__name__}')
    for index, known in if_nameindex():
        if known == name:
            return index
    raise OSError('no interface with this name')


def if_indextoname(index, /):
    if not isinstance(index, int):
        raise TypeError('an integer is required')
    if index < 0:
        raise OverflowError("can't convert negative value to unsigned int")
    if index > 0xFFFF_FFFF:
        raise OverflowError('Python int too large to convert to C unsigned long')
    for known, name in if_nameindex():
        if known == index:
            return name
    raise _errors.error('ENXIO')


def sethostname(name, /):
    raise _errors.error('EPERM')


def CMSG_LEN(length, /):
    """struct cmsghdr of 64-bit Linux: 16 bytes, all aligned to 8"""
    length = _size(length)
    if not 0 <= length <= 0x7FFF_FFFF - 16:
        raise OverflowError('CMSG_LEN() argument out of range')
    return 16 + length


def CMSG_SPACE(length, /):
    length = _size(length)
    if not 0 <= length <= 0x7FFF_FFFF - 24:
        raise OverflowError('CMSG_SPACE() argument out of range')
    return 16 + (length + 7 & ~7)


def _swap16(name):
    def convert(x, /):
        n = _int(x)
        if n < 0:
            raise OverflowError(f"{name}: can't convert negative Python int to C 16-bit unsigned integer")
        if n > 0xFFFF:
            raise OverflowError(f'{name}: Python int too large to convert to C 16-bit unsigned integer')
        return (n & 0xFF) << 8 | n >> 8
    convert.__name__ = convert.__qualname__ = name
    return convert


def _swap32(name):
    def convert(x, /):
        if not isinstance(x, int):
            raise TypeError(f'expected int, {type(x).__name__} found')
        if x < 0:
            raise OverflowError("can't convert negative value to unsigned int")
        if x > 0xFFFF_FFFF:
            raise OverflowError('int larger than 32 bits' if x < 1 << 64 else 'Python int too large to convert to C unsigned long')
        return int.from_bytes(x.to_bytes(4, 'little'), 'big')
    convert.__name__ = convert.__qualname__ = name
    return convert


htons, ntohs = _swap16('htons'), _swap16('ntohs')
htonl, ntohl = _swap32('htonl'), _swap32('ntohl')

from labbuiltin import seal as _seal  # noqa: E402

_seal(globals(), __name__)
