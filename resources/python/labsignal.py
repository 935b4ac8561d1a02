"""
Signals of a program in the lab. Two come from the page through the interpreter's shared word: SIGINT (Ctrl-C), and a tick of
its clock, at which whoever runs lets the others in. What the program sets with signal.signal() is kept here: to the
interpreter every signal's handler is ours, because only here it is known which green thread runs.
"""
import sys

import _signal
import labcore
import _lab
from pyodide.ffi import can_run_sync

TICK = 26
_SET = _signal.signal
_OWN = _signal.getsignal
_handlers = {}
#: signal.set_wakeup_fd()'s, -1: none; how many handlers have run; what happens where none is set (labalarm.py)
wakeup_fd = -1
handled = 0
by_default = None
#: called at each tick with the frame that runs
on_tick = []


def install():
    _handlers[_signal.SIGINT] = _signal.default_int_handler
    _SET(_signal.SIGINT, _came)
    _SET(TICK, _tick)
    _signal.signal = _set
    _signal.getsignal = _get
    labcore.deliver = _deliver


def _set(signalnum, handler, /):
    number = int(signalnum)
    if not 1 <= number < 65:
        raise ValueError('signal number out of range')
    if labcore.current is not labcore.main:
        raise ValueError('signal only works in main thread of the main interpreter')
    if not callable(handler) and handler not in (_signal.SIG_DFL, _signal.SIG_IGN):
        raise TypeError('signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object')
    if number in (9, 19):
        raise OSError(22, 'Invalid argument')
    before = _get(number)
    _handlers[number] = handler
    return before


def _get(signalnum, /):
    number = int(signalnum)
    if not 1 <= number < 65:
        raise ValueError('signal number out of range')
    return _handlers.get(number, _signal.SIG_DFL)


def _deliver(number, frame=None):
    """Runs the handler that the program has set, in its main thread."""
    global handled
    handler = _handlers.get(number, _signal.SIG_DFL)
    if callable(handler):
        if wakeup_fd != -1:
            labcore.call({'name': 'send', 'fd': wakeup_fd, 'data': bytes([number])}, 0)
        handled += 1
        handler(number, _students() if frame is None else frame)
    elif handler == _signal.SIG_DFL:
        by_default(number)


def _students():
    """The frame that runs, without those of this folder."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(labcore.OURS):
        frame = frame.f_back
    return frame


def _came(number, frame):
    if labcore.current is labcore.main and not _in_ours(frame):
        _deliver(number, frame)
    else:
        interrupted(number)


def interrupted(number):
    """Ctrl-C where it cannot be had at once. A halted program does not hear it before it goes on."""
    waiting(number)
    _lab.go_on()


def waiting(number):
    """A signal while the main thread waits, or is in the middle of something: it has it as soon as it can."""
    labcore.raise_signal(number)
    if labcore.main.in_call:
        _lab.interrupt(labcore.main.ident)


def _tick(number, frame):
    if _in_ours(frame) or not can_run_sync():
        return
    for told in on_tick:
        told(frame)
    labcore.pass_turn()
    # another thread may have sent one meanwhile
    labcore.check_signals()


def _in_ours(frame):
    """Whether this folder's code is at work, which counts on not being interrupted; calls of the standard library are looked through."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(labcore.OURS):
            return not name.endswith('/labrun.py')
        if name.startswith('<frozen '):
            # an import: the interpreter is in the middle of its own work
            return True
        if not name.startswith('/lib/python3'):
            return False
        frame = frame.f_back
    return False
