"""The module struct with the native sizes of 64-bit Linux: a C long is 8 bytes there, and 4 where this interpreter runs.

A format in native mode (no prefix, or '@') that has one of the letters l L n N P is written anew, with its padding, in
standard mode; all others go to the interpreter as they are.
"""
import struct

from labbuiltin import Builtin

_SIZES = {'c': 1, 'b': 1, 'B': 1, '?': 1, 's': 1, 'p': 1, 'x': 1, 'h': 2, 'H': 2, 'e': 2, 'i': 4, 'I': 4, 'f': 4, 'd': 8, 'q': 8, 'Q': 8,
          'l': 8, 'L': 8, 'n': 8, 'N': 8, 'P': 8}
_AS = {'l': 'q', 'L': 'Q', 'n': 'q', 'N': 'Q', 'P': 'Q'}


def _format(given):
    text = given.decode('ascii', 'replace') if isinstance(given, (bytes, bytearray)) else given
    if not isinstance(text, str) or text[:1] in ('=', '<', '>', '!') or not any(c in text for c in 'lLnNP'):
        return given
    out, at, count = '<', 0, ''
    for c in text.removeprefix('@'):
        if c.isdigit():
            count += c
            continue
        if c.isspace():
            continue
        size = _SIZES.get(c)
        if size is None:
            return given
        pad = 0 if c in 'sp' else -at % size
        n = int(count) if count else 1
        out += 'x' * pad + count + _AS.get(c, c)
        at += pad + n * size
        count = ''
    return given if count else out


_own = struct.Struct


class Struct(_own):
    """Struct(fmt) --> compiled struct object"""

    def __new__(cls, format):
        self = _own.__new__(cls, _format(format))
        return self

    def __init__(self, format):
        super().__init__(_format(format))


def install():
    pack, unpack, pack_into, unpack_from, iter_unpack, calcsize = (
        struct.pack, struct.unpack, struct.pack_into, struct.unpack_from, struct.iter_unpack, struct.calcsize)
    made = {
        'pack': lambda format, /, *values: pack(_format(format), *values),
        'unpack': lambda format, buffer, /: unpack(_format(format), buffer),
        'pack_into': lambda format, buffer, offset, /, *values: pack_into(_format(format), buffer, offset, *values),
        'unpack_from': lambda format, /, buffer, offset=0: unpack_from(_format(format), buffer, offset),
        'iter_unpack': lambda format, buffer, /: iter_unpack(_format(format), buffer),
        'calcsize': lambda format, /: calcsize(_format(format)),
    }
    for name, function in made.items():
        setattr(struct, name, Builtin(function, name, '_struct'))
    Struct.__module__ = '_struct'
    struct.Struct = Struct
    
