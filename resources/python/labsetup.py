"""Makes the interpreter the one that a student knows from Linux: our modules in the place of C's, standard streams, errno."""
import sys

import labcore
from labbuiltin import Builtin

#: modules that took something from _thread, _socket, select or time.sleep when pyodide loaded them: loaded anew when asked for
_STALE = ('asyncio', 'concurrent', 'logging', 'multiprocessing', 'queue', 'select', 'selectors', 'socket', 'socketserver', 'ssl',
          'tempfile', 'threading', '_threading_local', 'http', 'urllib', 'xmlrpc', 'subprocess', 'signal')
#: C modules that know nothing of green threads: Python's own versions stand in
_WITHOUT = ('_asyncio', '_queue')
_HIDDEN = (labcore.OURS, '/lib/python314.zip/_pyodide/', '/lib/python314.zip/pyodide/')


def install():
    """Once, before the program's first line."""
    _numbers()
    import labgc
    import labsignal
    import labstruct
    labstruct.install()
    labgc.install()
    labsignal.on_tick.append(labgc.at_tick)
    _modules()
    _streams()
    _time()
    _system()
    _tracebacks()


def _numbers():
    """errno, with Linux's numbers and texts: the interpreter's own are those of WebAssembly's C library."""
    import errno
    import os
    from labnumbers import ERRNO
    own = {name: value for name, value in vars(errno).items() if name.startswith('E')}
    texts = {}
    for name in own:
        if name not in ERRNO:
            delattr(errno, name)
    errno.errorcode.clear()
    for name, (number, text) in ERRNO.items():
        setattr(errno, name, number)
        texts.setdefault(number, text)
        if name not in ('EWOULDBLOCK', 'EDEADLOCK', 'EOPNOTSUPP'):
            errno.errorcode[number] = name
    errno.errorcode[95] = 'EOPNOTSUPP'
    linux = {value: ERRNO[name] for name, value in own.items() if name in ERRNO}
    _errno_classes(own)

    def strerror(code, /):
        return texts.get(code, f'Unknown error {code}')

    os.strerror = strerror
    _files(linux)


def _errno_classes(own):
    """OSError(111, ...) makes a ConnectionRefusedError: the interpreter's own table of that is found, and told Linux's numbers."""
    import gc
    from laberrors import _CLASSES
    from labnumbers import ERRNO
    refused = own.get('ECONNREFUSED')
    table = next((d for d in gc.get_objects() if type(d) is dict and d.get(refused) is ConnectionRefusedError and len(d) < 64), None)
    if table is None:
        return
    # files may still fail with numbers of the interpreter's own: those keep their classes
    of_files = {own[name] for name in ('EEXIST', 'EISDIR', 'ENOENT', 'EPERM', 'EINTR') if name in own}
    for number in [number for number in table if number not in of_files]:
        del table[number]
    for name, cls in _CLASSES.items():
        table.setdefault(ERRNO[name][0], cls)


def _files(linux):
    """Errors of files carry Linux's numbers, too."""
    import builtins
    import functools
    import io
    import os

    def wrapped(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except OSError as e:
                known = linux.get(e.errno)
                if known is not None:
                    e.args = e.errno, e.strerror = known
                raise
        return call

    for name in ('open', 'stat', 'lstat', 'listdir', 'scandir', 'mkdir', 'rmdir', 'remove', 'unlink', 'rename', 'replace', 'chdir',
                 'readlink', 'symlink', 'link', 'chmod', 'truncate', 'utime', 'access'):
        function = getattr(os, name, None)
        if function is not None:
            setattr(os, name, wrapped(function))
    builtins.open = io.open = wrapped(io.open)


def _modules():
    for name in list(sys.modules):
        if name.partition('.')[0] in _STALE:
            del sys.modules[name]
    # sysconfig looks for a module that is named after the platform
    import os
    os.environ.setdefault('_PYTHON_SYSCONFIGDATA_NAME', f'_sysconfigdata_{sys.abiflags}_{sys.platform}_{sys.implementation._multiarch}')
    sys.platform = 'linux'
    for name in ('_thread', 'labstdin', 'select', '_socket'):
        _load(name)
    for name in _WITHOUT:
        sys.modules[name] = None
    import _thread
    import functools
    import reprlib
    functools.RLock, reprlib.get_ident = _thread.RLock, _thread.get_ident
    import importlib._bootstrap as boot
    # imports in several threads wait for each other
    boot._thread = _thread


def _load(name):
    """Our module of this name, in the place of one that is built in."""
    import importlib.util
    spec = importlib.util.spec_from_file_location(name, f'{labcore.OURS}{name}.py')
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def _streams():
    import builtins
    import labstdin
    sys.stdin = sys.__stdin__ = labstdin.Stdin()
    sys.stdout = sys.__stdout__ = labstdin.Stdout()
    sys.stderr = sys.__stderr__ = labstdin.Stdout(err=True)
    builtins.input = Builtin(labstdin.typed, module='builtins')


def _time():
    import time
    import laberrors

    def sleep(seconds, /):
        if isinstance(seconds, str) or not hasattr(seconds, '__float__') and not hasattr(seconds, '__index__'):
            raise TypeError(f"'{type(seconds).__name__}' object cannot be interpreted as an integer")
        if seconds != seconds:
            raise ValueError('Invalid value NaN (not a number)')
        if seconds < 0:
            raise ValueError('sleep length must be non-negative')
        if seconds > 9223372036.0:
            raise OverflowError('timestamp out of range for platform time_t')
        until = time.monotonic() + seconds
        left = float(seconds)
        while True:
            out = labcore.call({'name': 'sleep', 'seconds': left}, None, again=False)
            if out.errno is None:
                return
            if out.errno != 'EINTR':
                raise laberrors.failed(out)
            left = max(0.0, until - time.monotonic())

    time.sleep = Builtin(sleep, module='time')


def _system():
    """What a program cannot have here says so, and descriptors of sockets can be read, written and closed as files'."""
    import os
    import _socket
    import laberrors
    import labstdin

    def absent(name):
        def call(*args, **kwargs):
            raise laberrors.error('ENOSYS', None, f'{name}() is not available in the lab: there are no other processes here')
        call.__name__ = call.__qualname__ = name
        return call

    for name in ('fork', 'forkpty', 'system', 'popen', 'execv', 'execve', 'spawnv', 'spawnve', 'posix_spawn', 'posix_spawnp', 'kill',
                 'wait', 'waitpid'):
        setattr(os, name, absent(name))
    import _posixsubprocess
    _posixsubprocess.fork_exec = absent('fork_exec')
    if hasattr(os, 'sendfile'):
        del os.sendfile
    os.cpu_count = os.process_cpu_count = lambda: 4
    own_read, own_write, own_close, own_isatty = os.read, os.write, os.close, os.isatty

    def checked(out):
        if out.errno is not None:
            raise laberrors.failed(out)
        return out

    def read(fd, length, /):
        if fd == 0:
            return labstdin.read_bytes(length)
        if fd in _socket.open_fds:
            return checked(labcore.call({'name': 'recv', 'fd': fd, 'n': length}, None)).bytes
        return own_read(fd, length)

    def write(fd, data, /):
        if fd in (1, 2):
            raw = bytes(data)
            labstdin.show(raw.decode('utf-8', 'replace'), fd == 2)
            return len(raw)
        if fd in _socket.open_fds:
            return checked(labcore.call({'name': 'send', 'fd': fd, 'data': bytes(data)}, None)).value
        return own_write(fd, data)

    def close(fd):
        if fd in _socket.open_fds:
            return _socket.close(fd)
        return own_close(fd)

    def isatty(fd, /):
        return True if fd in (0, 1, 2) else False if fd in _socket.open_fds else own_isatty(fd)

    own_inheritable, own_set_inheritable = os.get_inheritable, os.set_inheritable

    def get_inheritable(fd, /):
        if fd not in _socket.open_fds:
            return own_inheritable(fd)
        return inherited.get(fd, False)

    def set_inheritable(fd, inheritable, /):
        if fd not in _socket.open_fds:
            return own_set_inheritable(fd, inheritable)
        inherited[fd] = bool(inheritable)

    inherited = {}
    os.get_inheritable, os.set_inheritable = get_inheritable, set_inheritable
    os.read, os.write, os.close, os.isatty = read, write, close, isatty
    own_uname = os.uname()
    os.uname = lambda: type(own_uname)(('Linux', _socket.gethostname(), '6.1.0', '#1 SMP', 'x86_64'))
    os.getpid = lambda: 4242
    os.getppid = lambda: 4241


def _tracebacks():
    """Tracebacks show what CPython's would: no line of this folder."""
    import traceback

    def shown(frames):
        return (pair for pair in frames if not pair[0].f_code.co_filename.startswith(_HIDDEN))

    for name in ('walk_tb', 'walk_stack', '_walk_tb_with_full_positions'):
        own = getattr(traceback, name)
        setattr(traceback, name, (lambda own: lambda tb: shown(own(tb)))(own))


def finish():
    """What CPython does at exit: waits for the threads that are no daemons, runs atexit's functions, flushes."""
    threading = sys.modules.get('threading')
    if threading is not None:
        threading._shutdown()
    else:
        sys.modules['_thread']._shutdown()
    import atexit
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
