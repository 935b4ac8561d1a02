"""OSErrors as Linux's Python raises them: the class, the number and the text of each."""
import labnumbers

#: PEP 3151: the classes of errno names
_CLASSES = {
    'EAGAIN': BlockingIOError, 'EWOULDBLOCK': BlockingIOError, 'EALREADY': BlockingIOError, 'EINPROGRESS': BlockingIOError,
    'EPIPE': BrokenPipeError, 'ESHUTDOWN': BrokenPipeError, 'ECHILD': ChildProcessError, 'ECONNABORTED': ConnectionAbortedError,
    'ECONNREFUSED': ConnectionRefusedError, 'ECONNRESET': ConnectionResetError, 'EEXIST': FileExistsError,
    'ENOENT': FileNotFoundError, 'EISDIR': IsADirectoryError, 'ENOTDIR': NotADirectoryError, 'EINTR': InterruptedError,
    'EACCES': PermissionError, 'EPERM': PermissionError, 'ESRCH': ProcessLookupError, 'ETIMEDOUT': TimeoutError,
}


def number(name):
    known = labnumbers.ERRNO.get(name)
    return known[0] if known else 0


def error(name, its_number=None, text=None):
    """The exception for an errno name."""
    known = labnumbers.ERRNO.get(name, (None, name))
    code = its_number if its_number is not None else known[0]
    return _CLASSES.get(name, OSError)(code, text if text is not None else known[1])


def noted(e, message):
    """What the lab says of it is printed after Python's own line."""
    if message:
        e.add_note(str(message))
    return e


def failed(out):
    """The exception for a call that failed (an Outcome with an errno)."""
    name = out.errno
    if name == 'TIMEOUT':
        return TimeoutError('timed out')
    if name == 'POLICY':
        return noted(error('EPERM'), out.message)
    if name == 'LIMIT':
        return noted(error('EMFILE'), out.message)
    if name == 'CANCELLED':
        return KeyboardInterrupt()
    if name in ('INVALID', 'UNAVAILABLE'):
        return noted(error('EINVAL' if name == 'INVALID' else 'EOPNOTSUPP'), out.message)
    if name in labnumbers.ERRNO:
        return error(name)
    return OSError(out.number or 0, out.message or name)


def last_line(e):
    """'ValueError: no', as the last line of a traceback has it."""
    import traceback
    try:
        # notes come last: what the lab says of a refusal
        notes = sum(len(note.splitlines()) for note in getattr(e, '__notes__', ()))
        lines = ''.join(traceback.format_exception_only(e)).strip().splitlines()
        return lines[max(0, len(lines) - 1 - notes)][:500]
    except Exception:
        return type(e).__name__
