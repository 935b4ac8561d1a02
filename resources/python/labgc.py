"""
When the collector of cyclic garbage runs. Its incremental pass walks the frames of the running C stack, and goes astray when
other green threads are suspended (CPython 3.14's mark_stacks: the interpreter dies of a wild address). A full pass does not
walk them, so the automatic one is off, and a full one runs at a tick of the clock when enough has been allocated.
"""
import gc

from labbuiltin import Builtin

#: containers made since the last pass, less those that are gone
_MANY = 50_000
_own_collect, _own_disable, _get_count = gc.collect, gc.disable, gc.get_count
_wanted = True


def install():
    _own_disable()
    gc.enable = Builtin(_enable, 'enable', 'gc')
    gc.disable = Builtin(_disable, 'disable', 'gc')
    gc.isenabled = Builtin(lambda: _wanted, 'isenabled', 'gc')
    gc.collect = Builtin(_collect, 'collect', 'gc')


def _enable():
    global _wanted
    _wanted = True


def _disable():
    global _wanted
    _wanted = False


def _collect(generation=2):
    if generation not in (0, 1, 2):
        raise ValueError('invalid generation')
    return _own_collect(0 if generation == 0 else 2)


def at_tick(frame):
    if _wanted and _get_count()[0] > _MANY:
        _own_collect(2)
