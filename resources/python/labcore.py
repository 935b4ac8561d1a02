"""The seam between this folder's modules and the lab: calls, waits and green threads.

The lab's JavaScript gives the module `_lab` (src/renderer/python/lab-module.ts says what is in it). Every wait of Python
goes through `wait` below, so that the running thread is known after it. Threads are green: one runs until it waits, or until
a tick of the clock lets the others in (labsignal.py).

What is in this folder leaves no line in tracebacks (labsetup.py): to the student these are C modules.
"""
import sys
from _struct import Struct
from collections import deque

import _lab
import _socket as _c_socket
from pyodide.ffi import can_run_sync, jsnull

#: this folder
OURS = __file__.rpartition('/')[0] + '/'
# files that are not the student's: the standard library's and ours
_FOREIGN = (OURS, '/lib/python3', '<')


class Green:
    """A thread: its number and what it waits for."""

    __slots__ = ('ident', 'token', 'in_call', 'frame', '__weakref__')

    def __init__(self, ident):
        self.ident = ident
        self.token = 0
        self.in_call = False
        self.frame = None


main = Green(1)
current = main
threads = {1: main}
_idents = 1
_tokens = 0
#: signals that came and whose handler the main thread has still to run
_signals = deque()
#: called with a signal's number in the main thread (signals.py)
deliver = None


def new_thread():
    """A thread that spawn() will run."""
    global _idents
    _idents += 1
    green = Green(_idents)
    threads[green.ident] = green
    return green


# the C library's own socket, which is none: its recv() waits for what the lab has numbered (lab-module.ts)
_bell = _c_socket.socket(_c_socket.AF_INET, _c_socket.SOCK_STREAM)
_lab.bell(_bell.fileno())
_ring = _bell.recv
_take = _lab.take


def wait(slot):
    """What the slot's promise settles to; other threads run meanwhile."""
    global current
    me = current
    try:
        _ring(slot)
        return _take(slot)
    finally:
        current = me


def enter(green):
    """The calling stack is this thread's from here on."""
    global current
    current = green


def park(timeout):
    """Waits for unpark() of this thread. False: `timeout` seconds passed (None: no limit)."""
    global _tokens
    me = current
    _tokens += 1
    me.token = _tokens
    ms = -1 if timeout is None else max(0.0, timeout * 1000)
    try:
        return bool(wait(_lab.park(me.token, ms)))
    finally:
        me.token = 0


def unpark(green):
    if green.token:
        _lab.wake(green.token)


def pass_turn():
    """Lets every other thread that can run do so first."""
    wait(_lab.turn())


def raise_signal(number):
    """A signal came: the main thread runs its handler as soon as it can."""
    _signals.append(number)
    unpark(main)


def put_off_signals():
    """Those that are due, which are nobody's until put_back_signals()."""
    due = [*_signals]
    _signals.clear()
    return due


def put_back_signals(due):
    _signals.extendleft(reversed(due))


def check_signals():
    """Runs the handlers that are due, in the main thread only; they may raise."""
    while _signals and current is main:
        number = _signals.popleft()
        if deliver is not None:
            deliver(number)


def place():
    """(file, line) of the nearest line of the student's own; else of the outermost line there is."""
    frame = sys._getframe(2)
    last = None
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_FOREIGN):
            return name, frame.f_lineno
        if not name.startswith('<'):
            last = frame
        frame = frame.f_back
    return (None, None) if last is None else (last.f_code.co_filename, last.f_lineno)


class Outcome:
    """How a call ended: the contract's GuestOutcome with Python's names."""

    value = errno = number = message = fd = fds = address = size = ready = flags = None
    bytes = b''
    control = passed = events = ()


def _outcome(js):
    out = Outcome()
    take = js.to_py().get
    out.value = take('value')
    out.errno = take('errno')
    out.number = take('errnoNumber')
    out.message = take('message')
    out.fd = take('fd')
    out.fds = take('fds')
    data = take('bytes')
    if data is not None:
        out.bytes = bytes(data)
    out.address = take('address')
    out.size = take('size')
    out.ready = take('ready')
    out.events = take('events') or ()
    control = take('control')
    if control is not None:
        out.control, out.passed, out.flags = control, take('passed') or (), take('flags')
    return out


# send() and recv() go as frames: src/shared/contract/guest-frame.ts
_FRAMED = {'send': 1, 'recv': 2}
_FLAGS = {'PEEK': 1, 'DONTWAIT': 2, 'WAITALL': 4, 'OOB': 8, 'TRUNC': 16, 'NOSIGNAL': 32}
_frame = Struct('<BIIBiiBdIH').pack
_NAN = float('nan')
#: a longer recv() is asked for in the general way: the answer has room of its own here
_ROOM = 256 * 1024
_post_frame = _bell.send
_files = {None: b''}


def _exchange(kind, ident, request, timeout, file, line):
    """The outcome of one send() or recv(); other threads run meanwhile."""
    global current
    me = current
    name = _files.get(file)
    if name is None:
        name = _files[file] = file.encode('utf-8', 'replace')[:255].decode('utf-8', 'ignore').encode() if len(_files) < 1000 else b''
    bits = 0
    for flag in request.get('flags') or ():
        bits |= _FLAGS[flag]
    room = request.get('n', 0)
    _post_frame(_frame(
        0xc1, 0, ident, kind, request['fd'], -1 if line is None else line, bits, _NAN if timeout is None else timeout, room, len(name),
    ) + name + request.get('data', b''))
    try:
        answer = _ring(room + 8)
        if len(answer) == 3:
            return _outcome(_take(int.from_bytes(answer, 'little')))
    finally:
        current = me
    out = Outcome()
    if kind == 1:
        out.value = int.from_bytes(answer, 'little')
    else:
        out.bytes = answer[4:]
    return out


def call(request, timeout=None, again=True):
    """Makes one system call. Interrupted without a handler that raises, it is made again (PEP 475), unless not `again`."""
    file, line = place()
    kind = _FRAMED.get(request['name'])
    if kind is not None and (request.get('n', 0) > _ROOM or not -1 <= request['fd'] <= 0x7FFF_FFFF or not _FLAGS.keys() >= set(request.get('flags', ()))):
        kind = None
    me = current
    while True:
        if me is main and _signals:
            check_signals()
        me.in_call = True
        try:
            if kind is None:
                out = _outcome(wait(_lab.call(me.ident, request, timeout, file, line)))
            else:
                out = _exchange(kind, me.ident, request, timeout, file, line)
        finally:
            me.in_call = False
        if me is main and _signals:
            check_signals()
        if out.errno != 'EINTR' or not again:
            return out


def post(request):
    """A call whose end nobody waits for: a socket that is closed because nobody has it any more."""
    _lab.post(current.ident, request)


def ask(kind, question):
    """The answer of the lab's resolver, as Python's plain values."""
    # None would arrive as undefined
    answer = wait(_lab.lookup(kind, {key: jsnull if value is None else value for key, value in question.items()}))
    return answer.to_py() if hasattr(answer, 'to_py') else answer
