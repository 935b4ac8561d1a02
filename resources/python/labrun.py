"""Runs one program: `begin` is called by the worker (src/renderer/python/worker.ts), once, with what the page asked for."""
import sys

_HERE = __file__.rpartition('/')[0]


class _OurModules:
    """Modules of this folder come before those that are built in (_socket, select ...)."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is not None:
            return None
        from importlib.machinery import PathFinder
        return PathFinder.find_spec(name, [_HERE])


if not any(finder is _OurModules for finder in sys.meta_path):
    sys.meta_path.insert(0, _OurModules)

import linecache
import os
import types

import _lab
import labcore
import labstdio


class Control:
    """What the worker calls while the program waits."""


def begin(options):
    """Makes ready to run; `main` of what it gives back runs the program."""
    file = options['file']
    source = options['source']
    home = options['home']
    labstdio.install()
    sys.argv = [file, *options['args']]
    sys.path[:] = [home] + [entry for entry in sys.path if entry not in ('', home, _HERE)] + [_HERE]
    os.chdir(home)
    # for tracebacks; an entry without a time is never looked for in the file system
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    import labsetup
    labsetup.install(options)
    control = Control()
    control.main = lambda: _main(file, source)
    control.signal = labsetup.signal
    control.pause = labsetup.pause
    control.breakpoints = labsetup.breakpoints
    return control


def _main(file, source):
    status, error = 'ok', None
    try:
        module = types.ModuleType('__main__')
        module.__file__ = file
        module.__builtins__ = __builtins__
        sys.modules['__main__'] = module
        try:
            _run(compile(source, file, 'exec', dont_inherit=True), module.__dict__)
        finally:
            _finish()
    except SystemExit as end:
        status, error = _exit(end)
    except BaseException as e:
        status, error = ('stopped' if isinstance(e, KeyboardInterrupt) else 'failed'), _last_line(e)
        _report(e)
    labstdio.flush()
    _lab.ended(status, error)


def _run(code, names):
    exec(code, names)


def _finish():
    """As the interpreter does at its end: waits for the threads that are no daemons, then what atexit was given."""
    import atexit
    threading = sys.modules.get('threading')
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()


def _exit(end):
    code = end.code
    if code is None or code == 0:
        return 'ok', None
    if not isinstance(code, int):
        labstdio.flush()
        print(code, file=sys.stderr)
        code = 1
    return 'failed', f'exit status {code}'


def _last_line(e):
    import traceback
    try:
        return ''.join(traceback.format_exception_only(e)).strip().splitlines()[-1][:500]
    except Exception:
        return type(e).__name__


def _report(e):
    """As python3 does at an exception that nobody caught."""
    labstdio.flush()
    e.__traceback__ = ours_out(e.__traceback__)
    try:
        sys.excepthook(type(e), e, e.__traceback__)
    except BaseException as second:
        print('Error in sys.excepthook:', file=sys.stderr)
        sys.__excepthook__(type(second), second, ours_out(second.__traceback__))


def ours_out(tb):
    """A traceback without the lines of this folder, which the student has not written."""
    kept = []
    while tb is not None:
        if not tb.tb_frame.f_code.co_filename.startswith(_HERE):
            kept.append(tb)
        tb = tb.tb_next
    result = None
    for one in reversed(kept):
        result = types.TracebackType(result, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return result
