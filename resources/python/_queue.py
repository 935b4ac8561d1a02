"""The C module _queue over green threads: queue.SimpleQueue. Whoever has waited longest is served first."""
from collections import deque
from types import GenericAlias

import _thread


class Empty(Exception):
    """Exception raised by Queue.get(block=0)/get_nowait()."""


Empty.__module__ = '_queue'


class SimpleQueue:
    """Simple, unbounded, reentrant FIFO queue."""

    __slots__ = ('_items', '_waiters', '__weakref__')

    def __new__(cls):
        self = object.__new__(cls)
        self._items, self._waiters = deque(), _thread._Waiters()
        return self

    def put(self, item, block=True, timeout=None):
        self._items.append(item)
        self._waiters.hand()

    def put_nowait(self, item):
        self.put(item)

    def get(self, block=True, timeout=None):
        limit = None
        if block and timeout is not None:
            limit = float(timeout)
            if limit < 0:
                raise ValueError("'timeout' must be a non-negative number")
        until = None if limit is None else _now() + limit
        while not self._items:
            # one who came later may have been faster
            left = None if until is None else until - _now()
            if not block or left is not None and left <= 0:
                raise Empty
            self._waiters.wait(left)
        return self._items.popleft()

    def get_nowait(self):
        return self.get(False)

    def empty(self):
        return not self._items

    def qsize(self):
        return len(self._items)

    __class_getitem__ = classmethod(GenericAlias)


SimpleQueue.__module__ = '_queue'


def _now():
    import time
    return time.monotonic()
