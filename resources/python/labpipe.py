"""open() and os.fdopen() of a descriptor that is a socket or a pipe: the layers of io over read(2) and write(2)."""
import io
import os


class FileIO(io.RawIOBase):
    """As _io.FileIO, for a descriptor that only the lab knows."""

    def __init__(self, fd, mode, closefd):
        self._fd, self.mode, self.closefd, self.name = fd, mode, closefd, fd

    def fileno(self):
        if self._fd < 0:
            raise ValueError('I/O operation on closed file')
        return self._fd

    def readable(self):
        return 'r' in self.mode or '+' in self.mode

    def writable(self):
        return self.mode != 'rb'

    def isatty(self):
        return False

    def readinto(self, buffer):
        if not self.readable():
            raise io.UnsupportedOperation('File not open for reading')
        view = memoryview(buffer).cast('B')
        try:
            data = os.read(self.fileno(), len(view))
        except BlockingIOError:
            return None
        view[:len(data)] = data
        return len(data)

    def write(self, data, /):
        if not self.writable():
            raise io.UnsupportedOperation('File not open for writing')
        try:
            return os.write(self.fileno(), data)
        except BlockingIOError:
            return None

    def seek(self, *args):
        raise OSError(29, 'Illegal seek')

    tell = truncate = seek

    def close(self):
        if self.closed:
            return
        fd, self._fd = self._fd, -1
        super().close()
        if self.closefd:
            os.close(fd)

    def __del__(self):
        if self._fd >= 0 and not self.closed and self.closefd:
            import warnings
            warnings.warn(f'unclosed file {self!r}', ResourceWarning, source=self)
            self.close()

    def __repr__(self):
        if self.closed:
            return '<_io.FileIO [closed]>'
        return f'<_io.FileIO name={self.name} mode={self.mode!r} closefd={self.closefd}>'


FileIO.__module__ = '_io'


def opened(fd, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
    """What open(fd, ...) gives. The arguments were checked by open() itself, on another descriptor."""
    binary, updating = 'b' in mode, '+' in mode
    raw = FileIO(fd, ''.join(letter for letter in mode if letter not in 'bt') .replace('+', '') + 'b' + ('+' if updating else ''), closefd)
    if buffering == 0:
        return raw
    size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
    buffered = (io.BufferedReader if 'r' in mode and not updating else io.BufferedWriter)(raw, size)
    if binary:
        return buffered
    text = io.TextIOWrapper(buffered, encoding, errors, newline, buffering == 1)
    text.mode = mode
    return text
