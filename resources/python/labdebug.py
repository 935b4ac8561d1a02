"""
Halts a program before lines: breakpoints, steps, a pause; and after exceptions. It costs nothing while none is asked for (PEP 669:
the interpreter tells of a line, or of what is raised, only where we said so). A halted thread waits for the page's word on its own
stack; the others halt, too, before their next line.
"""
import sys

import _lab
import labcore
import laberrors
import labvalues
from pyodide.ffi import can_run_sync

_watch = sys.monitoring
_TOOL = _watch.DEBUGGER_ID
_FOREIGN = (labcore.OURS, '/lib/python3', '<')

_code = None
_file = ''
_lines = frozenset()
#: the thread that halts next, and how deep its stack may be then (None: at any depth)
_stepping = None
_depth = None
_pausing = False
#: 'off'; 'uncaught': what nobody catches, once that is known; 'raised': whatever the program raises, where it does
_exceptions = 'off'
#: what the interpreter tells of everywhere, whether or not anybody steps
_always = 0
#: how the interpreter's own machinery ends a loop, a generator or a program
_ENDINGS = (StopIteration, StopAsyncIteration, GeneratorExit, SystemExit, KeyboardInterrupt)
#: how many threads are halted
_halted = 0


def install(code, file, lines, halts_on, step):
    """Before the program's first line. `code` is its module's; `step`: it halts there."""
    global _code, _file
    _code, _file = code, file
    _watch.use_tool_id(_TOOL, 'socketscope')
    _watch.register_callback(_TOOL, _watch.events.LINE, _line)
    _watch.register_callback(_TOOL, _watch.events.RAISE, _raised)
    breakpoints(lines)
    exceptions(halts_on)
    if step:
        _step(labcore.main, None)


def breakpoints(lines):
    global _lines
    _lines = frozenset(lines)
    for code in _codes(_code):
        wanted = any(line in _lines for _, _, line in code.co_lines())
        _watch.set_local_events(_TOOL, code, _watch.events.LINE if wanted else 0)
    _watch.restart_events()


def exceptions(which):
    global _exceptions, _always
    _exceptions = which
    _always = _watch.events.RAISE if which == 'raised' else 0
    _watch.set_events(_TOOL, _watch.get_events(_TOOL) & ~_watch.events.RAISE | _always)


def pause():
    global _pausing
    _pausing = True
    _everywhere()


def _codes(code):
    yield code
    for const in code.co_consts:
        if type(const) is type(code):
            yield from _codes(const)


def _everywhere():
    _watch.set_events(_TOOL, _watch.events.LINE | _always)
    _watch.restart_events()


def _step(green, depth):
    global _stepping, _depth
    _stepping, _depth = green, depth
    _everywhere()


def _depth_of(frame):
    n = 0
    while frame is not None:
        n += 1
        frame = frame.f_back
    return n


def _line(code, line):
    if code.co_filename.startswith(_FOREIGN):
        return _watch.DISABLE
    why = _why(code, line)
    if why is None:
        # asked for this function's breakpoints only: not for this line any more
        return None if _pausing or _stepping is not None or _halted else _watch.DISABLE
    if can_run_sync():
        _halt(sys._getframe(1), line, why)
    return None


def _why(code, line):
    me = labcore.current
    if line in _lines and code.co_filename == _file:
        return 'breakpoint'
    if _stepping is me and (_depth is None or _depth_of(sys._getframe(2)) <= _depth):
        return 'step'
    return 'pause' if _pausing or _halted else None


def _raised(code, offset, e):
    if code.co_filename.startswith(_FOREIGN) or isinstance(e, _ENDINGS) or not can_run_sync():
        return
    # it is told of again in each function that it passes through
    if not any(True for _ in _students(e.__traceback__.tb_next if e.__traceback__ is not None else None)):
        frame = sys._getframe(1)
        _halt(frame, frame.f_lineno, 'exception', e)


def uncaught(e):
    """Before an exception is told that nobody has caught: its functions are left, their variables are there still."""
    # what was halted at where it was raised is known
    if _exceptions != 'uncaught' or isinstance(e, _ENDINGS) or not can_run_sync():
        return
    for tb in reversed([*_students(e.__traceback__)]):
        return _halt(tb.tb_frame, tb.tb_lineno, 'exception', e, left=True)


def _students(tb):
    """The entries of a traceback that are lines of the student's own."""
    while tb is not None:
        if not tb.tb_frame.f_code.co_filename.startswith(_FOREIGN):
            yield tb
        tb = tb.tb_next


def _halt(frame, line, why, e=None, left=False):
    """`left`: the function is over, and there is nothing more to step through."""
    global _halted, _pausing, _stepping
    me = labcore.current
    first = _halted == 0
    _halted += 1
    if first:
        # whoever halts first is the one that goes on by steps; the others are to halt as well
        _pausing, _stepping = False, None
        _everywhere()
    code = frame.f_code
    where = (me.ident, code.co_filename, line, code.co_name)
    _lab.halt(*where, why, labvalues.locals_of(frame), None if e is None else laberrors.last_line(e))
    try:
        how = labcore.wait(_lab.resume())
    finally:
        _halted -= 1
        _lab.halt(*where, 'goes-on', [], None)
    if first:
        _go_on(me, frame, 'continue' if left else how)
    # what nobody caught is to be told first; the main thread hears of a signal when it waits next
    if not left:
        labcore.check_signals()


def _go_on(me, frame, how):
    if how == 'continue':
        if not _pausing:
            _watch.set_events(_TOOL, _always)
            _watch.restart_events()
    elif how == 'line':
        _step(me, None)
    else:
        _step(me, _depth_of(frame) - (how == 'out'))
