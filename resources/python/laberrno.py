"""errno, os.strerror() and the errors of files with Linux's numbers, texts and classes: the interpreter's own are WebAssembly's."""
import errno
import os

from labbuiltin import Builtin
from laberrors import _CLASSES
from labnumbers import ERRNO

#: functions of os that fail in no such way, and are called often
_PLAIN = {'fspath', 'strerror', 'getpid', 'urandom', 'cpu_count', 'abort', 'register_at_fork', 'device_encoding', 'fsencode', 'fsdecode',
          'waitstatus_to_exitcode', 'get_exec_path', 'getenv', 'putenv', 'unsetenv', 'umask', 'times'}
_PATH_BYTES = 255

_own = {name: value for name, value in vars(errno).items() if name.startswith('E')}
_own_text = os.strerror
#: by the interpreter's own number
_linux = {value: name for name, value in _own.items() if name in ERRNO}


def install():
    texts = {}
    for name in _own:
        if name not in ERRNO:
            delattr(errno, name)
    errno.errorcode.clear()
    for name, (number, text) in ERRNO.items():
        setattr(errno, name, number)
        texts.setdefault(number, text)
        # of two names for one number the later one stands, as in C
        if name not in ('EWOULDBLOCK', 'EOPNOTSUPP'):
            errno.errorcode[number] = name
    texts[0], texts[133] = 'Success', 'Memory page has hardware error'
    _classes()

    def strerror(code, /):
        from labnames import c_int
        number = c_int(code)
        return texts.get(number, f'Unknown error {number}')

    os.strerror = Builtin(strerror, module='posix')
    _wrap()


def _classes():
    """OSError(111, ...) makes a ConnectionRefusedError: the interpreter's own table of that is found, and told Linux's numbers."""
    import gc
    refused = _own.get('ECONNREFUSED')
    table = next((d for d in gc.get_objects() if type(d) is dict and d.get(refused) is ConnectionRefusedError and len(d) < 64), None)
    if table is None:
        return
    table.clear()
    for name, cls in _CLASSES.items():
        table.setdefault(ERRNO[name][0], cls)
    # what functions that are not wrapped may still fail with: numbers that no program's own error has
    for name in ('ENOENT', 'EPERM', 'EINTR'):
        table.setdefault(_own[name], _CLASSES[name])
    table[_own['ENOSPC']] = _no_space()


def _no_space():
    """A file's write() that finds the store full raises its error in C: this class gives it Linux's number."""
    class NoSpace(OSError):
        def __init__(self, number, *rest):
            super().__init__(ERRNO['ENOSPC'][0] if rest and rest[0] == _own_text(number) else number, *rest)

    NoSpace.__name__ = NoSpace.__qualname__ = 'OSError'
    NoSpace.__module__ = 'builtins'
    return NoSpace


def translated(e):
    """What Linux's Python raises for an error of the interpreter's own; None: it is none."""
    name = _linux.get(e.errno)
    if name is None or e.strerror != _own_text(e.errno):
        return None
    number, text = ERRNO[name]
    names = () if e.filename is None else (e.filename,) if e.filename2 is None else (e.filename, None, e.filename2)
    return OSError(number, text, *names)


def wrapped(function, name=None, module='posix'):
    """The function with its errors translated."""
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except OSError as e:
            error = translated(e)
            if error is None:
                raise
        raise error

    return Builtin(call, name or function.__name__, module)


def _wrap():
    import _io
    import builtins
    import inspect
    import io
    import posix
    for name, function in list(vars(posix).items()):
        if name.startswith('_') or name in _PLAIN or not inspect.isbuiltin(function):
            continue
        made = wrapped(function)
        if getattr(os, name, None) is function:
            setattr(os, name, made)
        # importlib's
        setattr(posix, name, made)
        for which in (os.supports_follow_symlinks, os.supports_fd, os.supports_dir_fd, os.supports_effective_ids):
            if function in which:
                which.add(made)
    _missing()
    opened = wrapped(io.open, 'open', '_io')

    def open(file, *args, **kwargs):
        if type(file) is int and _is_socket(file):
            # the null device hears what is wrong with the other arguments
            opened('/dev/null', *args, **{**kwargs, 'closefd': True}).close()
            import labpipe
            return labpipe.opened(file, *args, **kwargs)
        _short(file)
        return opened(file, *args, **kwargs)

    builtins.open = io.open = _io.open = Builtin(open, 'open', '_io')


def _is_socket(fd):
    import _socket
    return fd in _socket.open_fds


def _short(path):
    """open(2): a name has at most 255 bytes. The interpreter's files know no such bound."""
    if isinstance(path, int):
        return
    try:
        text = os.fspath(path)
    except TypeError:
        # open() says so itself
        return
    if len(text) > _PATH_BYTES // 4 and any(len(part) > _PATH_BYTES for part in os.fsencode(text).split(b'/')):
        number, said = ERRNO['ENAMETOOLONG']
        raise OSError(number, said, path)


def _missing():
    """Hard links: the interpreter's files have none, and say so as a file system without them does."""
    def link(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True):
        name = 'ENOENT' if not os.path.lexists(src) else 'EEXIST' if os.path.lexists(dst) else 'EPERM'
        raise OSError(*ERRNO[name], src, None, dst)

    if not hasattr(os, 'link'):
        os.link = Builtin(link, module='posix')
