"""
sys.settrace() and sys.setprofile(). CPython 3.14 dies of a wild address when the last trace function is taken away while a thread
that was begun under it is suspended: until there is no other thread, one that does nothing stands in its place.
"""
import sys

import labcore
from labbuiltin import Builtin


def install():
    for name in ('trace', 'profile'):
        _each(name, getattr(sys, f'set{name}'))


def _each(kind, own):
    functions = {}

    def dispatch(frame, event, arg):
        function = functions.get(labcore.current.ident)
        # this folder stands for C, of which nothing is told
        if function is None or frame.f_code.co_filename.startswith(labcore.OURS):
            return None
        return function(frame, event, arg)

    def change(function, /):
        ident = labcore.current.ident
        if function is not None:
            functions[ident] = function
            own(dispatch)
        elif functions.pop(ident, None) is not None and len(labcore.threads) == 1:
            own(None)
        for gone in functions.keys() - labcore.threads.keys():
            del functions[gone]

    def get():
        return functions.get(labcore.current.ident)

    setattr(sys, f'set{kind}', Builtin(change, f'set{kind}', 'sys'))
    setattr(sys, f'get{kind}', Builtin(get, f'get{kind}', 'sys'))
