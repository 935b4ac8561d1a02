"""Standard input: the lines a person types, and standard output and error.

A line is asked for when the program reads (the call input() of the trace). select() on standard input cannot know when
somebody will type: a thread of ours reads a line ahead, and takes the waiting poll back when it has come.
"""
import io
import sys

import _lab as _js
import labcore as _lab

_lines = b''
_ended = False
_reading = None
_waiter = None
_sleepers = []


def ready():
    return bool(_lines) or _ended


def want(green):
    """A poll of this thread waits for a line, too; None: no more."""
    global _waiter, _reading
    _waiter = green
    if green is None or _reading is not None or ready():
        return
    _reading = _lab.new_thread()

    def read_ahead():
        global _reading
        me = _reading
        _lab.enter(me)
        try:
            _take('')
        finally:
            _reading = None
            _lab.threads.pop(me.ident, None)
            _js.thread_end(me.ident, None)
            for sleeper in _sleepers:
                _lab.unpark(sleeper)
            if _waiter is not None:
                _js.interrupt(_waiter.ident)

    _js.thread_begin(_reading.ident, 'stdin', 'readline')
    _js.spawn(read_ahead)


def _take(prompt):
    """The next line typed, into the buffer."""
    global _lines, _ended
    out = _lab.call({'name': 'input', 'prompt': prompt})
    if out.errno is not None or not isinstance(out.value, str):
        _ended = True
    else:
        _lines += out.value.encode('utf-8', 'surrogateescape') + b'\n'


def _fill(prompt=''):
    """Waits until there is a line; False: there is no more."""
    global _ended
    while not _lines:
        if _ended:
            # another Ctrl-D may follow another line, as at a terminal
            _ended = False
            return False
        if _reading is not None:
            _sleepers.append(_lab.current)
            try:
                _lab.park(None)
                _lab.check_signals()
            finally:
                _sleepers.remove(_lab.current)
        else:
            _take(prompt)
    return True


def read_bytes(size):
    """At most `size` bytes of one line, as read(0, size) of a terminal."""
    global _lines
    if size == 0 or not _fill():
        return b''
    end = _lines.index(b'\n') + 1
    end = min(end, size)
    piece, _lines = _lines[:end], _lines[end:]
    return piece


def read_line(prompt=''):
    """A line with its end, b'' at the end of the input."""
    global _lines
    if not _fill(prompt):
        return b''
    end = _lines.index(b'\n') + 1
    line, _lines = _lines[:end], _lines[end:]
    return line


class _Bytes(io.BufferedIOBase):
    """sys.stdin.buffer"""

    name = '<stdin>'
    mode = 'rb'

    def fileno(self):
        return 0

    def readable(self):
        return True

    def isatty(self):
        return True

    def read(self, size=-1):
        if size is None or size < 0:
            return b''.join(iter(read_line, b''))
        out = b''
        while len(out) < size:
            piece = read_bytes(size - len(out))
            if not piece:
                break
            out += piece
        return out

    def read1(self, size=-1):
        return read_line() if size is None or size < 0 else read_bytes(size)

    def readinto(self, buffer):
        view = memoryview(buffer).cast('B')
        data = read_bytes(len(view))
        view[:len(data)] = data
        return len(data)

    def readline(self, size=-1):
        return read_line() if size is None or size < 0 else read_bytes(size)


class Stdin(io.TextIOBase):
    """sys.stdin"""

    name = '<stdin>'
    mode = 'r'
    encoding = 'utf-8'
    errors = 'strict'
    newlines = None
    line_buffering = False

    def __init__(self):
        self.buffer = _Bytes()
        self._rest = ''

    def fileno(self):
        return 0

    def readable(self):
        return True

    def isatty(self):
        return True

    def reconfigure(self, **options):
        pass

    def readline(self, size=-1, /):
        if not self._rest:
            self._rest = read_line().decode('utf-8', self.errors)
        if size is None or size < 0:
            line, self._rest = self._rest, ''
        else:
            line, self._rest = self._rest[:size], self._rest[size:]
        return line

    def read(self, size=-1, /):
        if size is None or size < 0:
            return ''.join(iter(self.readline, ''))
        out = ''
        while len(out) < size:
            piece = self.readline(size - len(out))
            if not piece:
                break
            out += piece
        return out

    def __repr__(self):
        return "<_io.TextIOWrapper name='<stdin>' mode='r' encoding='utf-8'>"


class _Out(io.BufferedIOBase):
    """sys.stdout.buffer: what is not yet a whole line waits for flush()"""

    mode = 'wb'

    def __init__(self, err):
        self._err = err
        self._held = b''
        self.name = '<stderr>' if err else '<stdout>'

    def fileno(self):
        return 2 if self._err else 1

    def writable(self):
        return True

    def isatty(self):
        return True

    def write(self, data, /):
        if isinstance(data, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        raw = bytes(data)
        self._held += raw
        if b'\n' in raw or len(self._held) > 8192 or self._err:
            self.flush()
        return len(raw)

    def flush(self):
        data, self._held = self._held, b''
        if data:
            show(data.decode('utf-8', 'replace'), self._err)


#: longest piece of one message to the lab, characters
_PIECE = 32 * 1024


def show(text, err):
    for at in range(0, len(text), _PIECE):
        if not _js.print(_lab.current.ident, text[at:at + _PIECE], err) and _lab.can_run_sync():
            _lab.wait(_js.drained())


class Stdout(io.TextIOBase):
    """sys.stdout, sys.stderr: flushed at the end of each line"""

    encoding = 'utf-8'
    mode = 'w'
    newlines = None
    line_buffering = True
    write_through = False

    errors = property(lambda self: 'backslashreplace' if self._err else 'strict')

    def __init__(self, err=False):
        self.buffer = _Out(err)
        self.name = self.buffer.name
        self._err = err
        self._held = []

    def fileno(self):
        return 2 if self._err else 1

    def writable(self):
        return True

    def isatty(self):
        return True

    def reconfigure(self, **options):
        pass

    def write(self, text, /):
        if not isinstance(text, str):
            raise TypeError(f'write() argument must be str, not {type(text).__name__}')
        if text:
            self._held.append(text)
            if '\n' in text or '\r' in text or self._err or len(self._held) > 200:
                self.flush()
        return len(text)

    def flush(self):
        held, self._held = self._held, []
        self.buffer.flush()
        if held:
            text = ''.join(held)
            if any('\ud800' <= c <= '\udfff' for c in text):
                text = text.encode('utf-8', self.errors).decode('utf-8', 'replace')
            show(text, self._err)

    def __repr__(self):
        return f"<_io.TextIOWrapper name='{self.name}' mode='w' encoding='utf-8'>"


def typed(prompt='', /):
    """The built-in input()."""
    out = sys.stdout
    if out is None:
        raise RuntimeError('input(): lost sys.stdout')
    if sys.stdin is None:
        raise RuntimeError('input(): lost sys.stdin')
    text = str(prompt)
    if sys.stderr is not None:
        sys.stderr.flush()
    if text:
        out.write(text)
    out.flush()
    if isinstance(sys.stdin, Stdin):
        line = sys.stdin._rest or read_line(text).decode('utf-8')
        sys.stdin._rest = ''
    else:
        line = sys.stdin.readline()
        if not isinstance(line, str):
            raise TypeError('object.readline() returned non-string')
    if not line:
        raise EOFError('EOF when reading a line')
    return line[:-1] if line.endswith('\n') else line


typed.__name__ = typed.__qualname__ = 'input'
typed.__module__ = 'builtins'
