"""sys.stdin, sys.stdout and sys.stderr of a program in the lab: Python's own text layers over the lab's console."""
import codecs
import io
import sys

import _lab
import labcore
from pyodide.ffi import can_run_sync


class _Console(io.RawIOBase):
    """What is written here is printed by the thread that writes. Bytes that are no UTF-8 show as escapes."""

    def __init__(self, err):
        self._err = err
        self._decoder = codecs.getincrementaldecoder('utf-8')('backslashreplace')

    def writable(self):
        return True

    def fileno(self):
        return 2 if self._err else 1

    def write(self, data):
        data = bytes(data)
        text = self._decoder.decode(data)
        if text and not _lab.print(labcore.current.ident, text, self._err) and can_run_sync():
            # the lab takes no more for now: others go on meanwhile
            labcore.wait(_lab.drained())
        return len(data)


class _Keyboard(io.RawIOBase):
    """Lines that a person types in the page; an empty read is the end of the input."""

    def __init__(self):
        self._left = b''
        self._over = False

    def readable(self):
        return True

    def fileno(self):
        return 0

    def readinto(self, into):
        if not self._left and not self._over:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
            line = labcore.call({'name': 'input', 'prompt': ''}).value
            if line is None:
                self._over = True
            else:
                self._left = line.encode('utf-8', 'surrogateescape') + b'\n'
        n = min(len(into), len(self._left))
        into[:n] = self._left[:n]
        self._left = self._left[n:]
        return n


def _named(stream, name, mode):
    stream.mode = mode
    stream.buffer.raw.name = name
    return stream


def install():
    sys.stdin = sys.__stdin__ = _named(io.TextIOWrapper(io.BufferedReader(_Keyboard(), 1), encoding='utf-8', errors='strict'), '<stdin>', 'r')
    sys.stdout = sys.__stdout__ = _named(
        io.TextIOWrapper(io.BufferedWriter(_Console(False)), encoding='utf-8', errors='strict', line_buffering=True), '<stdout>', 'w')
    sys.stderr = sys.__stderr__ = _named(
        io.TextIOWrapper(io.BufferedWriter(_Console(True)), encoding='utf-8', errors='backslashreplace', line_buffering=True), '<stderr>', 'w')


def flush():
    """The rest of what was written; what goes wrong there is nobody's."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            # closed or replaced by the program
            continue
