"""
Signals that a program sends itself: signal.alarm() and setitimer(), os.kill() of its own number, signal.raise_signal(),
pause(), and how a process ends at once: os._exit(), or a signal that it does not handle.
"""
import os
import time

import _lab
import _signal
import labcore
import laberrors
import labsignal
from labbuiltin import Builtin

ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF = 0, 1, 2
#: what the kernel does to a process that has set nothing else (signal(7)): nothing, or its end
_IGNORED = (_signal.SIGCHLD, _signal.SIGCONT, _signal.SIGURG, _signal.SIGWINCH)


class ItimerError(OSError):
    pass


ItimerError.__name__ = ItimerError.__qualname__ = 'itimer_error'
ItimerError.__module__ = 'signal'


class _Timer:
    """ITIMER_REAL. A thread of ours waits for it; each setting has a number, so that an older one's thread ends."""
    number = 0
    due = None
    interval = 0.0


def install():
    for function in (alarm, setitimer, getitimer, pause, raise_signal, pthread_kill, set_wakeup_fd, siginterrupt):
        setattr(_signal, function.__name__, Builtin(function, function.__name__, 'signal'))
    # these would hold the whole interpreter
    for name in ('sigwait', 'sigwaitinfo', 'sigtimedwait', 'sigpending'):
        if hasattr(_signal, name):
            delattr(_signal, name)
    for name, value in (('ITIMER_REAL', 0), ('ITIMER_VIRTUAL', 1), ('ITIMER_PROF', 2), ('ItimerError', ItimerError)):
        setattr(_signal, name, value)
    labsignal.by_default = by_default
    os.kill = Builtin(kill, 'kill', 'posix')
    os._exit = Builtin(_exit, '_exit', 'posix')
    os.abort = Builtin(abort, 'abort', 'posix')


def _number(signum):
    import operator
    number = operator.index(signum)
    if not 1 <= number < 65:
        raise ValueError('signal number out of range')
    return number


def _left():
    return 0.0 if _Timer.due is None else max(1e-6, _Timer.due - time.monotonic())


def _seconds(value):
    if isinstance(value, str) or not hasattr(value, '__float__') and not hasattr(value, '__index__'):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    seconds = float(value)
    if not 0 <= seconds < 1e9:
        raise ItimerError(22, 'Invalid argument')
    return seconds


def alarm(seconds, /):
    from labnames import c_int
    before = _left()
    _set(float(max(0, c_int(seconds))), 0.0)
    return int(before + 0.999999)


def setitimer(which, seconds, interval=0.0, /):
    before = getitimer(which)
    _set(_seconds(seconds), _seconds(interval))
    return before


def getitimer(which, /):
    if which != ITIMER_REAL:
        raise ItimerError(22, 'Invalid argument')
    return _left(), _Timer.interval


def _set(seconds, interval):
    _Timer.number += 1
    _Timer.due, _Timer.interval = (time.monotonic() + seconds, interval) if seconds else (None, 0.0)
    if seconds:
        _wait(_Timer.number)


def _wait(number):
    green = labcore.new_thread()

    def body():
        labcore.enter(green)
        try:
            while number == _Timer.number and _Timer.due is not None:
                left = _Timer.due - time.monotonic()
                if left > 0:
                    labcore.park(left)
                    continue
                _Timer.due = _Timer.due + _Timer.interval if _Timer.interval else None
                labsignal.waiting(_signal.SIGALRM)
        finally:
            labcore.threads.pop(green.ident, None)

    _lab.spawn(body)


def pause():
    """Waits until a signal's handler has run."""
    seen = labsignal.handled
    while seen == labsignal.handled:
        labcore.park(None)
        labcore.check_signals()


def raise_signal(signalnum, /):
    _send(_number(signalnum))


def pthread_kill(thread_id, signalnum, /):
    if thread_id not in labcore.threads:
        raise laberrors.error('ESRCH')
    _send(_number(signalnum))


def kill(pid, signal, /):
    if pid not in (os.getpid(), 0):
        raise laberrors.error('ESRCH')
    if signal:
        _send(_number(signal))


def _send(number):
    labsignal.waiting(number)
    labcore.check_signals()


def set_wakeup_fd(fd, /, *, warn_on_full_buffer=True):
    import _socket
    if labcore.current is not labcore.main:
        raise ValueError('set_wakeup_fd only works in main thread of the main interpreter')
    if fd != -1 and fd not in _socket.open_fds:
        raise laberrors.error('EBADF')
    if fd != -1 and not _socket.nonblocking(fd):
        raise ValueError(f'the fd {fd} must be in non-blocking mode')
    before, labsignal.wakeup_fd = labsignal.wakeup_fd, fd
    return before


def siginterrupt(signalnum, flag, /):
    _number(signalnum)


def by_default(number):
    """The end of a program that has no handler for it."""
    if number in _IGNORED:
        return
    _end('failed', _signal.strsignal(number) or f'signal {number}')


def _exit(status):
    from labnames import c_int
    code = c_int(status) & 0xFF
    _end(*(('ok', None) if code == 0 else ('failed', f'exit status {code}')))


def abort():
    _end('failed', 'Aborted')


def _end(status, error):
    """At once: no handler, no finally, no flush. What stood in files is kept."""
    labcore.wait(_lab.sync())
    _lab.ended(status, error)
    while True:
        labcore.park(None)
