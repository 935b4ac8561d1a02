"""Values of variables as a person reads them: short, and without running any code of the program's."""
import sys
import types

MOST = 200
LONGEST = 400
_ITEMS = 20
_DEPTH = 3
_UNSEEN = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
_PLAIN = (bool, float, complex, type(None), range, type(Ellipsis))


def locals_of(frame):
    """What the contract's guest.halt wants of a function's variables; of a module: without what it imports and defines."""
    module = frame.f_globals is frame.f_locals or frame.f_code.co_name == '<module>'
    found = []
    for name, value in list(frame.f_locals.items()):
        if len(found) == MOST:
            break
        if not isinstance(name, str) or name.startswith(('__', '.')) or module and isinstance(value, _UNSEEN):
            continue
        found.append(_described(name, value))
    return found


def _described(name, value):
    kind = type(value)
    one = {'name': name[:200], 'type': kind.__name__[:200], 'repr': short(value)[:LONGEST]}
    fd = _fd(value)
    if fd is not None:
        one['fd'] = fd
    return one


def _fd(value):
    c = sys.modules.get('_socket')
    cls = getattr(c, 'socket', None)
    if cls is None or cls not in type(value).__mro__:
        return None
    try:
        return cls.fileno(value)
    except Exception:
        # one whose __init__ has not run
        return -1


def short(value, depth=0):
    kind = type(value)
    if kind is int:
        return repr(value) if value.bit_length() < 1200 else f'<int of {value.bit_length()} bits>'
    if kind is str:
        return repr(value) if len(value) <= LONGEST else repr(value[:LONGEST - 20]) + '...'
    if kind is bytes or kind is bytearray:
        return repr(value) if len(value) <= LONGEST // 4 else f'{kind(value[:LONGEST // 4 - 10])!r}... ({len(value)} bytes)'
    if kind in _PLAIN:
        return repr(value)
    fd = _fd(value)
    if fd is not None:
        return f'<socket fd={fd}>'
    if depth < _DEPTH:
        if kind is list:
            return _many(value, '[', ']', depth)
        if kind is tuple:
            return f'({short(value[0], depth + 1)},)' if len(value) == 1 else _many(value, '(', ')', depth)
        if kind is set or kind is frozenset:
            body = _many(value, '{', '}', depth) if value else f'{kind.__name__}()'
            return body if kind is set or not value else f'frozenset({body})'
        if kind is dict:
            return _pairs(value, depth)
    elif kind in (list, tuple, set, frozenset, dict):
        return '...'
    if isinstance(value, BaseException):
        return f'{kind.__name__}({", ".join(short(a, depth + 1) for a in BaseException.args.__get__(value)[:_ITEMS])})'
    if isinstance(value, _UNSEEN):
        return f'<{kind.__name__} {getattr(value, "__name__", "")}>'
    return f'<{kind.__qualname__} object>'


def _many(values, begin, end, depth):
    parts = [short(v, depth + 1) for v, _ in zip(values, range(_ITEMS))]
    if len(values) > _ITEMS:
        parts.append(f'... {len(values)} in all')
    return begin + ', '.join(parts) + end


def _pairs(values, depth):
    parts = [f'{short(k, depth + 1)}: {short(v, depth + 1)}' for (k, v), _ in zip(values.items(), range(_ITEMS))]
    if len(values) > _ITEMS:
        parts.append(f'... {len(values)} in all')
    return '{' + ', '.join(parts) + '}'
