"""The C module _thread over green threads: one runs until it waits (for a socket, a lock, the time, a line typed).

Waiting is in the order of coming; a lock that is released goes to the thread that has waited for it longest.
"""
import sys
from collections import deque

import _lab as _js
import labcore as _lab

error = RuntimeError
#: Linux: (2**63 - 1) ns, as seconds, rounded down
TIMEOUT_MAX = 9223372036.0
_stack_size = 0
_started = 0


def get_ident():
    return _lab.current.ident


def get_native_id():
    return _lab.current.ident


def _get_main_thread_ident():
    return _lab.main.ident


def _is_main_interpreter():
    return True


def daemon_threads_allowed():
    return True


def set_name(name, /):
    pass


def _count():
    """How many threads were started here and have not ended."""
    return _started


def stack_size(size=0, /):
    global _stack_size
    if not isinstance(size, int):
        raise TypeError(f"'{type(size).__name__}' object cannot be interpreted as an integer")
    if size < 0:
        raise ValueError('size must be 0 or a positive value')
    if size and size < 32768:
        raise ValueError(f'size not valid: {size} bytes')
    old, _stack_size = _stack_size, size
    return old


def interrupt_main(signum=2, /):
    import signal
    if not 1 <= signum < 65:
        raise ValueError('signal number out of range')
    handler = signal.getsignal(signum)
    if handler in (signal.SIG_DFL, signal.SIG_IGN, None):
        return
    import labsignal
    labsignal.waiting(signum)
    _lab.check_signals()


def exit():
    raise SystemExit


exit_thread = exit


def _wait_limit(blocking, timeout):
    """The checks of lock.acquire(); how long to wait: None for ever, 0 not at all."""
    if isinstance(timeout, str) or not hasattr(timeout, '__float__') and not hasattr(timeout, '__index__'):
        raise TypeError(f"'{type(timeout).__name__}' object cannot be interpreted as an integer")
    timeout = float(timeout)
    if timeout != timeout:
        raise ValueError('Invalid value NaN (not a number)')
    if not blocking:
        if timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        return 0
    if timeout < 0 and timeout != -1:
        raise ValueError('timeout value must be a non-negative number')
    if timeout > TIMEOUT_MAX:
        raise OverflowError('timestamp out of range for platform time_t' if timeout > 9223372036.854775 else 'timeout value is too large')
    return None if timeout == -1 else timeout


class _Waiters:
    """Threads that wait for something to be handed to them, the longest first."""

    __slots__ = ('queue',)

    def __init__(self):
        self.queue = deque()

    def wait(self, limit):
        """True: it was handed to this thread. Signals' handlers may raise out of here."""
        import time
        until = None if limit is None else time.monotonic() + limit
        me = _lab.current
        entry = [me, False]
        self.queue.append(entry)
        try:
            while True:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return entry[1]
                _lab.park(left)
                _lab.check_signals()
                if entry[1]:
                    return True
        finally:
            if not entry[1]:
                self.queue.remove(entry)

    def hand(self):
        """Hands it to the one who has waited longest; None when nobody waits."""
        if not self.queue:
            return None
        entry = self.queue.popleft()
        entry[1] = True
        _lab.unpark(entry[0])
        return entry[0]


class lock:
    """A lock object is a synchronization primitive."""

    __slots__ = ('_locked', '_waiters', '__weakref__')

    def __new__(cls):
        self = object.__new__(cls)
        self._locked = False
        self._waiters = None
        return self

    def acquire(self, blocking=True, timeout=-1):
        limit = _wait_limit(blocking, timeout)
        if not self._locked:
            self._locked = True
            return True
        if limit == 0:
            return False
        if self._waiters is None:
            self._waiters = _Waiters()
        return self._waiters.wait(limit)

    acquire_lock = acquire

    def release(self):
        if not self._locked:
            raise RuntimeError('release unlocked lock')
        if self._waiters is None or self._waiters.hand() is None:
            self._locked = False

    release_lock = release

    def locked(self):
        return self._locked

    locked_lock = locked

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc):
        self.release()

    def _at_fork_reinit(self):
        self._locked, self._waiters = False, None

    def __repr__(self):
        return f"<{'locked' if self._locked else 'unlocked'} {type(self).__module__}.{type(self).__qualname__} object at {id(self):#x}>"


lock.__module__ = '_thread'
LockType = lock


def allocate_lock():
    return lock()


allocate = allocate_lock


class RLock:
    __slots__ = ('_owner', '_depth', '_waiters', '__weakref__')

    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self._owner, self._depth, self._waiters = 0, 0, None
        return self

    def acquire(self, blocking=True, timeout=-1):
        limit = _wait_limit(blocking, timeout)
        me = _lab.current.ident
        if self._owner == me:
            self._depth += 1
            return True
        if not self._owner:
            self._owner, self._depth = me, 1
            return True
        if limit == 0:
            return False
        if self._waiters is None:
            self._waiters = _Waiters()
        # release() has made this thread the owner when it says True
        return self._waiters.wait(limit)

    def release(self):
        if self._owner != _lab.current.ident:
            raise RuntimeError('cannot release un-acquired lock')
        self._depth -= 1
        if not self._depth:
            self._pass_on()

    def _pass_on(self):
        heir = self._waiters.hand() if self._waiters is not None else None
        self._owner, self._depth = (heir.ident, 1) if heir is not None else (0, 0)

    def locked(self):
        return self._owner != 0

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc):
        self.release()

    def _is_owned(self):
        return self._owner == _lab.current.ident

    def _recursion_count(self):
        return self._depth if self._is_owned() else 0

    def _release_save(self):
        if not self._depth:
            raise RuntimeError('cannot release un-acquired lock')
        state = self._depth, self._owner
        self._depth = 0
        self._pass_on()
        return state

    def _acquire_restore(self, state):
        self.acquire()
        self._depth, self._owner = state

    def _at_fork_reinit(self):
        self._owner, self._depth, self._waiters = 0, 0, None

    def __repr__(self):
        return (f"<{'locked' if self._owner else 'unlocked'} {type(self).__module__}.{type(self).__qualname__} object "
                f'owner={self._owner} count={self._depth} at {id(self):#x}>')


RLock.__module__ = '_thread'


class _ThreadHandle:
    """A thread that can be joined."""

    __slots__ = ('_ident', '_done', '_waiting', '__weakref__')

    def __new__(cls, ident=0):
        self = object.__new__(cls)
        self._ident, self._done, self._waiting = ident, False, []
        return self

    @property
    def ident(self):
        return self._ident

    def is_done(self):
        return self._done

    def _set_done(self):
        self._done = True
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            entry.release()

    def join(self, timeout=None):
        limit = None
        if timeout is not None:
            limit = float(timeout)
            if limit != limit:
                raise ValueError('Invalid value NaN (not a number)')
            if limit > TIMEOUT_MAX:
                raise OverflowError('timestamp out of range for platform time_t')
            limit = None if limit < 0 else limit
        if self._done:
            return
        if not self._ident:
            raise RuntimeError('thread not started')
        if self._ident == _lab.current.ident:
            raise RuntimeError('Cannot join current thread')
        if limit == 0:
            _lab.pass_turn()
            return
        gate = lock()
        gate.acquire()
        self._waiting.append(gate)
        try:
            gate.acquire(timeout=-1 if limit is None else limit)
        finally:
            if gate in self._waiting:
                self._waiting.remove(gate)

    def __repr__(self):
        return f'<_ThreadHandle object: ident={self._ident}>'


def _make_thread_handle(ident):
    return _ThreadHandle(ident)


#: handles of threads that are no daemons: the program ends when they have
_joined_at_exit = {}


def _shutdown():
    """Waits for every thread that is no daemon."""
    while True:
        waiting = [h for h in _joined_at_exit if h._ident != _lab.current.ident]
        if not waiting:
            return
        for handle in waiting:
            try:
                handle.join()
            except KeyboardInterrupt:
                raise
            _joined_at_exit.pop(handle, None)


def _describe(function):
    """(name, func): a person's name for the thread, and the function it runs."""
    owner = getattr(function, '__self__', None)
    if owner is not None and hasattr(owner, '_target') and hasattr(owner, '_name'):
        target = owner._target
        func = type(owner).__name__ + '.run' if target is None else getattr(target, '__name__', type(target).__name__)
        return str(owner._name), func
    return f'thread {_lab.current.ident}', getattr(function, '__name__', type(function).__name__)


def _launch(function, args, kwargs, handle, report):
    global _started
    green = _lab.new_thread()
    name, func = _describe(function)
    if not hasattr(getattr(function, '__self__', None), '_target'):
        name = f'thread {green.ident}'
    if handle is not None:
        handle._ident = green.ident
    import contextvars
    context = contextvars.Context()

    def body():
        global _started
        _lab.enter(green)
        problem = None
        try:
            function(*args, **kwargs)
        except SystemExit:
            pass
        except BaseException as e:
            problem = f'{type(e).__name__}: {e}'
            report(e, function)
        finally:
            _started -= 1
            _lab.threads.pop(green.ident, None)
            _drop_locals(green.ident)
            _js.thread_end(green.ident, problem)
            if handle is not None:
                _joined_at_exit.pop(handle, None)
                handle._set_done()

    refused = _lab.wait(_js.thread_begin(green.ident, name, func))
    if refused is not None:
        _lab.threads.pop(green.ident, None)
        raise RuntimeError("can't start new thread")
    _started += 1
    _js.spawn(lambda: context.run(body))
    return green.ident


def start_new_thread(function, args, kwargs={}, /):
    """start_new_thread(function, args[, kwargs]) -> its identifier"""
    if not callable(function):
        raise TypeError('first arg must be callable')
    if not isinstance(args, tuple):
        raise TypeError('2nd arg must be a tuple')
    if not isinstance(kwargs, dict):
        raise TypeError('optional 3rd arg must be a dictionary')
    return _launch(function, args, kwargs, None, _unraisable)


start_new = start_new_thread


def start_joinable_thread(function, handle=None, daemon=True):
    if not callable(function):
        raise TypeError('thread function must be callable')
    handle = _ThreadHandle() if handle is None else handle
    if not daemon:
        _joined_at_exit[handle] = None
    _launch(function, (), {}, handle, _unraisable)
    return handle


def _unraisable(e, function):
    import labdebug
    import labsetup
    labdebug.uncaught(e)
    sys.unraisablehook(labsetup.unraisable_args(
        (type(e), e, e.__traceback__, f'Exception ignored in thread started by {function!r}', None)))


class _ExceptHookArgs(tuple):
    """The argument of threading.excepthook: (exc_type, exc_value, exc_traceback, thread)."""

    __slots__ = ()
    exc_type = property(lambda self: self[0])
    exc_value = property(lambda self: self[1])
    exc_traceback = property(lambda self: self[2])
    thread = property(lambda self: self[3])

    def __new__(cls, values):
        values = tuple(values)
        if len(values) != 4:
            raise TypeError('_thread._ExceptHookArgs() takes a 4-sequence')
        return tuple.__new__(cls, values)


def _excepthook(args, /):
    """threading.excepthook: what an uncaught exception of a thread prints."""
    if args.exc_type is SystemExit:
        return
    import labdebug
    import traceback
    labdebug.uncaught(args.exc_value)
    name = args.thread.name if args.thread is not None else get_ident()
    print(f'Exception in thread {name}:', file=sys.stderr)
    sys.stderr.write(''.join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback)))
    sys.stderr.flush()


# ---- threading.local

#: every local object's own dicts, by thread; weak, so that a local object ends with its last user
_locals = []


def _drop_locals(ident):
    alive = []
    for ref in _locals:
        own = ref()
        if own is not None:
            object.__getattribute__(own, '_local__dicts').pop(ident, None)
            alive.append(ref)
    _locals[:] = alive


def _own(self):
    dicts = object.__getattribute__(self, '_local__dicts')
    ident = _lab.current.ident
    mine = dicts.get(ident)
    if mine is None:
        mine = dicts[ident] = {}
        args, kwargs = object.__getattribute__(self, '_local__args')
        cls = type(self)
        if cls.__init__ is not object.__init__:
            cls.__init__(self, *args, **kwargs)
    return mine


class _local:
    """Thread-local data"""

    __slots__ = ('_local__dicts', '_local__args', '__weakref__')

    def __new__(cls, /, *args, **kwargs):
        import weakref
        if (args or kwargs) and cls.__init__ is object.__init__:
            raise TypeError('Initialization arguments are not supported')
        self = object.__new__(cls)
        object.__setattr__(self, '_local__args', (args, kwargs))
        object.__setattr__(self, '_local__dicts', {_lab.current.ident: {}})
        _locals.append(weakref.ref(self))
        return self

    def __getattribute__(self, name):
        if name in ('__class__', '__init__'):
            return object.__getattribute__(self, name)
        mine = _own(self)
        if name == '__dict__':
            return mine
        for cls in type(self).__mro__:
            found = vars(cls).get(name)
            if found is not None and hasattr(type(found), '__set__'):
                return object.__getattribute__(self, name)
        if name in mine:
            return mine[name]
        try:
            return object.__getattribute__(self, name)
        except AttributeError:
            if type(self) is not _local or hasattr(_local, name):
                raise
        raise AttributeError(f"'_thread._local' object has no attribute '{name}'", name=name, obj=self)

    def __setattr__(self, name, value):
        if name == '__dict__':
            raise AttributeError(f"'{type(self).__name__}' object attribute '__dict__' is read-only")
        mine = _own(self)
        found = getattr(type(self), name, None)
        if found is not None and hasattr(type(found), '__set__'):
            object.__setattr__(self, name, value)
        else:
            mine[name] = value

    def __delattr__(self, name):
        if name == '__dict__':
            raise AttributeError(f"'{type(self).__name__}' object attribute '__dict__' is read-only")
        mine = _own(self)
        if name in mine:
            del mine[name]
        else:
            known = '_thread._local' if type(self) is _local else type(self).__name__
            raise AttributeError(f"'{known}' object has no attribute '{name}'", name=name, obj=self)


_local.__module__ = '_thread'


from labbuiltin import seal as _seal  # noqa: E402

_seal(globals(), __name__)
