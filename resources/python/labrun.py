"""Runs one program: `begin` is called by the worker (src/renderer/python/worker.ts), once, with what the page asked for."""
import sys

import _lab
import labcore
import labdebug
import laberrors
import labsetup
import labsignal


class Control:
    """What the worker calls: `main` once, the others while the program waits."""


def begin(options):
    file = options['file']
    source = options['source']
    home = options['home']
    sys.path[:] = [home] + [entry for entry in sys.path if entry not in ('', home)]
    sys.argv = [file, *options['args']]
    labsetup.install()
    labsignal.install()
    # for tracebacks; an entry without a time is never looked for in the file system
    import linecache
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    _shut()
    control = Control()
    control.main = lambda: _main(file, source, options)
    control.signal = labsignal.interrupted
    control.pause = labdebug.pause
    control.breakpoints = labdebug.breakpoints
    control.exceptions = labdebug.exceptions
    return control


def _shut():
    """JavaScript's side of the interpreter is no module of the program's."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != 'JsFinder']
    for name in ('js', 'pyodide_js'):
        sys.modules.pop(name, None)


def _main(file, source, options):
    status, error = _ended(lambda: _execute(file, source, options))
    # what went wrong is told first: python3 then waits for the threads that are no daemons
    late = _ended(labsetup.finish)
    if error is None:
        status, error = late
    _flush()
    labcore.wait(_lab.sync())
    _lab.ended(status, error)


def _execute(file, source, options):
    code = compile(source, file, 'exec', dont_inherit=True)
    names = _module(file).__dict__
    labdebug.install(code, file, options['breakpoints'], options['exceptions'], options['start'] == 'step')
    exec(code, names)


def _ended(run):
    """How it ended: a status and the last line of the error, which is told as python3 tells it."""
    try:
        run()
    except SystemExit as end:
        return _exit(end)
    except BaseException as e:
        _report(e)
        return ('stopped' if isinstance(e, KeyboardInterrupt) else 'failed'), laberrors.last_line(e)
    return 'ok', None


def _module(file):
    import builtins
    import types
    module = types.ModuleType('__main__')
    module.__file__ = file
    module.__builtins__ = builtins
    sys.modules['__main__'] = module
    return module


def _exit(end):
    code = end.code
    if code is None or code == 0:
        return 'ok', None
    if not isinstance(code, int):
        _flush()
        print(code, file=sys.stderr)
        code = 1
    return 'failed', f'exit status {code}'


def _report(e):
    """As python3 does with an exception that nobody caught."""
    _flush()
    e.__traceback__ = students_own(e.__traceback__)
    labdebug.uncaught(e)
    # a Ctrl-C while it was halted is no part of the telling; one from here on is
    due = labcore.put_off_signals()
    try:
        sys.excepthook(type(e), e, e.__traceback__)
    except BaseException as second:
        print('Error in sys.excepthook:', file=sys.stderr)
        sys.__excepthook__(type(second), second, students_own(second.__traceback__))
    finally:
        labcore.put_back_signals(due)


def _flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            # closed or replaced by the program
            continue


def students_own(tb):
    """A traceback without the lines of this folder."""
    import types
    kept = []
    while tb is not None:
        if not tb.tb_frame.f_code.co_filename.startswith(labcore.OURS):
            kept.append(tb)
        tb = tb.tb_next
    result = None
    for one in reversed(kept):
        result = types.TracebackType(result, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return result
