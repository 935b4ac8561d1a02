"""sys.settrace() and sys.setprofile() of each green thread: to the interpreter they are one thread, and have one function of each."""
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
        if function is None:
            functions.pop(ident, None)
        else:
            functions[ident] = function
        for gone in functions.keys() - labcore.threads.keys():
            del functions[gone]
        own(dispatch if functions else None)

    def get():
        return functions.get(labcore.current.ident)

    setattr(sys, f'set{kind}', Builtin(change, f'set{kind}', 'sys'))
    setattr(sys, f'get{kind}', Builtin(get, f'get{kind}', 'sys'))
