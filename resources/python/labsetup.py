"""Makes the interpreter the one that a student knows from Linux: our modules in the place of C's, standard streams."""
import sys

import labcore
from labbuiltin import Builtin

#: modules that took something from _thread, _socket, select or time.sleep when pyodide loaded them: loaded anew when asked for
_STALE = ('asyncio', 'concurrent', 'logging', 'multiprocessing', 'queue', 'select', 'selectors', 'socket', 'socketserver', 'ssl',
          'tempfile', 'threading', '_threading_local', 'http', 'urllib', 'xmlrpc', 'subprocess', 'signal')
#: a C module that knows nothing of green threads: Python's own version stands in
_WITHOUT = ('_asyncio',)
_HIDDEN = (labcore.OURS, '/lib/python314.zip/_pyodide/', '/lib/python314.zip/pyodide/')


def install():
    """Once, before the program's first line."""
    import laberrno
    import labgc
    import labimport
    import labsignal
    import labstruct
    import labtrace
    laberrno.install()
    labimport.install()
    labstruct.install()
    labgc.install()
    labsignal.on_tick.append(labgc.at_tick)
    _modules()
    _streams()
    _time()
    _system()
    _tracebacks()
    labtrace.install()


def _modules():
    for name in list(sys.modules):
        if name.partition('.')[0] in _STALE:
            del sys.modules[name]
    # sysconfig looks for a module that is named after the platform
    import os
    os.environ.setdefault('_PYTHON_SYSCONFIGDATA_NAME', f'_sysconfigdata_{sys.abiflags}_{sys.platform}_{sys.implementation._multiarch}')
    sys.platform = 'linux'
    for name in ('_thread', 'labstdin', '_socket', 'select', '_queue'):
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

    def sleep(*args):
        if len(args) != 1:
            raise TypeError(f'time.sleep() takes exactly one argument ({len(args)} given)')
        seconds, = args
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
    # one stack runs at a time: a thread's own share of the processor is not told apart
    for name, stand_in in (('thread_time', time.process_time), ('thread_time_ns', time.process_time_ns), ('tzset', lambda: None)):
        if not hasattr(time, name):
            setattr(time, name, Builtin(stand_in, name, 'time'))


def _system():
    """What a program cannot have here says so, and descriptors of sockets can be read, written and closed as files'."""
    import os
    import _socket
    import laberrors

    def absent(name):
        def call(*args, **kwargs):
            raise laberrors.error('ENOSYS', None, f'{name}() is not available in the lab: there are no other processes here (use threading)')
        call.__name__ = call.__qualname__ = name
        return call

    for name in ('fork', 'forkpty', 'system', 'popen', 'execv', 'execve', 'spawnv', 'spawnve', 'posix_spawn', 'posix_spawnp', 'wait', 'waitpid'):
        setattr(os, name, absent(name))
    import _posixsubprocess
    _posixsubprocess.fork_exec = absent('subprocess')
    if hasattr(os, 'sendfile'):
        del os.sendfile
    os.cpu_count = os.process_cpu_count = lambda: 4
    import labfiles
    labfiles.install()
    own_uname = os.uname()
    os.uname = lambda: type(own_uname)(('Linux', _socket.gethostname(), '6.1.0', '#1 SMP', 'x86_64'))
    # an ordinary user's process, of a number that no other program here has (as good as none)
    own_pid = 1000 + int.from_bytes(os.urandom(2)) % 31_000
    for name, value in (('getpid', own_pid), ('getppid', 1), ('getuid', 1000), ('geteuid', 1000), ('getgid', 1000), ('getegid', 1000)):
        setattr(os, name, Builtin((lambda value: lambda: value)(value), name, 'posix'))
    sys.executable = sys._base_executable = '/usr/bin/python3'
    import labalarm
    labalarm.install()


def _tracebacks():
    """Tracebacks show what CPython's would: no line of this folder, nor of Python's versions of C's functions (_asyncio)."""
    import traceback

    def is_c(code):
        name = code.co_filename
        return name.startswith(_HIDDEN) or name.endswith('/asyncio/futures.py') or name.endswith('/asyncio/tasks.py') and code.co_name.startswith(
            ('__step', '__wakeup'))

    def shown(frames):
        return (pair for pair in frames if not is_c(pair[0].f_code))

    for name in ('walk_tb', 'walk_stack', '_walk_tb_with_full_positions'):
        own = getattr(traceback, name)
        setattr(traceback, name, (lambda own: lambda tb: shown(own(tb)))(own))

    def unraisablehook(unraisable, /):
        """C's looks for the source in the file system, where the program's is not."""
        err = sys.stderr
        if err is None:
            return
        text, about = unraisable.err_msg, unraisable.object
        print(f'{text or "Exception ignored in"}: {about!r}' if about is not None else f'{text}:', file=err)
        lines = []
        for frame, number in traceback.walk_tb(unraisable.exc_traceback):
            code = frame.f_code
            lines.append(f'  File "{code.co_filename}", line {number}, in {code.co_name}\n')
            source = linecache.getline(code.co_filename, number).strip()
            lines += [f'    {source}\n'] if source else []
        if lines:
            err.write('Traceback (most recent call last):\n')
        err.write(''.join(lines + traceback.format_exception_only(unraisable.exc_type, unraisable.exc_value)))
        err.flush()

    import linecache
    global unraisable_args
    unraisable_args = _unraisable_args()
    sys.unraisablehook = sys.__unraisablehook__ = Builtin(unraisablehook, module='sys')


def _unraisable_args():
    """The type of what sys.unraisablehook() is called with, which has no name."""
    class Fails:
        def __del__(self):
            raise RuntimeError

    found = []
    own, sys.unraisablehook = sys.unraisablehook, lambda unraisable: found.append(type(unraisable))
    Fails()
    sys.unraisablehook = own
    return found[0]


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
