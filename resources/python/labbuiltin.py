"""Functions that stand for C's: they are no methods of a class that holds them, and say that they are built in."""


class Builtin:
    def __init__(self, function, name=None, module=None):
        self.__wrapped = function
        self.__name__ = self.__qualname__ = name or function.__name__
        self.__doc__ = function.__doc__
        self.__module__ = module or function.__module__

    def __call__(self, /, *args, **kwargs):
        return self.__wrapped(*args, **kwargs)

    def __repr__(self):
        return f'<built-in function {self.__name__}>'

    def __reduce__(self):
        return self.__qualname__


def seal(names, module):
    """Makes the public functions of a module's namespace built-in ones."""
    for name, value in list(names.items()):
        if not name.startswith('_') and type(value) is type(seal) and value.__module__ in (module, *_PARTS):
            names[name] = Builtin(value, module=module)


#: where functions of _socket are written
_PARTS = ('labnames',)
